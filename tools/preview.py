"""Draw the picture that previews of links show, and the pages' icon, from a phantom.

    python tools/preview.py

Writes book/_assets/preview.png (1200 x 630) and book/_assets/icon.svg. The picture has four axial slices of a
phantom at the scans' own in-plane resolution, the icon the outline of its atrium where it is widest.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from PIL import Image
from skimage.measure import approximate_polygon, find_contours

from atriacourse.data.phantom import Phantom, PhantomConfig, make_phantom
from atriacourse.pages.pictures.style import BLUE

ASSETS = Path(__file__).resolve().parents[1] / "book" / "_assets"
SEED = 3  # of the phantom
TITLE = "Segmenting the left atrium"
LINE = "An executable course: from the files of one paper to its tables"


def phantom() -> Phantom:
    """Voxels of 0.625 mm in the plane, 1.25 mm apart."""
    return make_phantom(PhantomConfig(matrix=320, field_mm=200, slices=44), seed=SEED)


def draw_preview(body: Phantom) -> Figure:
    """Four slices through the atrium, outlined, under the course's name."""
    filled = np.flatnonzero(body.mask.any(axis=(1, 2)))
    figure, grid = plt.subplots(1, 4, figsize=(12, 6.3), dpi=100, facecolor="black")
    figure.subplots_adjust(left=0, right=1, top=0.78, bottom=0.03, wspace=0.01)
    y, x = (int(np.median(part)) for part in np.nonzero(body.mask)[1:])
    window = np.s_[max(y - 125, 0) : y + 125, max(x - 79, 0) : x + 79]
    for axes, part in zip(grid, (0.15, 0.4, 0.65, 0.85), strict=True):
        z = filled[int(part * len(filled))]
        axes.imshow(body.image[z][window], cmap="gray", vmax=np.percentile(body.image, 99.7))
        axes.contour(body.mask[z][window], [0.5], colors=["#56B4E9"], linewidths=2.5)
        axes.set_axis_off()
    figure.text(0.03, 0.89, TITLE, color="white", fontsize=40, weight="bold", va="center")
    figure.text(0.03, 0.815, LINE, color="white", fontsize=20, va="center")
    return figure


def icon(body: Phantom) -> str:
    """An SVG of the atrium's outline in its largest slice, in a square of 64."""
    plane = body.mask[body.mask.sum(axis=(1, 2)).argmax()]
    outline = max(find_contours(np.pad(plane, 1).astype(float), 0.5), key=len)
    points = approximate_polygon(outline, tolerance=1.0)
    low, high = points.min(axis=0), points.max(axis=0)
    placed = (points - (low + high) / 2) * 52 / (high - low).max() + 32
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for y, x in placed[:-1]) + "Z"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="12" '
        f'fill="#fff"/><path d="{path}" fill="{BLUE}" stroke="{BLUE}" stroke-width="3" '
        'stroke-linejoin="round"/></svg>\n'
    )


def main() -> None:
    """Write both."""
    body = phantom()
    draw_preview(body).savefig(ASSETS / "preview.png")
    with Image.open(ASSETS / "preview.png") as drawn:  # 64 colours are enough, and a third of the bytes
        drawn.convert("RGB").quantize(64).save(ASSETS / "preview.png", optimize=True)
    (ASSETS / "icon.svg").write_text(icon(body), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
