"""NIfTI files (.nii, .nii.gz) by nibabel: geometry, voxels, writing. Used by data/volume.py.

Arrays here are in the file's own axis order (i, j, k). What a mask keeps of its scan is the header's 348
bytes (NIfTI-2: 540) as they are: both transforms with their codes, units, the sign in pixdim[0]. So every
reader puts the mask where it puts the scan, whichever transform it believes. Extensions are not copied: they
tell of the scan's voxels, and may name the patient.
Source: the NIfTI-1 standard, nifti1.h of 2007, whose words the messages use."""

import gzip
import itertools
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from nibabel.arrayproxy import ArrayProxy

from atriacourse.data.grid import LPS_TO_RAS, GridGeometry, voxel_sizes
from atriacourse.errors import InputError

UNITS_MM = {0: None, 1: 1000.0, 2: 1.0, 3: 0.001}  # the lowest three bits of xyzt_units: none, m, mm, micron
IMAGES = {348: nibabel.Nifti1Image, 540: nibabel.Nifti2Image}  # by the size their headers begin with
LARGEST_EXTENSIONS = 100_000_000  # bytes between header and voxels
SCALES = (1e-12, 1e12)  # of slope: no scanner's numbers need more, a damaged header's exponent has them
PIXDIM = (1e-6, 1e6)  # in the header's own unit, which may be metres or microns
SILENT = logging.Logger("nifti", logging.CRITICAL + 1)  # nibabel tells of each small blemish on the console
APART_MM = 0.5  # the two transforms of one header, rounded differently, stay below this


def read_geometry(path: Path) -> GridGeometry:
    """Shape and affine without the voxels.

    A spacing of exactly (1, 1, 1) with no length unit is the placeholder that converters leave when the
    source (LA2018's NRRD) had none; it does not count as real.
    Raises: InputError for a header that contradicts the standard where the voxels or their place hang on it.
    """
    with opened(path) as stream:
        block, header = read_header(stream)
    shape = spatial_shape(header.get_data_shape())
    if len(shape) != 3:
        return GridGeometry(shape, np.eye(4), real_spacing=False)  # which nobody takes for a volume
    to_mm = unit_mm(header)
    affine = np.array(header.get_best_affine(), dtype=np.float64)
    affine[:3] *= to_mm or 1.0
    notes = contradictions(header, affine, shape, to_mm or 1.0)
    real = to_mm is not None or not np.allclose(voxel_sizes(affine), 1.0)
    return GridGeometry(shape, affine, real, block, tuple(notes))


def contradictions(header: Any, affine: np.ndarray, shape: tuple[int, ...], to_mm: float) -> Iterator[str]:
    """What a header says twice and differently, or not at all, in words."""
    if (unit := int(header["xyzt_units"]) % 8) not in UNITS_MM:
        yield f"its unit of length, code {unit}, is not one of NIfTI's; millimetres are assumed"
    codes = int(header["qform_code"]), int(header["sform_code"])
    if codes == (0, 0):
        yield (
            "its header does not say how the patient lies in the file (both codes are 0); the axes of old "
            "Analyze files are assumed"
        )
    if min(codes) > 0:
        quaternion = np.array(header.get_qform(), dtype=np.float64)
        quaternion[:3] *= to_mm
        corners = np.array([[*at, 1] for at in itertools.product(*((0, size - 1) for size in shape))])
        apart = float(np.linalg.norm(((affine - quaternion) @ corners.T)[:3], axis=0).max())
        if apart > APART_MM:
            yield (
                f"its header puts it in two places, up to {apart:.1f} mm apart (sform and qform): the sform "
                "is used here; a NIfTI mask keeps both"
            )
    pixdim = np.array(header["pixdim"][1:4], dtype=np.float64) * to_mm
    if not np.allclose(pixdim, voxel_sizes(affine), rtol=0.01):
        yield (
            f"its header gives two voxel sizes, {pixdim.round(4).tolist()} (pixdim) and "
            f"{voxel_sizes(affine).round(4).tolist()} mm (sform); the sform is used here"
        )


def unit_mm(header: Any) -> float | None:
    """Millimetres per unit of length; None if the header names none that NIfTI has."""
    return UNITS_MM.get(int(header["xyzt_units"]) % 8)


def affine_for_itk(block: bytes) -> np.ndarray | None:
    """Where ITK, and with it 3D Slicer and ITK-SNAP, puts a scan of this header; None if it is no NIfTI's.

    They read NRRD, so a mask in that format must lie there. nibabel prefers the sform whatever its code.
    Returns: (4, 4), voxel (i, j, k) -> RAS mm. Source: SimpleITK 2.5.7 on all pairs of codes (see test).
    """
    kind = IMAGES.get(size_in(block))
    if kind is None:
        return None
    header = kind.header_class(block, check=False)
    header.check_fix(logger=SILENT)
    sform, qform = int(header["sform_code"]), int(header["qform_code"])
    if sform == 1 or (sform and not qform):
        affine = header.get_sform()
    else:
        affine = header.get_qform() if qform else LPS_TO_RAS @ np.diag([*header["pixdim"][1:4], 1.0])
    affine = np.array(affine, dtype=np.float64)
    affine[:3] *= unit_mm(header) or 1.0
    return affine


