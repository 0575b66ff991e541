"""From the painted tissues to an 8-bit scan: contrast, coil sensitivity, Rician noise, grey scale.

After paint.py, the last step of a phantom. Arrays are (z, y, x). `draw_scan` consumes the generator, `scan` is a
pure function of what was drawn and of two noise fields.
Source of the noise model: Gudbjartsson and Patz 1995 (the magnitude of a complex signal with Gaussian noise).
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from atriacourse.data.phantom.config import PhantomConfig, Site
from atriacourse.data.phantom.shapes import Points, Waves, draw_waves

ACQUIRED_MM = 0.7  # SD of the scanner's blur: scans are acquired at 1.25 mm and interpolated to 0.625 mm


@dataclass(frozen=True, kw_only=True)
class Scan:
    """Everything drawn about one acquisition."""

    tissues: dict[str, float]  # signal relative to the blood of the left atrium
    texture_sd: float
    blood_grey: float
    gamma: float
    noise: float
    coil: Waves  # logarithm of the sensitivity
    noise_seed: int


def draw_scan(site: Site, *, post_ablation: bool, rng: np.random.Generator) -> Scan:
    """Draw contrast, sensitivity, noise level and grey scale of one scan."""
    background = rng.uniform(*site.background)
    tissues = {
        "skin fat": rng.uniform(0.7, 1.4),
        "chest muscle": background * rng.uniform(0.7, 1.0),
        "lung": rng.uniform(0.04, 0.1),
        "fat": background,
        "liver": rng.uniform(0.5, 1.1),
        "marrow": background * rng.uniform(0.4, 0.7),
        "bone edge": rng.uniform(0.6, 1.1),
        "muscle": background * rng.uniform(0.8, 1.1),
        "vessel": rng.uniform(0.8, 1.1),
        "right blood": rng.uniform(0.85, 1.05),
        "aortic blood": rng.uniform(0.9, 1.1),
        "left ventricle blood": rng.uniform(0.95, 1.05),
        "left wall": rng.uniform(0.6, 0.95),
        "scar": rng.uniform(1.2, 1.6) if post_ablation else rng.uniform(1.05, 1.3),
    }
    return Scan(
        tissues=tissues,
        texture_sd=rng.uniform(0.25, 0.5),
        blood_grey=float(np.exp(rng.uniform(*np.log(site.blood_grey)))),
        gamma=rng.uniform(*site.gamma),
        noise=rng.uniform(*site.noise),
        coil=draw_waves(rng, sd=rng.uniform(*site.bias), shortest_mm=120, longest_mm=400),
        noise_seed=int(rng.integers(2**32)),
    )


def scan(signal: np.ndarray, drawn: Scan, axes: Points, config: PhantomConfig) -> np.ndarray:
    """The 8-bit picture of a painted patient.

    Args: signal: (z, y, x) float32, overwritten. axes: from `voxel_axes`.
    Returns: (z, y, x) uint8.
    """
    signal *= np.exp(drawn.coil.on_grid(*axes))
    sigma = [ACQUIRED_MM / step for step in config.spacing_mm]
    rng = np.random.default_rng(drawn.noise_seed)
    square = np.zeros_like(signal)
    for channel in range(2):  # the real part carries the signal
        noise = ndimage.gaussian_filter(rng.standard_normal(signal.shape, np.float32), sigma, truncate=2.5)
        noise *= np.float32(drawn.noise / noise.std())
        if channel == 0:
            noise += signal
        square += np.square(noise, out=noise)
    np.power(square, np.float32(drawn.gamma / 2), out=square)  # the root of the sum, then gamma
    square *= np.float32(drawn.blood_grey)
    return np.clip(np.rint(square, out=square), 0, 255).astype(np.uint8)
