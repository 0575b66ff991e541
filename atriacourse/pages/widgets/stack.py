"""A stack of slices that scrolls on a page: one picture of all slices, outlines drawn over it, a slider.

Uses inline.py, views.py and the colours of style.py. Volumes and masks are (z, y, x). The drawing's
unit is the millimetre, so slices of unequal spacing are not stretched.
"""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TypedDict

import numpy as np
from PIL import Image
from skimage.measure import approximate_polygon, find_contours

from atriacourse.errors import InputError
from atriacourse.pages.pictures.figures import LETTERS, round_length_mm
from atriacourse.pages.pictures.style import LINES, Line
from atriacourse.pages.pictures.views import middle, readable_range, window_around
from atriacourse.pages.widgets import inline

AXES = {"axial": 0, "coronal": 1, "sagittal": 2}  # the axis one scrolls along
MOST_PIXELS = 3_000_000  # of all slices together; beyond, each is made coarser
QUALITIES = (75, 60, 45, 30)  # of the picture, tried until it is small enough
DASHES = {"-": "none", "--": "7 4", ":": "2 3"}
FINE = 10  # outlines are whole tenths of a pixel

SCRIPT = """\
<script>
for (const box of document.querySelectorAll(".course-stack:not([data-ready])")) {
  box.dataset.ready = "yes";
  const data = JSON.parse(box.dataset.stack), svg = box.querySelector("svg");
  const tile = svg.querySelector("svg"), slider = box.querySelector("input[type=range]");
  const lines = [...svg.querySelectorAll("path[data-mask]")];
  const boxes = [...box.querySelectorAll("input[type=checkbox]")];
  const show = () => {
    const place = Number(slider.value), [columns, width, height] = data.tiles, said = data.places[place];
    const corner = [(place % columns) * width, Math.floor(place / columns) * height];
    tile.setAttribute("viewBox", [...corner, width, height].join(" "));
    lines.forEach((line, mask) => {
      line.setAttribute("d", data.paths[mask][place]);
      line.style.display = boxes[mask].checked ? "" : "none";
    });
    slider.nextElementSibling.value = said;
    slider.setAttribute("aria-valuetext", said);
    svg.setAttribute("aria-label", data.alt + " Shown: " + said + ".");
  };
  for (const input of [slider, ...boxes]) input.addEventListener("input", show);
  for (const controls of box.querySelectorAll(".course-controls")) controls.hidden = false;
  show();
}
</script>"""


class Told(TypedDict):
    """What the page's script is told of a stack."""

    tiles: list[int]  # columns, width and height in pixels
    places: list[str]  # of each slice, in words
    paths: list[list[str]]  # of each mask, its outline on each slice
    alt: str


@dataclass(frozen=True, kw_only=True)
class SliceStack:
    """A scrolling stack; made by `slice_stack`. A notebook and a page show it."""

    page: str  # HTML
    shape: tuple[int, int, int]  # slices shown, rows, columns of each

    def __repr__(self) -> str:
        return f"slice_stack({self.shape[0]} slices of {self.shape[1]} x {self.shape[2]})"

    def _repr_html_(self) -> str:
        return self.page


