"""What is done to a whole volume once, identically for training and prediction.

After data/volume.py, before data/bank.py and inference/predict.py. Volumes are (z, y, x). The paper
prepares nothing; the contrast baselines of Table 1 and the coarser grid of short runs are settings here.
"""

from dataclasses import dataclass

import numpy as np

from atriacourse.augment.contrast import METHODS, ContrastConfig, apply_contrast
from atriacourse.bounds import check_settings
from atriacourse.errors import InputError


@dataclass(frozen=True, kw_only=True)
class PrepareConfig:
    """How a volume becomes the slices that the network sees."""

    contrast: str = "none"  # Table 1: "none", "clahe" or "auto_gamma"
    downsample: int = 1  # in-plane block mean; the paper never rescales, a laptop run may
    offsets: tuple[int, ...] = (0,)  # neighbouring slices shown as channels; the paper shows the slice alone
    clahe_regions: int = 8  # section 3.3: 8x8 regions
    clahe_clip_limit: float = 0.01  # of CLAHE; scikit-image's default, the paper gives none
    auto_gamma_bounds: tuple[float, float] | None = None  # the cited method has none; the code 0.8, 1.2

    def __post_init__(self) -> None:
        """Refuse settings that make no sense."""
        if self.contrast not in METHODS:
            raise InputError(f"contrast must be one of {', '.join(METHODS)}, got {self.contrast!r}")
        check_settings(self, "prepare")
        _ = self.contrast_config  # refuses what makes no sense
        if not self.offsets:
            raise InputError("offsets must name at least one slice; (0,) is the slice itself")

    @property
    def contrast_config(self) -> ContrastConfig:
        """The contrast method with its settings. Raises: InputError for settings that make no sense."""
        return ContrastConfig(
            method=self.contrast,
            regions=self.clahe_regions,
            clip_limit=self.clahe_clip_limit,
            gamma_bounds=self.auto_gamma_bounds,
        )


def prepare_grey(grey: np.ndarray, config: PrepareConfig) -> np.ndarray:
    """Contrast method, then the in-plane block mean: uint8 (z, y, x) -> uint8 (z, y', x')."""
    return block_mean(apply_contrast(grey, config.contrast_config), config.downsample)


def prepare_mask(mask: np.ndarray, config: PrepareConfig) -> np.ndarray:
    """The part of each coarse pixel that is atrium, 0..255: bool (z, y, x) -> uint8 (z, y', x')."""
    return block_mean(np.where(mask, np.uint8(255), np.uint8(0)), config.downsample)


def block_mean(stack: np.ndarray, factor: int) -> np.ndarray:
    """Mean of factor x factor blocks in-plane, rounded; the last row and column are repeated to fill up.

    Args: stack: uint8 (z, y, x). Returns: uint8 (z, ceil(y / factor), ceil(x / factor)).
    """
    if factor == 1:
        return stack
    depth, height, width = stack.shape
    filled = np.pad(stack, ((0, 0), (0, -height % factor), (0, -width % factor)), mode="edge")
    blocks = filled.reshape(depth, filled.shape[1] // factor, factor, filled.shape[2] // factor, factor)
    return np.rint(blocks.mean(axis=(2, 4), dtype=np.float32)).astype(np.uint8)
