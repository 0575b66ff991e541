"""Does a mask look as if it had been saved with other axes than its scan?

After data/masks.py, before data/audit.py. Blood is even and bright. A mask that is mirrored against its scan
lies partly on walls, lung and spine, where grey values scatter; its own mirror image, which is then the true
mask, lies on blood.

Measured on the 80 development cases, the four MSD cases at hand and 60 phantoms of two sizes: no mask as it
should be is accused (for the nearest, the best mirror image scatters 1.01 times as much). Mirrored in each of
the seven ways, 560 of 560 LA2018 masks are found, 27 of 28 MSD masks and 420 of 420 phantoms' masks."""

import itertools

import numpy as np

from atriacourse.data.masks import bounding_box

SCATTER = 0.95  # of the mask's own standard deviation: a mirror image that has less is suspicious,
BRIGHT = 0.9  # if its mean is at least so much of the mask's own: air is even too
FEWEST = 100  # voxels of a mask, below which the scatter says little


def mirrored(grey: np.ndarray, mask: np.ndarray) -> str | None:
    """The axes along which the mask's mirror image fits the scan better, such as "x" or "zy"; None if none.

    Args: grey: (z, y, x) scan. mask: (z, y, x) bool.
    """
    box = bounding_box(mask)
    if box is None or np.count_nonzero(mask[box]) < FEWEST:
        return None
    inside = mask[box]
    own, best = grey[box][inside], None
    least = SCATTER * own.std()
    for count in (1, 2, 3):
        for axes in itertools.combinations(range(3), count):
            seen = np.flip(grey, axes)[box][inside]  # the scan mirrored is the mask mirrored
            if seen.std() < least and seen.mean() >= BRIGHT * own.mean():
                least, best = seen.std(), axes
    return None if best is None else "".join("zyx"[axis] for axis in best)
