"""Smooth random fields that are the same at any voxel size.

Beside shapes.py; used for the warp of the heart, the texture of tissue, the pattern of scar and the
sensitivity of the receiving coil. Points are mm along x, y, z as in shapes.py; grids are (z, y, x).
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Waves:
    """A sum of products of three cosines, one along each axis.

    frequency (radians per mm) and phase are (modes, 3), for x, y, z; amplitude is (modes,).
    """

    frequency: np.ndarray
    phase: np.ndarray
    amplitude: np.ndarray

    def on_grid(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Values on the grid of three axes: (len(z), len(y), len(x)) float32."""
        along_x, along_y, along_z = (
            np.cos(axis[None, :] * self.frequency[:, k, None] + self.phase[:, k, None])  # (modes, len(axis))
            for k, axis in enumerate((x, y, z))
        )
        along_x = along_x * self.amplitude[:, None]
        planes = along_y[:, :, None] * along_x[:, None, :]  # (modes, y, x)
        # in float64: the sum's last bits depend on the number of threads, and rounding to float32 hides them
        return np.tensordot(along_z.T, planes, axes=1).astype(np.float32)


def draw_waves(
    rng: np.random.Generator, *, sd: float, shortest_mm: float, longest_mm: float, modes: int = 24
) -> Waves:
    """Draw a field of mean 0 and about the given SD, with wavelengths between the two."""
    wavelength = np.exp(rng.uniform(np.log(shortest_mm), np.log(longest_mm), size=(modes, 1)))
    direction = rng.standard_normal((modes, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    return Waves(
        frequency=2 * np.pi / wavelength * direction,
        phase=rng.uniform(0, 2 * np.pi, size=(modes, 3)),
        # a product of three cosines of random phase has mean square 1/8
        amplitude=np.full(modes, sd * np.sqrt(8 / modes)),
    )
