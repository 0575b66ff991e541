"""Three planes and a 3D view of a volume with its masks, to be turned on a page: niivue, with no network.

After stack.py and surface.py. It is for rendered pages: the page's script (book/_assets/viewer.js) and niivue
lie beside the book, and are loaded when a reader asks for the view. What a reader without them sees, with
no WebGL, in Jupyter or on Colab, is a picture of the surfaces, and in a notebook a stack of slices too.
"""

import gzip
import inspect
import struct
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import nibabel as nib
import numpy as np
from scipy.ndimage import binary_erosion
from skimage.transform import resize

from atriacourse.errors import InputError
from atriacourse.pages.pictures.style import LINES
from atriacourse.pages.pictures.views import readable_range, window_around
from atriacourse.pages.widgets import inline
from atriacourse.pages.widgets.stack import slice_stack
from atriacourse.pages.widgets.surface import COLOURS, Surface, surface, surfaces

MZ3_MAGIC, MZ3_FACES_AND_VERTICES = 23117, 3  # of the file format for surfaces


@dataclass(frozen=True, kw_only=True)
class VolumeView:
    """A view to turn; made by `volume_view`. A notebook and a page show it."""

    page: str  # HTML
    shape: tuple[int, ...]  # voxels inside, after making it coarser, (z, y, x)

    def __repr__(self) -> str:
        return f"volume_view({' x '.join(map(str, self.shape))} voxels)"

    def _repr_html_(self) -> str:
        return self.page


def volume_view(
    voxels: np.ndarray,
    *,
    spacing_mm: Sequence[float],
    masks: Mapping[str, np.ndarray],
    alt: str,
    caption: str | None = None,
    margin_mm: float = 20,
    max_voxels: int = 300_000,
) -> VolumeView:
    """Three planes and the surfaces of masks, which a reader of the page can turn and scroll.

    Args:
        voxels: (z, y, x) grey values, z towards the head, y towards the back, x towards the left.
        spacing_mm: (z, y, x).
        masks: name -> (z, y, x) mask, one to three: the first blue, the second orange, so give the truth
            first. An empty one is left out.
        alt: the picture in words.
        caption: what stands below.
        margin_mm: keep so much around the masks.
        max_voxels: the part is made coarser until it has no more; each voxel is about one byte of the page.
    Raises: InputError for a volume that has not three axes, a mask of another shape, no mask that is not
        empty, or a fourth one.
    """
    masks = {name: np.asarray(mask) > 0 for name, mask in masks.items()}
    for name, mask in masks.items():
        if voxels.ndim != 3 or mask.shape != voxels.shape:
            raise InputError(f"mask {name!r} is {mask.shape} but the volume is {voxels.shape}, (z, y, x)")
    masks = {name: mask for name, mask in masks.items() if mask.any()}
    picture = inline.figure_pixels(surfaces(masks, spacing_mm=spacing_mm))
    names = " and ".join(masks)
    alt = f"{alt.strip().rstrip('.')}. Shown: the surface of {names}."
    still = f'<img src="{inline.data_uri(inline.webp(picture))}" alt="{escape(alt)}">'
    said = escape(inspect.cleandoc(caption or f"The surface of {names}."))
    part = Part.cut(voxels, masks, spacing_mm, margin_mm=margin_mm, max_voxels=max_voxels)
    if inline.live():
        stack = slice_stack(
            voxels, spacing_mm=spacing_mm, masks=masks, margin_mm=margin_mm, alt=alt, caption=caption
        )
        page = f'<figure class="course-box">{still}<figcaption>{said}</figcaption></figure>{stack.page}'
        return VolumeView(page=page, shape=part.voxels.shape)
    data = {
        "alt": alt,
        "volume": _base64(part.nifti(part.voxels)),
        "masks": [
            {
                "name": name,
                "color": color,
                "line": line.color,
                "border": _base64(part.nifti(border(part.masks[name]))),
                "surface": _base64(mz3(surface(mask, spacing_mm))),
            }
            for (name, mask), color, line in zip(masks.items(), COLOURS, LINES, strict=False)
        ],
    }
    page = (
        f'<figure class="course-box course-viewer" data-viewer="{inline.attribute(data)}">{inline.STYLE}'
        f'<div class="course-still">{still}</div>'
        f'<div class="course-controls" hidden><button type="button">Turn it: planes and 3D</button>'
        f'<span role="status"></span></div><figcaption>{said}</figcaption></figure>'
    )
    return VolumeView(page=page, shape=part.voxels.shape)


