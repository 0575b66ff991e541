"""Smooth solids described by a few numbers, evaluated on any grid.

Beside waves.py; patient.py lists the solids of a patient, canvas.py evaluates them. Points are (x, y, z) in
mm: x to the patient's left (image right), y to the back (image bottom), z to the head (higher slices). A
solid's `distance` is negative inside and, near the surface, close to the signed distance in mm. Sources:
the ellipsoid and capsule formulas of I. Quilez, "distance functions" (iquilezles.org).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

Points = tuple[np.ndarray, np.ndarray, np.ndarray]  # x, y, z in mm: float32, broadcastable to (z, y, x)
One = TypeVar("One")


def triple(values: Iterable[One]) -> tuple[One, One, One]:
    """Three values as a tuple."""
    first, second, third = values
    return first, second, third


@dataclass(frozen=True, kw_only=True)
class Ellipsoid:
    """An ellipsoid, turned about z and then tilted about its own second axis."""

    centre: tuple[float, float, float]
    half_axes: tuple[float, float, float]
    turn_deg: float = 0.0  # in the axial plane, from x towards y
    tilt_deg: float = 0.0  # of the first axis, from the axial plane towards the head

    def axes(self) -> np.ndarray:
        """The directions of the three half axes, one unit vector (x, y, z) a row."""
        turn, tilt = np.deg2rad(self.turn_deg), np.deg2rad(self.tilt_deg)
        along = np.array([np.cos(turn), np.sin(turn), 0.0])
        up = np.array([0.0, 0.0, 1.0])
        across = np.cross(up, along)
        return np.stack(
            [np.cos(tilt) * along + np.sin(tilt) * up, across, np.cos(tilt) * up - np.sin(tilt) * along]
        )

    def distance(self, points: Points) -> np.ndarray:
        """Approximate signed distance in mm."""
        x, y, z = (axis - np.float32(c) for axis, c in zip(points, self.centre, strict=True))
        scaled = slope = np.float32(1e-12)  # not 0, or the very middle would not count as inside
        for direction, half in zip(self.axes().astype(np.float32), self.half_axes, strict=True):
            part = (direction[0] * x + direction[1] * y + direction[2] * z) * np.float32(1 / half)
            part *= part
            scaled = scaled + part
            slope = slope + part * np.float32(1 / half**2)
        scaled = np.sqrt(scaled)
        return scaled * (scaled - 1) / np.sqrt(slope)

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
        stretch = np.array([1, 1, 1 / self.flat], np.float32)
        x, y, z = (axis * factor for axis, factor in zip(points, stretch, strict=True))
        nodes = np.array(self.nodes, np.float32) * stretch
        best: np.ndarray = np.array(np.inf, np.float32)
        for start, end, radius, next_radius in zip(
            nodes, nodes[1:], self.radii, self.radii[1:], strict=False
        ):
            piece = end - start
            dx, dy, dz = x - start[0], y - start[1], z - start[2]
            along = dx * piece[0] + dy * piece[1] + dz * piece[2]
            along = np.clip(along / max(piece @ piece, np.float32(1e-6)), 0, 1)  # 0 at start, 1 at end
            across = np.sqrt(
                (dx - along * piece[0]) ** 2 + (dy - along * piece[1]) ** 2 + (dz - along * piece[2]) ** 2
            )
            best = np.minimum(best, across - (np.float32(radius) + along * np.float32(next_radius - radius)))
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
