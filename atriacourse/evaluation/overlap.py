"""How much two masks share: Dice and Jaccard, over the whole 3D volume.

Beside distances.py (how far apart their surfaces lie); case_row.py puts both in one row. Masks are
(z, y, x); no spacing is needed, because every voxel has the same size.
Source: Chen, Bai and Rueckert 2018, section 3.4, Table 2.
"""

import numpy as np

from atriacourse.data.masks import as_mask_pair


def dice(truth: np.ndarray, guess: np.ndarray) -> float:
    """Twice the shared voxels over the sum of both: 2 |A and B| / (|A| + |B|).

    Args: truth, guess: (z, y, x) masks of one grid; bool, {0, 1} or {0, 255}.
    Returns: 0 (nothing shared) to 1 (equal). Empty masks: nan if both are empty (the question has no
        answer; the authors' code says 0), 0 if one is.
    Raises: InputError if the shapes differ or a value is not a label.
    """
    truth, guess = as_mask_pair(truth, guess)
    total = np.count_nonzero(truth) + np.count_nonzero(guess)
    return float(2 * np.count_nonzero(truth & guess) / total) if total else float("nan")


def jaccard(truth: np.ndarray, guess: np.ndarray) -> float:
    """Shared voxels over the voxels of either: |A and B| / |A or B| = dice / (2 - dice).

    Args: truth, guess: (z, y, x) masks of one grid; bool, {0, 1} or {0, 255}.
    Returns: 0 to 1. Empty masks: nan if both are empty (the authors' code stops with a division by
        zero), 0 if one is.
    Raises: InputError if the shapes differ or a value is not a label.
    """
    truth, guess = as_mask_pair(truth, guess)
    union = np.count_nonzero(truth | guess)
    return float(np.count_nonzero(truth & guess) / union) if union else float("nan")