@dataclass(frozen=True, kw_only=True)
class Part:
    """What of a volume goes into the page: cut out, made coarser, 8 bits."""

    voxels: np.ndarray  # uint8 (z, y, x)
    masks: Mapping[str, np.ndarray]
    spacing_mm: np.ndarray
    first_mm: np.ndarray  # the middle of voxel (0, 0, 0); the middle of the whole volume's is at 0

    @classmethod
    def cut(
        cls,
        voxels: np.ndarray,
        masks: Mapping[str, np.ndarray],
        spacing_mm: Sequence[float],
        *,
        margin_mm: float,
        max_voxels: int,
    ) -> "Part":
        """Cut out what holds the masks, and make it coarser where it has more than `max_voxels`."""
        window = window_around(masks, voxels.shape, spacing_mm, margin_mm)
        low, high = readable_range(voxels[window])
        cut = np.clip((voxels[window].astype(np.float32) - low) / (high - low or 1), 0, 1) * 255
        fine_mm, size_mm = (
            np.asarray(spacing_mm, dtype=float),
            cut.shape * np.asarray(spacing_mm, dtype=float),
        )
        shape = np.array(cut.shape)
        coarse_mm = fine_mm.max() if shape.prod() > max_voxels else 0
        while shape.prod() > max_voxels:
            shape = np.ceil(size_mm / np.maximum(fine_mm, coarse_mm)).astype(int)
            coarse_mm *= 1.05
        small = resize(cut, shape, order=1, anti_aliasing=True)
        spacing = size_mm / shape
        return cls(
            voxels=np.round(small).astype(np.uint8),
            masks={
                name: resize(mask[window].astype(np.float32), shape, order=1, anti_aliasing=True) > 0.5
                for name, mask in masks.items()
            },
            spacing_mm=spacing,
            first_mm=([axis.start for axis in window] - np.full(3, 0.5)) * fine_mm + 0.5 * spacing,
        )

    def nifti(self, voxels: np.ndarray) -> bytes:
        """A gzipped NIfTI file: axes (x, y, z), millimetres to the right, the front and the head."""
        signs = np.array([-1, -1, 1])  # the course's x grows to the left, y to the back
        affine = np.diag([*(signs * self.spacing_mm[::-1]), 1.0])
        affine[:3, 3] = signs * self.first_mm[::-1]
        return gzip.compress(nib.Nifti1Image(voxels.transpose(2, 1, 0), affine).to_bytes(), mtime=0)


def border(mask: np.ndarray) -> np.ndarray:
    """The voxels of a mask that touch its outside, or the edge of the volume, with a face; as bytes."""
    return (mask & ~binary_erosion(mask)).astype(np.uint8)


def mz3(shape: Surface) -> bytes:
    """A surface as a gzipped MZ3 file, in the same millimetres as `Part.nifti`."""
    vertices = np.round(shape.vertices_mm[:, ::-1] * [-1, -1, 1], 2).astype("<f4")
    header = struct.pack(
        "<HHIII", MZ3_MAGIC, MZ3_FACES_AND_VERTICES, len(shape.faces), len(vertices), 0
    )  # two mirrored axes: the triangles keep their sense
    return gzip.compress(header + shape.faces.astype("<i4").tobytes() + vertices.tobytes(), mtime=0)


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
