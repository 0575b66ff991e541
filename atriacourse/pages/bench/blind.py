"""The mask of whoever never looks at a scan: what a score of a network has to beat.

Used by chapters 0 to 9, beside their scores. Masks are (z, y, x). The masks of other cases are laid into one
common frame, that of the scan, whose voxels are not needed. Where scans were cut around the atrium, as the
mirror of LA2018 was, the frame alone says where it is (chapter 2, chapters/audit_leak.py).
"""

from collections.abc import Sequence

import numpy as np

from atriacourse.errors import InputError
from atriacourse.evaluation.overlap import dice


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
