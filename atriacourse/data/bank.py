"""The slice bank: every slice of the training cohort resident as 8-bit grey levels.

After data/cohort.py, before augment/geometry.py. It lies on the training device, so that a batch is
gathered there and nothing is read from disk while training. Cases are (z, y, x) and may differ in size.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from atriacourse.errors import InputError

UNKNOWN_LABEL = -1  # a case whose pre/post state nobody recorded; the label loss leaves it out


@dataclass(frozen=True, kw_only=True)
class BankCase:
    """One case as the bank stores it."""

    name: str
    grey: np.ndarray  # (z, y, x) uint8
    mask: np.ndarray  # (z, y, x) uint8, 0..255: the part of the pixel that is atrium
    post_ablation: bool | None

    def __post_init__(self) -> None:
        """Refuse arrays that are no pair of 8-bit volumes."""
        for what, array in (("grey levels", self.grey), ("mask", self.mask)):
            if array.ndim != 3 or array.dtype != np.uint8 or array.size == 0:
                raise InputError(
                    f"case {self.name}: {what} must be uint8 (z, y, x), got {array.dtype} {array.shape}"
                )
        if self.grey.shape != self.mask.shape:
            raise InputError(
                f"case {self.name}: grey {self.grey.shape} and mask {self.mask.shape} differ in shape"
            )


class RawBatch(NamedTuple):
    """Slices as they lie in the bank, before any augmentation."""

    canvas: Tensor  # (N, C + 1, H, W) float 0..1: C grey channels, then the mask; each in the top left corner
    sizes: Tensor  # (N, 2) height and width of each slice
    labels: Tensor  # (N,) int64: 0 pre-, 1 post-ablation, -1 unknown
    histograms: Tensor  # (N, C, 256) float: how many pixels of the whole slice have each grey level


class SliceBank:
    """All slices of some cases, ready to be gathered into batches.

    Args:
        cases: at least one `BankCase`.
        offsets: which neighbours of a slice are its channels; (0,) is the slice alone, as in the paper.
            Beyond the first and last slice the edge slice is repeated.
        device: where the grey levels stay.
    """

    def __init__(
        self,
        cases: Sequence[BankCase],
        *,
        offsets: tuple[int, ...] = (0,),
        device: str | torch.device = "cpu",
    ) -> None:
        if not cases:
            raise InputError("the slice bank needs at least one case; check the split and the data folder")
        if not offsets:
            raise InputError("offsets must name at least one slice; (0,) is the slice itself")
        self.names = [case.name for case in cases]
        self.offsets = offsets
        self.device = torch.device(device)
        self._grey = [torch.from_numpy(np.ascontiguousarray(case.grey)).to(device) for case in cases]
        self._mask = [torch.from_numpy(np.ascontiguousarray(case.mask)).to(device) for case in cases]
        self._histograms = [_histograms(case.grey).to(device) for case in cases]
        known = [UNKNOWN_LABEL if case.post_ablation is None else int(case.post_ablation) for case in cases]
        self._labels = torch.tensor(known, device=device)

    def __len__(self) -> int:
        """The number of cases."""
        return len(self.names)

    @property
    def depths(self) -> list[int]:
        """How many slices each case has."""
        return [len(grey) for grey in self._grey]

    @property
    def bytes(self) -> int:
        """Memory the grey levels and masks take."""
        return 2 * sum(grey.numel() for grey in self._grey)

    def gather(self, cases: Sequence[int], slices: Sequence[int]) -> RawBatch:
        """Copy slice `slices[n]` of case `cases[n]`, its neighbours and its mask into a batch."""
        sizes = [tuple(self._grey[case].shape[1:]) for case in cases]
        height, width = (max(size[axis] for size in sizes) for axis in (0, 1))
        channels = len(self.offsets)
        canvas = torch.zeros((len(sizes), channels + 1, height, width), dtype=torch.uint8, device=self.device)
        histograms = []
        for n, (case, z, (h, w)) in enumerate(zip(cases, slices, sizes, strict=True)):
            shown = neighbours(z, self.offsets, len(self._grey[case]))
            canvas[n, :channels, :h, :w] = self._grey[case][shown]
            canvas[n, channels, :h, :w] = self._mask[case][z]
            histograms.append(self._histograms[case][shown])
        return RawBatch(
            canvas.float().div_(255),
            torch.tensor(sizes, device=self.device),
            self._labels[torch.as_tensor(cases, device=self.device)],
            torch.stack(histograms),
        )


def neighbours(z: int, offsets: tuple[int, ...], depth: int) -> list[int]:
    """The slices shown for slice `z`: z + offset, kept within 0 .. depth - 1."""
    return [min(max(z + offset, 0), depth - 1) for offset in offsets]


def _histograms(grey: np.ndarray) -> Tensor:
    """Count the grey levels of every slice: (z, y, x) uint8 -> (z, 256) float32."""
    counts = [np.bincount(plane.ravel(), minlength=256) for plane in grey]
    return torch.from_numpy(np.stack(counts).astype(np.float32))
