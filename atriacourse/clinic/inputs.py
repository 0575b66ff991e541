"""Things to feed to a pipeline: tiny phantoms, and made-up scans and networks whose answer is known.

Before pipeline.py; used by checks. Volumes are (z, y, x), spacing is (z, y, x) in mm.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace

import numpy as np
import torch
from torch import Tensor, nn

from atriacourse.data.bank import BankCase, RawBatch, SliceBank
from atriacourse.data.grid import plain_grid
from atriacourse.data.masks import as_spacing
from atriacourse.data.phantom import Phantom, PhantomConfig, make_phantom
from atriacourse.data.volume import Volume
from atriacourse.network.unet import MultiTaskOutput

PATIENTS = 9  # and one of them was scanned twice
TINY = PhantomConfig(matrix=64, slices=18, field_mm=240.0, slab_mm=72.0, site="A")


@dataclass(frozen=True, kw_only=True)
class File:
    """One scan on disk, as a file reader hands it over."""

    name: str
    image: Volume
    mask: Volume
    post_ablation: bool | None = None


def volume_of(voxels: np.ndarray, spacing_mm: Sequence[float] = (1.0, 1.0, 1.0)) -> Volume:
    """An array (z, y, x) as a volume that lies in no file."""
    return Volume(voxels=voxels, grid=plain_grid(voxels.shape, as_spacing(spacing_mm)))


def file_of(
    image: np.ndarray, mask: np.ndarray, *, spacing_mm: Sequence[float] = (1.0, 1.0, 1.0), name: str = "made"
) -> File:
    """A made-up file: image uint8 and mask bool, (z, y, x) both."""
    return File(
        name=name, image=volume_of(image, spacing_mm), mask=volume_of(mask, spacing_mm), post_ablation=True
    )


@cache
def _phantoms(seed: int) -> tuple[Phantom, ...]:
    first = 1000 * (seed + 1)
    return tuple(make_phantom(TINY, seed=first + number) for number in range(PATIENTS))


def phantom_files(seed: int) -> tuple[File, ...]:
    """Ten files of nine patients: the last is the first again, under another name and one grey level up."""
    made = _phantoms(seed)
    files = [_file(f"patient{number}", phantom, phantom.image) for number, phantom in enumerate(made)]
    brighter = np.minimum(made[0].image, 254) + np.uint8(1)
    return (*files, _file("second_look", made[0], brighter))


def _file(name: str, phantom: Phantom, image: np.ndarray) -> File:
    return File(
        name=name,
        image=volume_of(image.copy(), phantom.spacing_mm),
        mask=volume_of(phantom.mask.copy(), phantom.spacing_mm),
        post_ablation=phantom.post_ablation,
    )


def slices_of(images: np.ndarray, masks: np.ndarray) -> RawBatch:
    """A batch of slices as they lie in the bank, before augmentation.

    Args: images: (N, H, W) uint8. masks: (N, H, W) bool.
    """
    case = BankCase(
        name="made", grey=images, mask=np.where(masks, np.uint8(255), np.uint8(0)), post_ablation=True
    )
    return SliceBank([case]).gather([0] * len(images), list(range(len(images))))


class Echo(nn.Module):
    """A network that hands back what it is shown: the probability of atrium is sigmoid(2 * picture).

    So `logit(prediction) / 2` is the picture exactly as the pipeline shows it to a network.
    """

    def __init__(self, multiple: int = 32) -> None:
        super().__init__()
        self.config = SimpleNamespace(multiple=multiple)
        self.nothing = nn.Parameter(torch.zeros(()))  # a network has parameters

    def forward(self, images: Tensor) -> MultiTaskOutput:
        """Shapes: (N, 1, H, W) -> mask logits (N, 2, H, W)."""
        picture = images[:, 0]
        return MultiTaskOutput(torch.stack([-picture, picture], dim=1), None)


def shown(atrium: np.ndarray) -> np.ndarray:
    """The picture that `Echo` was shown, from the probability it gave."""
    odds = np.clip(atrium.astype(np.float64), 1e-9, 1 - 1e-9)
    return np.log(odds / (1 - odds)) / 2
