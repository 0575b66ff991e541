"""Which of a scan's numbers are picture, and which are padding or damage. Used by data/volume.py."""

import numpy as np

# A scan is stretched from its smallest to its largest number, as the authors do, unless that range is absurd:
# more than four times that of the middle 98 % of its *different* numbers. Counted so, padding is one number
# however much of the scan it fills. Four leaves the picture 64 of 256 grey levels; LA2018 has 8 bits and is
# never stretched, and MSD's scans have 1.06 to 1.08.
ABSURD, MIDDLE = 4.0, (0.01, 0.99)
# Padding that is noise, was interpolated, or is metal has as many different numbers as the picture, so they
# are also counted by voxels: more than sixteen times the range of the middle 94 % of them is absurd too.
# Four such ranges to either side are left, so that a bright vessel stays what it is. A number that fills more
# than a twentieth of the scan, as padding and empty background do, does not count there.
TOO_FAR, MOST_VOXELS_WITHIN, MARGIN, COMMON = 16.0, (0.03, 0.97), 4.0, 0.05
FEWEST = 16  # different numbers that make a picture; below, as in a mask, any gap may be meant
SAMPLE = 1_000_000  # voxels that the middle is taken from


def grey_window(voxels: np.ndarray) -> tuple[float, float]:
    """The smallest and the largest number that are picture; what lies outside is to be cut off there.

    They are the scan's extremes, or where those are absurd (see above) the extremes of what lies near enough
    to the middle. So the rule itself cuts nothing off a scan once cleaned.

    Args: voxels: (z, y, x), finite numbers.
    """
    low, high = float(voxels.min()), float(voxels.max())
    values, counts = np.unique(voxels.ravel()[:: max(voxels.size // SAMPLE, 1)], return_counts=True)
    low, high = _nearer(voxels, (low, high), values, np.ones_like(counts), MIDDLE, ABSURD, 1.0)
    rare = (values >= low) & (values <= high) & (counts <= COMMON * counts.sum())
    return _nearer(voxels, (low, high), values[rare], counts[rare], MOST_VOXELS_WITHIN, TOO_FAR, MARGIN)


def _nearer(
    voxels: np.ndarray,
    window: tuple[float, float],
    values: np.ndarray,
    counts: np.ndarray,
    middle: tuple[float, float],
    absurd: float,
    margin: float,
) -> tuple[float, float]:
    """The window, or where it is `absurd` times as wide as the middle of the values, that and its margins."""
    if len(values) < FEWEST:
        return window
    values = values.astype(np.float64)
    place = (np.cumsum(counts) - 1) / max(int(counts.sum()) - 1, 1)  # of the last voxel of each value, 0..1
    first, last = (
        values[np.searchsorted(place, middle[0])],
        values[np.searchsorted(place, middle[1], "right") - 1],
    )
    width = last - first
    if window[1] - window[0] <= absurd * width:
        return window
    inside = voxels[(voxels >= first - margin * width) & (voxels <= last + margin * width)]
    return max(float(inside.min()), window[0]), min(float(inside.max()), window[1])
