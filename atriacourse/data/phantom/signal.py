"""From the painted tissues to an 8-bit scan: contrast, coil sensitivity, Rician noise, grey scale.

After paint.py, the last step of a phantom. Arrays are (z, y, x). `draw_scan` consumes the generator;
`take_scan` is a pure function of what was drawn. Source of the noise model: Gudbjartsson and Patz 1995,
"The Rician distribution of noisy MRI data": the magnitude of a complex signal with Gaussian noise in both
channels.
"""

from dataclasses import dataclass

import numpy as np
from scipy import fft

from atriacourse.data.phantom.phantom_config import PhantomConfig, Site
from atriacourse.data.phantom.shapes import Points
from atriacourse.data.phantom.waves import Waves, draw_waves


@dataclass(frozen=True, kw_only=True)
class Scan:
    """Everything drawn about one acquisition, from the ranges in phantom_config.py and below; all ours."""

    tissues: dict[str, float]  # signal relative to the blood of the left atrium
    blood_grey: float
    gamma: float
    noise: float  # SD of each channel
    smooth: float  # of the noise, 0..1
    acquired_mm: float  # voxel size before the scanner's interpolation
    coil: Waves  # logarithm of the sensitivity
    noise_seed: int


def draw_scan(site: Site, *, post_ablation: bool, rng: np.random.Generator) -> Scan:
    """Draw contrast, sensitivity, noise level and grey scale of one scan."""
    background = rng.uniform(*site.background)
    tissues = {
        "skin fat": rng.uniform(0.8, 1.6),
        "chest muscle": background * rng.uniform(0.7, 1.0),
        "lung": rng.uniform(0.04, 0.1),
        "fat": background,
        "liver": rng.uniform(0.5, 1.1),
        "marrow": background * rng.uniform(0.4, 0.7),
        "bright edge": rng.uniform(0.6, 1.1),
        "muscle": background * rng.uniform(0.8, 1.1),
        "vessel": rng.uniform(0.8, 1.1),
        "right blood": rng.uniform(0.85, 1.05),
        "aortic blood": rng.uniform(0.9, 1.1),
        "left ventricle blood": rng.uniform(0.95, 1.05),
        "left wall": rng.uniform(0.75, 1.1),
        "scar": rng.uniform(1.2, 1.6) if post_ablation else rng.uniform(1.05, 1.3),
    }
    return Scan(
        tissues=tissues,
        blood_grey=float(np.exp(rng.uniform(*np.log(site.blood_grey)))),
        gamma=rng.uniform(*site.gamma),
        noise=rng.uniform(*site.noise),
        smooth=rng.uniform(*site.smooth),
        acquired_mm=rng.uniform(*site.acquired_mm),
        coil=draw_waves(rng, sd=rng.uniform(*site.bias), shortest_mm=90, longest_mm=300),
        noise_seed=int(rng.integers(2**32)),
    )


def take_scan(signal: np.ndarray, drawn: Scan, axes: Points, config: PhantomConfig) -> np.ndarray:
    """The 8-bit picture of a painted patient.

    Args: signal: (z, y, x) float32, used up. axes: from `voxel_axes`.
    Returns: (z, y, x) uint8.
    """
    signal *= np.exp(drawn.coil.on_grid(*axes))
    noise = complex_noise(config, acquired_mm=drawn.acquired_mm, smooth=drawn.smooth, seed=drawn.noise_seed)
    noise *= np.float32(drawn.noise)
    noise.real += signal
    grey = np.abs(noise, out=signal)
    np.power(grey, np.float32(drawn.gamma), out=grey)
    grey *= np.float32(drawn.blood_grey)
    return np.clip(np.rint(grey, out=grey), 0, 255).astype(np.uint8)


def complex_noise(config: PhantomConfig, *, acquired_mm: float, smooth: float, seed: int) -> np.ndarray:
    """Noise of the acquired matrix, interpolated as scanners do it: with zeros around k-space.

    Args: acquired_mm: voxel size of the acquisition. smooth: 0 for no filter on k-space, 1 for a Hann window.
    Returns: (z, y, x) complex64; real and imaginary part have SD 1.
    """
    rng = np.random.default_rng(seed)
    acquired = [
        min(n, round(n * step / acquired_mm)) for n, step in zip(config.shape, config.spacing_mm, strict=True)
    ]
    noise = rng.standard_normal((*acquired, 2), np.float32).view(np.complex64)[..., 0]
    power = 1.0
    for axis, (few, many) in enumerate(zip(acquired, config.shape, strict=True)):
        window = 1 - smooth * np.sin(np.pi * np.fft.fftfreq(few)) ** 2  # zero frequency first
        power *= np.sum(window**2)
        noise *= np.expand_dims(window.astype(np.float32), tuple({0, 1, 2} - {axis}))
        low, high = np.split(noise, [(few + 1) // 2], axis=axis)  # frequencies from 0 up, and below 0
        gap = list(noise.shape)
        gap[axis] = many - few
        noise = np.concatenate([low, np.zeros(gap, np.complex64), high], axis=axis)
        noise = fft.ifft(noise, axis=axis, norm="forward", overwrite_x=True)
    noise *= np.float32(power**-0.5)
    return noise