def slice_stack(
    voxels: np.ndarray,
    *,
    spacing_mm: Sequence[float],
    alt: str,
    masks: Mapping[str, np.ndarray] | None = None,
    margin_mm: float | None = None,
    plane: str = "axial",
    caption: str | None = None,
    grey_range: tuple[float, float] | None = None,
    max_kb: float = 300,
) -> SliceStack:
    """All slices of a volume under one slider, each mask with a switch.

    Args:
        voxels: (z, y, x) grey values, z towards the head, y towards the back, x towards the left.
        spacing_mm: (z, y, x).
        alt: the picture in words.
        masks: name -> (z, y, x) mask, at most three, drawn as outlines.
        margin_mm: show only so much around the masks; None shows the whole volume.
        plane: "axial", "coronal" or "sagittal".
        caption: what stands below.
        grey_range: shown as black and white; all but the half per cent at both ends if None.
        max_kb: the picture is compressed harder, then made coarser, until it is no larger.
    Raises: InputError for another plane, a volume that has not three axes, a mask of another shape, a
        fourth mask, or less than 1 kB.
    """
    masks = {name: np.asarray(mask) > 0 for name, mask in (masks or {}).items()}
    _check(voxels, masks, plane)
    if max_kb < 1:
        raise InputError(f"max_kb is {max_kb}; a stack of slices needs some hundred kilobytes")
    window = window_around(masks, voxels.shape, spacing_mm, margin_mm)
    axis = AXES[plane]
    low, high = grey_range or readable_range(voxels[window])
    greys = np.clip((voxels[window].astype(np.float32) - low) / (high - low or 1), 0, 1) * 255
    slices = _upright(greys.astype(np.uint8), axis)
    first = window[axis].start
    mm = float(spacing_mm[axis])
    places = [f"{'zyx'[axis]} = {first + n}, {(first + n) * mm:.1f} mm" for n in range(len(slices))]
    row_mm, column_mm = (float(step) for number, step in enumerate(spacing_mm) if number != axis)
    start = middle(next(iter(masks.values()), None), voxels.shape)[axis] - first
    start = int(np.clip(start, 0, len(slices) - 1))
    paths = [[_path(one) for one in _upright(mask[window], axis)] for mask in masks.values()]
    picture, tiles = _sprite(slices, max_kb=max_kb)
    data: Told = {"tiles": tiles, "places": places, "paths": paths, "alt": alt.strip()}
    size = (slices.shape[2] * column_mm, slices.shape[1] * row_mm)  # width, height in mm
    drawn = _drawing(picture, len(slices), data, start, size, (row_mm, column_mm), LETTERS[plane])
    switches = "".join(map(_switch, masks, LINES))
    page = (
        f'<figure class="course-box course-stack" data-stack="{inline.attribute(data)}">{inline.STYLE}'
        f'<div class="course-controls" hidden>{inline.slider("Slice", places, start=start)}</div>'
        f"{drawn}"
        + (f'<div class="course-controls" hidden>{switches}</div>' if masks else "")
        + f"<figcaption>{escape(inspect.cleandoc(caption or 'Move the slider through the slices.'))}"
        f"</figcaption>{SCRIPT}</figure>"
    )
    return SliceStack(page=page, shape=slices.shape)


def _check(voxels: np.ndarray, masks: Mapping[str, np.ndarray], plane: str) -> None:
    if plane not in AXES:
        raise InputError(f"plane must be one of {', '.join(AXES)}, got {plane!r}")
    if voxels.ndim != 3:
        raise InputError(f"a stack has the axes (z, y, x), got an array of shape {voxels.shape}")
    if len(masks) > len(LINES):
        raise InputError(f"{len(masks)} masks on one picture; at most {len(LINES)} can be told apart")
    for name, mask in masks.items():
        if mask.shape != voxels.shape:
            raise InputError(f"mask {name!r} is {mask.shape} but the volume is {voxels.shape}")


def _upright(volume: np.ndarray, axis: int) -> np.ndarray:
    """(slices, rows, columns) along an axis, the head on top where it is seen."""
    return volume if axis == 0 else np.moveaxis(volume, axis, 0)[:, ::-1]


def _sprite(slices: np.ndarray, *, max_kb: float) -> tuple[bytes, list[int]]:
    """All slices in one picture, and (columns, width, height) of its tiles in pixels."""
    pixels = min(slices.size, MOST_PIXELS)
    while True:
        sheet, tiles = _sheet(slices, shrink=(pixels / slices.size) ** 0.5)
        for quality in QUALITIES:
            picture = inline.webp(sheet, quality=quality, lossless=False)
            if len(picture) <= 1000 * max_kb:
                return picture, tiles
        pixels //= 2