def read_voxels(path: Path) -> np.ndarray:
    """(i, j, k), with the header's slope and intercept applied; the file's own check sum is compared.

    Raises: InputError if there are fewer voxels in the file than its header says, or more.
    """
    with opened(path) as stream:
        _, header = read_header(stream)
        shape, offset = header.get_data_shape(), int(header["vox_offset"])
        slope, inter = header.get_slope_inter()
        scaling = (1.0 if slope is None else slope, inter or 0.0)
        spec = (shape, header.get_data_dtype(), offset, *scaling)
        voxels = np.asanyarray(ArrayProxy(stream, spec, mmap=False))
        if stream.read(1):  # at the end gzip compares its check sum, and a bomb is left unread
            raise InputError(
                f"holds more than the {shape} voxels of its header: one of the two is damaged; "
                "copy or download it again"
            )
    return voxels.reshape(spatial_shape(shape))


def write(path: Path, native: np.ndarray, affine: np.ndarray, *, real_spacing: bool, header: bytes) -> None:
    """Write (i, j, k) voxels, with the place and units of a scan's header (from `GridGeometry.header`).

    Without one, or with another format's, both of NIfTI's transforms are set, since viewers differ in which
    they use.
    """
    if kind := IMAGES.get(size_in(header)):
        copied = kind.header_class(header, check=False)
        copied.set_data_dtype(native.dtype)
        copied.set_slope_inter(1, 0)
        copied["descrip"] = b"atriacourse"
        copied["aux_file"] = b""  # a table of colours for the scan
        copied["cal_min"] = copied["cal_max"] = 0  # the window for showing it
        copied["vox_offset"] = 0  # nibabel's word for "where the voxels begin without extensions"
        image = kind(native.reshape(copied.get_data_shape()), None, copied)
    else:
        image = nibabel.Nifti1Image(native, affine)
        image.set_qform(affine, code="scanner")  # a rotation at best: a sheared affine loses its shear here,
        image.set_sform(affine, code="scanner")  # never here, and readers prefer this one
        image.header.set_xyzt_units("mm" if real_spacing else "unknown")
    # Packed here, since nibabel would keep the draft's name, and with it the machine's, in the file.
    with open(path, "wb") as file:
        if path.suffix == ".gz":
            with gzip.GzipFile("", "wb", compresslevel=1, fileobj=file, mtime=0) as packed:
                image.to_stream(packed)
        else:
            image.to_stream(file)


@contextmanager
def opened(path: Path) -> Iterator[BufferedIOBase]:
    """The file, unpacked where its name ends in .gz."""
    with gzip.open(path) if path.name.lower().endswith(".gz") else open(path, "rb") as stream:
        yield stream


def read_header(stream: BufferedIOBase) -> tuple[bytes, Any]:
    """The header's bytes, and what they mean to nibabel.

    Raises: InputError, or nibabel's own errors, if voxels or their place cannot be taken from it.
    """
    block = stream.read(4)
    size = size_in(block)
    if size not in IMAGES:
        raise InputError("cannot be read: it does not begin as a NIfTI file does; copy or download it again")
    block += stream.read(size - 4)
    if len(block) < size:
        raise EOFError("its header is cut short")
    header = IMAGES[size].header_class(block, check=False)
    first = header.single_vox_offset
    if header["magic"].item() != header.single_magic:
        raise InputError("holds a header whose voxels lie in another file (.img); join the two as one .nii")
    offset = float(header["vox_offset"])
    if not (first <= offset <= first + LARGEST_EXTENSIONS and offset == int(offset)):
        raise InputError(
            f"its header says that the voxels begin at byte {offset:g} (vox_offset); in one file with their "
            f"header they begin at {first} or soon after: the header is damaged"
        )
    pixdim = header["pixdim"][1:4].astype(float)
    if not ((pixdim >= PIXDIM[0]) & (pixdim <= PIXDIM[1])).all():
        raise InputError(
            f"its header gives voxels of {pixdim.tolist()} (pixdim); sizes are above 0 and "
            "finite: write it again with the true ones"
        )
    slope, inter = float(header["scl_slope"]), float(header["scl_inter"])
    if slope != 0 and not (SCALES[0] <= abs(slope) <= SCALES[1] and abs(inter) <= SCALES[1]):
        raise InputError(
            f"its header scales the voxels by {slope:g} and adds {inter:g} (scl_slope, scl_inter): it is "
            "damaged; write it again with 1 and 0, or the true numbers"
        )
    header.check_fix(logger=SILENT)  # raises where nibabel cannot read it, mends what is harmless
    return block, header


def size_in(block: bytes) -> int:
    """The size of the header that begins so, in the byte order that makes it the smaller number."""
    return min(int.from_bytes(block[:4], order) for order in ("little", "big"))


def spatial_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Without the trailing axes of length one that some writers add after the third."""
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    return tuple(int(size) for size in shape)
