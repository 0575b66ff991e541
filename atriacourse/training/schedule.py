"""The learning rate, and how many epochs fit into the time there is: pure functions.

Before training/loop.py. Source: section 2.1 (halved every 50 epochs); the cosine is ours, for short runs.
"""

import math
from dataclasses import dataclass, replace

from atriacourse.bounds import check_settings
from atriacourse.errors import InputError

SCHEDULES = ("step", "cosine")


@dataclass(frozen=True, kw_only=True)
class ScheduleConfig:
    """How the learning rate falls."""

    kind: str = "step"  # section 2.1
    factor: float = 0.5  # section 2.1
    every: int = 50  # epochs, section 2.1
    warmup: float = 0.03  # cosine only: part of the training spent climbing to the full rate

    def __post_init__(self) -> None:
        """Refuse settings that make no sense."""
        if self.kind not in SCHEDULES:
            raise InputError(f"schedule must be one of {', '.join(SCHEDULES)}, got {self.kind!r}")
        check_settings(self, "schedule")


def learning_rate(config: ScheduleConfig, *, base: float, epoch: int, progress: float) -> float:
    """The rate for the next step.

    Args: base: the initial rate; epoch: counted from 0; progress: of the whole training, 0 to 1.
    """
    if config.kind == "step":
        return base * config.factor ** (epoch // config.every)
    if progress < config.warmup:
        return base * (progress + 1e-3) / (config.warmup + 1e-3)
    done = (progress - config.warmup) / (1 - config.warmup)
    return base * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How far each epoch takes the training: straight lines from (epoch, progress) to the next.

    A run of a given number of epochs is one line from (0, 0) to (epochs, 1). A run of a given number of
    minutes is bent wherever the machine proved slower or faster than thought; the bends are saved, so
    that a resumed run follows the same lines.
    """

    knots: tuple[tuple[int, float], ...]  # (epoch, progress), both rising; the last is (epochs, 1.0)

    @classmethod
    def straight(cls, epochs: int) -> "Plan":
        """A plan of `epochs` equal epochs."""
        if epochs < 1:
            raise InputError(f"training needs at least 1 epoch, got {epochs}")
        return cls(knots=((0, 0.0), (epochs, 1.0)))

    @property
    def epochs(self) -> int:
        """The number of epochs in all."""
        return self.knots[-1][0]

    def progress(self, epoch: float) -> float:
        """How much of the training is done after `epoch` epochs (fractions allowed), 0 to 1."""
        for (start, low), (end, high) in zip(self.knots, self.knots[1:], strict=False):
            if epoch == end:
                return high  # exactly: the line below may miss the end by a rounding
            if epoch < end:
                return low + (high - low) * (epoch - start) / (end - start)
        return 1.0

    def bent(self, *, epoch: int, epochs_left: int) -> "Plan":
        """The same plan up to `epoch`, then `epochs_left` epochs (1 or more) to the end."""
        done = tuple(knot for knot in self.knots if knot[0] < epoch)
        knots = (*done, (epoch, self.progress(epoch)), (epoch + max(1, epochs_left), 1.0))
        return replace(self, knots=knots)
