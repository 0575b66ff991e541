"""The two contrast corrections that the paper's Table 1 compares gamma augmentation with.

After data/volume.py (`grey_levels`), before the slice bank and before any crop or padding: a corrected
slice must not depend on the crop it is seen through. Whichever method is chosen is applied to the
training, validation and test slices alike. Slices are (n, h, w) 8-bit grey levels; nothing is random.

- CLAHE, contrast-limited adaptive histogram equalisation (Zuiderveld 1994): the slice is cut into 8x8
  regions, each gets the grey-level curve that would flatten its own histogram, no bin of which may pass
  the clip limit, and every pixel blends the curves of its four nearest regions.
- Automatic gamma correction: the power that carries the slice's mean brightness to mid-grey.

Source: Chen, Bai and Rueckert 2018, section 3.3 and Table 1; Babakhani and Zarei 2015, "Automatic gamma
correction based on average of brightness". Three things to keep apart: the paper cites the latter; the
authors' code computes its gamma from the 5th, 50th and 95th percentiles, multiplies where a ratio was meant
and clips to 0.8..1.2; we do what the paper cites, and `gamma_bounds=(0.8, 1.2)` sets the code's limits
(its limits alone, not its formula). DIFFERENCES row "Automatic gamma correction".
"""

import math
from dataclasses import dataclass

import numpy as np
from skimage.exposure import equalize_adapthist

from atriacourse.bounds import check_settings
from atriacourse.errors import InputError

METHODS = ("none", "clahe", "auto_gamma")


@dataclass(frozen=True, kw_only=True)
class ContrastConfig:
    """Which correction, and its settings."""

    method: str = "none"  # Table 1, "standard normalisation" and "gamma augmentation"
    regions: int = 8  # section 3.3: 8x8 regions
    clip_limit: float = 0.01  # scikit-image's default (MATLAB's too); the paper gives none
    gamma_bounds: tuple[float, float] | None = None  # the cited method has none; authors' code (0.8, 1.2)

    def __post_init__(self) -> None:
        """Refuse settings that make no sense."""
        if self.method not in METHODS:
            raise InputError(f"contrast method must be one of {', '.join(METHODS)}, got {self.method!r}")
        check_settings(self, "contrast")
        if self.gamma_bounds is not None:
            low, high = self.gamma_bounds
            if not low <= high:
                raise InputError(f"gamma_bounds must be (low, high), low <= high, got {self.gamma_bounds}")


def apply_contrast(slices: np.ndarray, method: str | ContrastConfig) -> np.ndarray:
    """Correct the contrast of each slice by itself.

    Args:
        slices: (n, h, w) uint8 grey levels, whole slices before any crop; not changed.
        method: a method's name, for its default settings, or a `ContrastConfig`.

    Returns:
        (n, h, w) uint8, a new array. A slice of one grey level has no contrast and stays as it is.

    Raises:
        InputError: unknown method, not uint8, not (n, h, w), or too small for the regions.
    """
    config = ContrastConfig(method=method) if isinstance(method, str) else method
    slices = np.asarray(slices)
    if slices.dtype != np.uint8:  # a float array would be the only way for a NaN to get in
        raise InputError(f"contrast works on uint8 grey levels, got {slices.dtype}; use grey_levels(volume)")
    if slices.ndim != 3 or 0 in slices.shape[1:]:
        raise InputError(f"slices must be (n, h, w), got {slices.shape}; one slice is slices[None]")
    if config.method == "clahe" and min(slices.shape[1:]) < config.regions:
        raise InputError(
            f"slices of {slices.shape[1]}x{slices.shape[2]} pixels cannot be cut into {config.regions}x"
            f"{config.regions} regions; take larger slices or fewer regions"
        )
    corrected = slices.copy()
    if config.method == "none":
        return corrected
    correct = clahe if config.method == "clahe" else auto_gamma
    for index, grey in enumerate(slices):
        if grey.min() < grey.max():
            corrected[index] = correct(grey, config)
    return corrected


def clahe(grey: np.ndarray, config: ContrastConfig) -> np.ndarray:
    """CLAHE of one slice that has at least two grey levels.

    scikit-image stretches the slice to its own minimum and maximum before and after, so the result always
    spans 0..255; the per-slice z-score that follows would undo any stretch anyway. The last regions of a
    row or column are completed by mirroring; more than (regions - 1)**2 pixels a side, 49 for eight, give
    exactly that many regions, while in a smaller slice rounding up may leave fewer.

    Args: grey: (h, w) uint8.
    Returns: (h, w) uint8.
    """
    region = [math.ceil(size / config.regions) for size in grey.shape]  # pixels, (y, x)
    flattened = equalize_adapthist(grey, kernel_size=region, clip_limit=config.clip_limit)  # 0..1
    return np.rint(255 * flattened).astype(np.uint8)


def auto_gamma(grey: np.ndarray, config: ContrastConfig) -> np.ndarray:
    """Power-law correction of one slice that has at least two grey levels.

    The order of grey levels is kept; rounding back to 8 bits merges some of them.

    Args: grey: (h, w) uint8.
    Returns: (h, w) uint8, 255 * (grey / 255) ** gamma.
    """
    # A sum of whole numbers: the same to the last bit however the slice lies in memory.
    brightness = grey.sum(dtype=np.int64) / (255 * grey.size)  # 0 < brightness < 1
    gamma = math.log(0.5) / math.log(brightness)  # so that brightness ** gamma = 0.5
    if config.gamma_bounds is not None:
        low, high = config.gamma_bounds
        gamma = min(max(gamma, low), high)
    curve = np.rint(255 * (np.arange(256) / 255) ** gamma).astype(np.uint8)  # grey level -> grey level
    return curve[grey]
