"""Which crops, in which order: the curriculum, and the batches of one epoch.

Before training/loop.py. An epoch is `passes` passes over the cohort; each pass takes `slices_per_case`
random slices of every case (authors' code: six passes, one slice). Source: section 3.3; DIFFERENCES rows
"Epoch" and "Crop". Everything is a pure function of the seed and the epoch, so nothing need be stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from atriacourse.bounds import check_settings
from atriacourse.errors import InputError

MOST_SLICES = 10_000  # of a case in an epoch; all of them are drawn before it starts
ORDERS = ("growing", "every_epoch", "largest", "shrinking", "random")


@dataclass(frozen=True, kw_only=True)
class CurriculumConfig:
    """Crop sizes and how training moves through them."""

    sizes: tuple[int, ...] = (256, 384, 480, 512, 576, 640)  # section 3.3
    batch_sizes: tuple[int, ...] = (8, 8, 4, 4, 4, 2)  # authors' code: 8, halved from 480, quartered from 600
    order: str = "growing"  # section 3.3; authors' code: every_epoch
    passes: int = 6  # authors' code: one pass for each size
    slices_per_case: int = 1  # authors' code

    def __post_init__(self) -> None:
        """Refuse settings that do not fit together."""
        check_settings(self, "curriculum")
        if len(self.sizes) != len(self.batch_sizes) or not self.sizes:
            raise InputError(
                f"curriculum needs one batch size for each crop size, got {len(self.batch_sizes)} "
                f"for {len(self.sizes)}"
            )
        if list(self.sizes) != sorted(self.sizes):
            raise InputError(f"crop sizes must ascend, got {self.sizes}; choose the order with `order`")
        if self.passes * self.slices_per_case > MOST_SLICES:
            raise InputError(
                f"{self.passes} passes of {self.slices_per_case} slices are more than {MOST_SLICES} slices "
                f"of each case in an epoch; ask for more epochs instead"
            )
        if self.order not in ORDERS:
            raise InputError(f"order must be one of {', '.join(ORDERS)}, got {self.order!r}")


class Step(NamedTuple):
    """One batch to be made: which slices, how large a crop, which random numbers."""

    crop: int
    cases: list[int]
    slices: list[int]
    seed: int


def stage_sizes(config: CurriculumConfig, progress: float, rng: np.random.Generator) -> list[int]:
    """For each pass of an epoch, the index into `config.sizes`.

    growing: the paper, small crops first; every_epoch: the authors' code, all sizes ascending within
    each epoch; largest: no curriculum; shrinking: reversed; random: no order.

    Args: progress: how much of the whole training is done, 0 to 1.
    """
    count = len(config.sizes)
    stage = min(int(progress * count), count - 1)
    if config.order == "growing":
        return [stage] * config.passes
    if config.order == "shrinking":
        return [count - 1 - stage] * config.passes
    if config.order == "every_epoch":
        return [number % count for number in range(config.passes)]
    if config.order == "random":
        return rng.integers(count, size=config.passes).tolist()
    return [count - 1] * config.passes


def epoch_steps(
    config: CurriculumConfig, *, depths: Sequence[int], progress: float, seed: int, epoch: int
) -> list[Step]:
    """The batches of one epoch.

    Args: depths: number of slices of each case; progress: of the whole training when the epoch starts;
        seed: the run's. Returns: the same list for the same arguments, whatever ran before.
    """
    rng = np.random.default_rng([seed, epoch])
    steps = []
    for stage in stage_sizes(config, progress, rng):
        cases = np.repeat(rng.permutation(len(depths)), config.slices_per_case)
        if config.slices_per_case > 1:
            rng.shuffle(cases)
        slices = rng.integers(np.asarray(depths)[cases])
        batch = config.batch_sizes[stage]
        for start in range(0, len(cases), batch):
            chosen = slice(start, start + batch)
            seed_of_step = int(rng.integers(2**63))
            steps.append(
                Step(config.sizes[stage], cases[chosen].tolist(), slices[chosen].tolist(), seed_of_step)
            )
    return steps
