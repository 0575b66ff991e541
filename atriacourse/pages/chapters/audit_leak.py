"""Does the frame of a picture give the answer away? A guess that never looks at a voxel.

Used by 02_audit. The mirror of LA2018 was cut around each atrium with a margin of 10 to 20 voxels (9 to 40 as
measured: studies/facts/la2018_crop.json), so the edges of the picture say where the atrium is.
`frame_guess` turns that into a mask: lay the masks of the other cases into one common frame, and mark what
most of them mark. Masks are (z, y, x).
"""

from collections.abc import Sequence

import numpy as np

from atriacourse.data.masks import bounding_box
from atriacourse.errors import InputError
from atriacourse.evaluation.overlap import dice

MIRROR_MARGIN_MM = (6.25, 12.5)  # 10 to 20 voxels of 0.625 mm, on each side and in the slices' plane only


def sampled(voxels: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """The same frame with another number of voxels: the nearest voxel at each new place."""
    places = [
        ((np.arange(new) + 0.5) * old / new).astype(int) for old, new in zip(voxels.shape, shape, strict=True)
    ]
    return voxels[np.ix_(*places)]


def frame_guess(
    others: Sequence[np.ndarray], shape: tuple[int, int, int], *, least: float = 0.5
) -> np.ndarray:
    """A mask for a scan of this shape that is made from the other scans' masks alone.

    Args: others: masks of any shape. shape: of the scan, whose voxels are not needed.
        least: the fraction of the others that must mark a place.
    Returns: bool mask of `shape`.
    Raises: InputError without any other mask.
    """
    if not others:
        raise InputError("a guess from the other scans needs at least one other mask")
    share = np.mean([sampled(mask, shape) for mask in others], axis=0)
    return share >= least


def frame_dice(masks: Sequence[np.ndarray], *, least: float = 0.5) -> list[float]:
    """Dice of each mask with the guess from all others: what the frame alone is worth."""
    return [
        dice(mask, frame_guess([*masks[:place], *masks[place + 1 :]], mask.shape, least=least))
        for place, mask in enumerate(masks)
    ]


def cut_around(
    mask: np.ndarray, spacing_mm: tuple[float, float, float], *, rng: np.random.Generator
) -> tuple[slice, slice, slice]:
    """The part of a volume that the mirror's cut would keep: all slices, and the atrium with a random margin.

    Raises: InputError for an empty mask, around which nothing can be cut.
    """
    box = bounding_box(mask)
    if box is None:
        raise InputError("the mask is empty: there is nothing to cut around")
    margins = rng.uniform(*MIRROR_MARGIN_MM, size=(2, 2))  # (y, x), (low side, high side)
    rows, columns = (
        slice(max(0, round(part.start - low / step)), min(size, round(part.stop + high / step)))
        for part, (low, high), step, size in zip(
            box[1:], margins, spacing_mm[1:], mask.shape[1:], strict=True
        )
    )
    return slice(0, mask.shape[0]), rows, columns
