"""Draw the first picture of the book: book/_assets/front.png.

    nice python tools/front_picture.py      half a minute

A phantom at the scans' own resolution, 0.625 mm: the slice with the most atrium, cut about it; beside it the
same slice with the outline of the truth.
"""

from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from atriacourse.data.phantom import PhantomConfig, make_phantom

OUT = Path(__file__).resolve().parents[1] / "book" / "_assets" / "front.png"
PHANTOM = PhantomConfig(matrix=576, slices=88, site="A", post_ablation=False)
SEED = 4_000_001  # as the labs' second slice
SIDE = 256  # pixels, 160 mm
WIDEST = 99.5  # per cent of the pixels are darker than what becomes white
ORANGE = (230, 159, 0)


def picture() -> Image.Image:
    """The slice alone, and outlined."""
    phantom = make_phantom(PHANTOM, seed=SEED)
    z = int(phantom.mask.sum(axis=(1, 2)).argmax())
    top, left = (round(centre) - SIDE // 2 for centre in ndimage.center_of_mass(phantom.mask[z]))
    window = (z, slice(top, top + SIDE), slice(left, left + SIDE))
    grey, mask = phantom.image[window].astype(float), phantom.mask[window]
    shown = np.clip(255 * grey / np.percentile(grey, WIDEST), 0, 255).astype(np.uint8)
    alone, outlined = (np.repeat(shown[..., None], 3, axis=2) for _ in range(2))
    outlined[ndimage.binary_dilation(mask) & ~mask] = ORANGE
    between = np.full((SIDE, 8, 3), 255, np.uint8)
    both = Image.fromarray(np.concatenate([alone, between, outlined], axis=1))
    return both.quantize(
        96, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
    )  # a third of the bytes; no eye sees it


if __name__ == "__main__":
    picture().save(OUT, optimize=True)
