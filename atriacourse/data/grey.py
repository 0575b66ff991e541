"""Which of a scan's numbers are picture, and which are padding or damage. Used by data/volume.py."""

import numpy as np

# A scan is stretched from its smallest to its largest number, as the authors do, unless that range is absurd:
# more than four times that of the middle 98 % of its *different* numbers. Counted so, padding is one number
# however much of the scan it fills. Four leaves the picture 64 of 256 grey levels; LA2018 has 8 bits and is
# never stretched, and MSD's scans have 1.06 to 1.08.
ABSURD, MIDDLE = 4.0, (0.01, 0.99)
FEWEST = 16  # different numbers that make a picture; below, as in a mask, any gap may be meant
SAMPLE = 1_000_000  # voxels that the middle is taken from


def grey_window(voxels: np.ndarray) -> tuple[float, float]:
    """The smallest and the largest number that are picture; what lies outside is to be cut off there.

    They are the scan's extremes, or where those are absurd (see above) the extremes of what lies no farther
    outside the middle than the middle is wide. So the rule itself cuts nothing off a scan once cleaned.

    Args: voxels: (z, y, x), finite numbers.
    """
    low, high = float(voxels.min()), float(voxels.max())
    values = np.unique(voxels.ravel()[:: max(voxels.size // SAMPLE, 1)]).astype(np.float64)
    if len(values) < FEWEST:
        return low, high
    first, last = values[np.ceil(MIDDLE[0] * (len(values) - 1)).astype(int)], values[
        np.floor(MIDDLE[1] * (len(values) - 1)).astype(int)
    ]  # fmt: skip
    width = last - first
    if high - low <= ABSURD * width:
        return low, high
    inside = voxels[(voxels >= first - width) & (voxels <= last + width)]
    return float(inside.min()), float(inside.max())
