"""Mirror padding: what lies beyond the edge of a slice is its reflection.

Used by augment/geometry.py for crops larger than the slice and by inference/predict.py for sizes that
are no multiple of 32. Slices are (..., H, W). Source: Chen, Bai and Rueckert 2018, sections 3.2 and 3.3.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from atriacourse.errors import InputError


def mirror(position: Tensor, size: Tensor | int) -> Tensor:
    """Fold pixel positions of any distance back into 0 .. size - 1, as between two mirrors.

    The edge pixel is not repeated (numpy's "reflect"): -1 -> 1, size -> size - 2. Works for whole and
    fractional positions, beyond twice the size too. A slice one pixel wide maps everything to 0.
    """
    last = torch.as_tensor(size, device=position.device) - 1
    period = (2 * last).clamp(min=1)
    folded = last - (torch.remainder(position, period) - last).abs()
    return folded.clamp(min=0)  # below 0 only in a slice one pixel wide


class Padding(NamedTuple):
    """Pixels added on each side, so that they can be taken off again."""

    top: int
    bottom: int
    left: int
    right: int

    def undo(self, batch: Tensor) -> Tensor:
        """Cut (..., H + top + bottom, W + left + right) back to (..., H, W)."""
        height, width = batch.shape[-2:]
        return batch[..., self.top : height - self.bottom, self.left : width - self.right]


def pad_to_multiple(images: Tensor, multiple: int) -> tuple[Tensor, Padding]:
    """Mirror-pad (..., H, W) evenly on all sides until both are multiples of `multiple`.

    Returns: the padded batch, and the padding whose `undo` cuts it back.
    Raises: InputError if `multiple` is not 1 or more or a slice is empty.
    """
    height, width = images.shape[-2:]
    if multiple < 1 or height < 1 or width < 1:
        raise InputError(f"cannot pad {height}x{width} to a multiple of {multiple}; both must be 1 or more")
    down, across = -height % multiple, -width % multiple
    padding = Padding(down // 2, down - down // 2, across // 2, across - across // 2)
    rows = mirror(torch.arange(-padding.top, height + padding.bottom, device=images.device), height)
    columns = mirror(torch.arange(-padding.left, width + padding.right, device=images.device), width)
    return images[..., rows, :][..., columns], padding
