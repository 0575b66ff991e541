"""Clean a predicted mask: close small gaps, keep the largest connected component.

After predict.py, before evaluation. Masks are (z, y, x). Everything happens inside the mask's bounding
box, which is why it takes hundredths of a second on a volume of 576x576x88.

The authors dilate, then erode, with ITK's ball of radius 2, as two steps with ITK's defaults: outside
the volume is background to the dilation and foreground to the erosion. So nothing at the border is
eaten away, and a mask that ends within a radius of the border is joined to it. (ITK's one-step closing
with its "safe border" pads with background instead: also never smaller than the mask, but not joined.
scipy's `binary_closing` erodes masks that touch the border.)
Source: Chen, Bai and Rueckert 2018, section 2.2; radius, ball and connectivity from the authors' code.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from atriacourse.bounds import check_settings
from atriacourse.data.masks import Box, as_mask, bounding_box, largest_piece
from atriacourse.errors import InputError

Ball = Literal["itk", "euclidean"]
CONNECTIVITIES = {6: 1, 18: 2, 26: 3}  # neighbours -> how many axes a neighbour may differ along


@dataclass(frozen=True, kw_only=True)
class PostprocessConfig:
    """What is done to a predicted mask."""

    closing_radius: int = 2  # voxels; authors' code; 0 leaves closing out
    ball: Ball = "itk"  # authors' code: 81 voxels at radius 2; the Euclidean ball has 33
    largest_component: bool = True  # section 2.2
    connectivity: int = 6  # authors' code: neighbours share a face; 18 or 26: also an edge or a corner

    def __post_init__(self) -> None:
        check_settings(self, "postprocessing")
        check_ball(self.ball)
        check_connectivity(self.connectivity)


def check_ball(ball: str) -> None:
    """Raise InputError unless the ball is one that `ball_runs` knows."""
    if ball not in get_args(Ball):
        raise InputError(f"ball is {ball!r}; it must be one of {', '.join(get_args(Ball))}")


def check_connectivity(connectivity: int) -> None:
    """Raise InputError unless the connectivity counts the neighbours of a voxel: 6, 18 or 26."""
    if connectivity not in CONNECTIVITIES:
        raise InputError(f"connectivity is {connectivity!r}; it must be 6 (faces), 18 (edges too) or 26")


def postprocess(mask: np.ndarray, config: PostprocessConfig | None = None) -> np.ndarray:
    """Close a mask, then keep its largest component, each as the config says.

    Args: mask: (z, y, x); bool, {0, 1} or {0, 255}; config: the authors' settings if None.
    Returns: (z, y, x) bool; all False for an empty mask.
    Raises: InputError if it is no mask.
    """
    config = config or PostprocessConfig()
    mask = as_mask(mask)
    box = bounding_box(mask, margin=config.closing_radius)
    clean = np.zeros(mask.shape, dtype=bool)
    if box is None:
        return clean
    window = _close_window(mask, box, radius=config.closing_radius, ball=config.ball)
    if config.largest_component:
        window = largest_piece(window, reach=CONNECTIVITIES[config.connectivity])
    clean[box] = window
    return clean


def close_mask(mask: np.ndarray, *, radius: int = 2, ball: Ball = "itk") -> np.ndarray:
    """Fill gaps narrower than a ball: dilate, then erode. Never removes a voxel.

    Args: mask: (z, y, x); radius: voxels, 0 changes nothing; ball: see `ball_runs`.
    Returns: (z, y, x) bool.
    Raises: InputError if it is no mask, or for an unknown ball or a negative radius.
    """
    return postprocess(mask, PostprocessConfig(closing_radius=radius, ball=ball, largest_component=False))


def largest_component(mask: np.ndarray, *, connectivity: int = 6) -> np.ndarray:
    """Keep the connected component with the most voxels; of equal ones, the first in (z, y, x) order.

    Args: mask: (z, y, x); connectivity: 6, 18 or 26 neighbours.
    Returns: (z, y, x) bool; all False for an empty mask (the authors' helper raises there).
    Raises: InputError if it is no mask, or for another connectivity.
    """
    return postprocess(mask, PostprocessConfig(closing_radius=0, connectivity=connectivity))


def ball_runs(radius: int, ball: Ball) -> dict[tuple[int, int], int]:
    """A ball as runs of voxels along x: {(dz, dy): half-length of the run}.

    A voxel belongs if its squared distance from the centre is at most radius**2 ("euclidean": 33
    voxels at radius 2), or at most (radius + 1/2)**2 ("itk", which rasterises an ellipsoid of diameter
    2 * radius + 1; in whole numbers at most radius**2 + radius: 81 voxels at radius 2).
    """
    limit = radius**2 + (radius if ball == "itk" else 0)
    reach = range(-radius, radius + 1)
    return {
        (dz, dy): min(int(np.sqrt(limit - dz**2 - dy**2)), radius)
        for dz in reach
        for dy in reach
        if dz**2 + dy**2 <= limit
    }


def _close_window(mask: np.ndarray, box: Box, *, radius: int, ball: Ball) -> np.ndarray:
    """Close what lies in `box`, which reaches `radius` beyond the mask or to the volume's edge."""
    if radius == 0:
        return mask[box]
    runs = ball_runs(radius, ball)
    grown = _dilate(np.pad(mask[box], radius), runs, radius)
    # Erosion is dilation of the background. Beyond the box lies background, but beyond the volume
    # foreground: that is ITK's border rule for erosion, and why nothing at the border is lost.
    background = np.pad(~grown, radius, constant_values=True)
    for axis, (part, size) in enumerate(zip(box, mask.shape, strict=True)):
        along = np.moveaxis(background, axis, 0)  # a view
        if part.start == 0:
            along[:radius] = False
        if part.stop == size:
            along[-radius:] = False
    return ~_dilate(background, runs, radius)


def _dilate(padded: np.ndarray, runs: dict[tuple[int, int], int], radius: int) -> np.ndarray:
    """Dilate by shifting and joining; takes an array padded by `radius` all round, returns it unpadded."""
    depth, height, width = (size - 2 * radius for size in padded.shape)
    out = np.zeros((depth, height, width), dtype=bool)
    for z, plane in enumerate(padded, start=-radius):  # one plane at a time stays in the cache
        if not plane.any():
            continue
        # wider[half] is the plane dilated along x by a run that reaches `half` to either side.
        wider = [plane[:, radius : radius + width]]
        for half in range(1, radius + 1):
            before = plane[:, radius - half : radius - half + width]
            after = plane[:, radius + half : radius + half + width]
            wider.append(wider[-1] | before | after)
        # The ball's cross-section dz planes away: its runs, each at its place in y.
        for dz in range(radius + 1):
            disk = np.zeros((height, width), dtype=bool)
            for dy in range(-radius, radius + 1):
                if (dz, dy) in runs:
                    disk |= wider[runs[dz, dy]][radius + dy : radius + dy + height]
            for reached in {z - dz, z + dz}:
                if 0 <= reached < depth:
                    out[reached] |= disk
    return out