def _sheet(slices: np.ndarray, *, shrink: float) -> tuple[np.ndarray, list[int]]:
    count, height, width = slices.shape
    width, height = max(round(width * shrink), 1), max(round(height * shrink), 1)
    columns = max(round((count * height / width) ** 0.5), 1)
    sheet = Image.new("L", (columns * width, -(-count // columns) * height))
    for place, one in enumerate(slices):
        tile = Image.fromarray(np.ascontiguousarray(one)).resize((width, height), Image.Resampling.BOX)
        sheet.paste(tile, (place % columns * width, place // columns * height))
    return np.asarray(sheet), [columns, width, height]


def _path(mask: np.ndarray) -> str:
    """The outline of (rows, columns) as an SVG path, in tenths of a pixel from the upper left corner."""
    pieces = []
    for contour in find_contours(np.pad(mask, 1).astype(float), 0.5):
        corners = approximate_polygon(contour, tolerance=0.2)[:-1, ::-1]  # closed, (column, row)
        steps = np.round((corners - 1 + 0.5) * FINE).astype(int)  # the frame of zeros; centre to corner
        moves = np.diff(steps, axis=0, prepend=0)
        pieces.append("M" + "l".join(f"{x} {y}" for x, y in moves) + "z")
    return "".join(pieces)


def _drawing(
    picture: bytes,
    count: int,
    data: Told,
    start: int,
    size: tuple[float, float],
    pixel_mm: tuple[float, float],
    letters: str,
) -> str:
    """The slice with outlines, letters and scale bar as SVG whose unit is a millimetre."""
    (columns, wide, high), (width, height) = data["tiles"], size
    corner = f"{start % columns * wide} {start // columns * high} {wide} {high}"
    rows = -(-count // columns)
    text = min(0.035 * max(width, height), 0.11 * min(width, height))
    bar = round_length_mm(width / 5)
    right, low = 0.95 * width, height - 0.9 * text
    outlines = "".join(
        f'<path data-mask d="{paths[start]}" {_stroke(line)} vector-effect="non-scaling-stroke"/>'
        for paths, line in zip(data["paths"], LINES, strict=False)
    )
    spots = ((text, height / 2), (width - text, height / 2), (width / 2, text), (width / 2, height - text))
    words = [(x, y, letter) for (x, y), letter in zip(spots, letters, strict=True)]
    words.append((right - bar / 2, low - 0.8 * text, f"{bar:g} mm"))
    written = "".join(
        f'<text x="{x:.4g}" y="{y:.4g}" dy=".35em" text-anchor="middle">{word}</text>' for x, y, word in words
    )
    row_mm, column_mm = pixel_mm
    return (
        f'<svg role="img" aria-label="{escape(data["alt"])} Shown: {data["places"][start]}." '
        f'viewBox="0 0 {width:.5g} {height:.5g}" '
        f'style="display:block;width:100%;max-width:30rem;background:#000">'
        f'<svg width="{width:.5g}" height="{height:.5g}" viewBox="{corner}" preserveAspectRatio="none">'
        f'<image href="{inline.data_uri(picture)}" width="{columns * wide}" height="{rows * high}" '
        f'style="image-rendering:pixelated"/></svg>'
        f'<g transform="scale({column_mm / FINE:.6g} {row_mm / FINE:.6g})" fill="none" stroke-width="2">'
        f"{outlines}</g>"
        f'<path d="M{right:.5g} {low:.5g}h{-bar:.5g}" stroke="#fff" stroke-width="{text / 4:.4g}"/>'
        f'<g fill="#fff" stroke="#000" stroke-width="{text / 6:.4g}" font-family="sans-serif" '
        f'font-size="{text:.4g}" font-weight="bold" style="paint-order:stroke">{written}</g></svg>'
    )


def _stroke(line: Line) -> str:
    return f'stroke="{line.color}" stroke-dasharray="{DASHES[line.style]}"'


def _switch(name: str, line: Line) -> str:
    """A checkbox for one mask, with its line on black, as it looks on the slice."""
    swatch = (
        f'<svg width="34" height="16" aria-hidden="true"><rect width="34" height="16" fill="#000"/>'
        f'<path d="M3 8h28" stroke-width="2" {_stroke(line)}/></svg>'
    )
    return f'<label><input type="checkbox" checked autocomplete="off">{swatch}{escape(name)}</label>'
