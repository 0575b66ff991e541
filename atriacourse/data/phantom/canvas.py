"""A part of the voxel grid on which solids are painted.

After shapes.py, before paint.py. Arrays are (z, y, x). A solid is evaluated only inside its own bounding box;
a voxel on a border takes a share of both tissues (partial volume).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from atriacourse.data.phantom.shapes import Points, Solid, smooth_union, triple

Box = tuple[slice, slice, slice]  # (z, y, x)
ACQUIRED_MM = 1.25  # the scans were acquired at this size and interpolated to 0.625 mm: no edge is sharper
FAR_MM = np.float32(1e3)  # the distance outside a solid's box
WARP_MARGIN_MM = 6.0  # the warp (SD 1.5 mm) moves a surface by less than this


@dataclass(frozen=True, kw_only=True)
class Canvas:
    """The signal so far on a box of the grid, painted in place, with where its voxels lie."""

    signal: np.ndarray  # (z, y, x) float32
    texture: np.ndarray  # (z, y, x) float32, mean 1; multiplies the signal of all tissue but blood
    axes: Points  # x, y, z in mm, one-dimensional
    warp: Points | None  # (z, y, x) displacement of the voxels along x, y, z; None for none
    edge_mm: float  # width over which a border fades

    def window(self, solids: Sequence[Solid], *, extra_mm: float) -> Box:
        """The box of this canvas that a union of solids, grown by `extra_mm`, can touch."""
        lows, highs = zip(*(solid.box() for solid in solids), strict=True)
        grown = extra_mm + self.edge_mm + WARP_MARGIN_MM
        low, high = np.min(lows, axis=0) - grown, np.max(highs, axis=0) + grown
        x, y, z = (
            slice(*np.searchsorted(axis, ends))
            for axis, ends in zip(self.axes, zip(low, high, strict=True), strict=True)
        )
        return (z, y, x)

    def part(self, box: Box) -> "Canvas":
        """The canvas of a box: views, so that painting there paints here."""
        return replace(
            self,
            signal=self.signal[box],
            texture=self.texture[box],
            axes=triple(axis[span] for axis, span in zip(self.axes, box[::-1], strict=True)),
            warp=None if self.warp is None else triple(shift[box] for shift in self.warp),
        )

    def points(self) -> Points:
        """x, y and z of the voxels in the patient, as arrays that broadcast to (z, y, x)."""
        x, y, z = self.axes
        grid = (x[None, None, :], y[None, :, None], z[:, None, None])
        return grid if self.warp is None else triple(p + s for p, s in zip(grid, self.warp, strict=True))

    def distance(self, solids: Sequence[Solid], *, blend_mm: float, extra_mm: float = 0.0) -> np.ndarray:
        """Distance to a union of solids, (z, y, x); right up to `extra_mm` outside it, FAR_MM elsewhere."""
        total = np.full(self.signal.shape, FAR_MM)
        for solid in solids:
            box = self.window([solid], extra_mm=extra_mm + blend_mm)
            if total[box].size:
                one = solid.distance(self.part(box).points())
                total[box] = smooth_union(total[box], one, blend_mm=blend_mm)
        return total

    def lay(self, value: np.ndarray | float, distance: np.ndarray) -> None:
        """Paint inside a surface, whatever is there; the border voxels get a share."""
        share = np.clip(np.float32(0.5) - distance * np.float32(1 / self.edge_mm), 0, 1)
        self.blend(value, share)

    def blend(self, value: np.ndarray | float, share: np.ndarray) -> None:
        """Replace a share (0..1) of each voxel's signal by a value."""
        self.signal[...] += share * (np.float32(value) - self.signal)
