"""Smooth solids described by a few numbers, evaluated on any grid.

After config.py; anatomy.py lists the solids of a patient, paint.py fills them in. Points are (x, y, z) in mm:
x to the patient's left (image right), y to the back (image bottom), z to the head (higher slices).
A solid's `distance` is negative inside and, near the surface, close to the signed distance in mm.
Sources: the ellipsoid and capsule formulas of I. Quilez, "distance functions" (iquilezles.org).
"""

from dataclasses import dataclass

import numpy as np

Points = tuple[np.ndarray, np.ndarray, np.ndarray]  # x, y, z: float32 arrays of one shape, mm


def _length(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    return np.sqrt(x * x + y * y + z * z)


@dataclass(frozen=True, kw_only=True)
class Ellipsoid:
    """An ellipsoid, turned about z and then tilted about its own second axis."""

    centre: tuple[float, float, float]
    half_axes: tuple[float, float, float]
    turn_deg: float = 0.0  # in the axial plane, from x towards y
    tilt_deg: float = 0.0  # of the first axis, from the axial plane towards the head

    def distance(self, points: Points) -> np.ndarray:
        """Approximate signed distance in mm."""
        x, y, z = (axis - np.float32(c) for axis, c in zip(points, self.centre, strict=True))
        turn, tilt = np.float32(np.deg2rad(self.turn_deg)), np.float32(np.deg2rad(self.tilt_deg))
        along, across = np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x
        first, third = np.cos(tilt) * along + np.sin(tilt) * z, np.cos(tilt) * z - np.sin(tilt) * along
        a, b, c = (np.float32(r) for r in self.half_axes)
        scaled = _length(first / a, across / b, third / c)
        slope = _length(first / a**2, across / b**2, third / c**2)
        return scaled * (scaled - 1) / np.maximum(slope, np.float32(1e-6))

    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """Corners of a box that holds the solid."""
        reach = max(self.half_axes) if self.turn_deg or self.tilt_deg else np.array(self.half_axes)
        return np.array(self.centre) - reach, np.array(self.centre) + reach


@dataclass(frozen=True, kw_only=True)
class Tube:
    """A bent vessel: straight pieces between nodes, the radius varying linearly, round ends."""

    nodes: tuple[tuple[float, float, float], ...]
    radii: tuple[float, ...]  # mm, one per node
    flat: float = 1.0  # height of the cross-section over its width

    def distance(self, points: Points) -> np.ndarray:
        """Approximate signed distance in mm; across a flattened tube, measured in its plane."""
        x, y, z = points
        stretch = np.float32(1 / self.flat)
        best = np.full(x.shape, 1e6, np.float32)
        for k in range(len(self.nodes) - 1):
            start, end = np.array(self.nodes[k]), np.array(self.nodes[k + 1])
            ax, ay, az = (end - start).astype(np.float32) * (1, 1, stretch)
            dx, dy, dz = (
                x - np.float32(start[0]),
                y - np.float32(start[1]),
                (z - np.float32(start[2])) * stretch,
            )
            along = (dx * ax + dy * ay + dz * az) / np.float32(max(ax * ax + ay * ay + az * az, 1e-6))
            along = np.clip(along, 0, 1)
            radius = np.float32(self.radii[k]) + along * np.float32(self.radii[k + 1] - self.radii[k])
            best = np.minimum(best, _length(dx - along * ax, dy - along * ay, dz - along * az) - radius)
        return best

    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """Corners of a box that holds the solid."""
        nodes, reach = np.array(self.nodes), max(self.radii)
        return nodes.min(axis=0) - reach, nodes.max(axis=0) + reach


Solid = Ellipsoid | Tube


def smooth_union(first: np.ndarray, second: np.ndarray, *, blend_mm: float) -> np.ndarray:
    """Distance to the union of two solids, the crease between them rounded over `blend_mm`."""
    blend = np.float32(blend_mm)
    overlap = np.maximum(blend - np.abs(first - second), 0) / blend
    return np.minimum(first, second) - overlap * overlap * blend * np.float32(0.25)


@dataclass(frozen=True, kw_only=True)
class Waves:
    """A smooth random field: a sum of products of cosines, so it is the same at any voxel size.

    frequency, phase: (modes, 3) in radians per mm and radians, for x, y, z; amplitude: (modes,).
    """

    frequency: np.ndarray
    phase: np.ndarray
    amplitude: np.ndarray

    def on_grid(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Values on the grid of three axes, (len(z), len(y), len(x)) float32."""
        cx, cy, cz = (
            np.cos(axis[None, :] * self.frequency[:, k, None] + self.phase[:, k, None])
            for k, axis in enumerate((x, y, z))
        )
        plane = (cy[:, :, None] * (cx * self.amplitude[:, None])[:, None, :]).astype(np.float32)
        return np.tensordot(cz.T.astype(np.float32), plane, axes=1)


def draw_waves(
    rng: np.random.Generator, *, sd: float, shortest_mm: float, longest_mm: float, modes: int = 24
) -> Waves:
    """Draw a field of mean 0 and the given SD with wavelengths between the two."""
    wavelength = np.exp(rng.uniform(np.log(shortest_mm), np.log(longest_mm), size=(modes, 1)))
    direction = rng.standard_normal((modes, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    # the mean square of a product of three cosines of random phase is 1/8
    amplitude = np.full(modes, sd * np.sqrt(8 / modes))
    return Waves(
        frequency=2 * np.pi / wavelength * direction,
        phase=rng.uniform(0, 2 * np.pi, size=(modes, 3)),
        amplitude=amplitude,
    )
