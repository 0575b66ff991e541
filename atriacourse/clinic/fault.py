"""What a fault of the clinic is: a broken stage, what it looks like from outside, and where it was seen.

After pipeline.py; faults are made in data_, augment_, training_ and result_faults.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from atriacourse.clinic.pipeline import Pipeline

Probe = Callable[[Pipeline], float]


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Where a fault of this kind was seen, or is warned of."""

    text: str
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One silent bug. Nothing crashes and nothing is printed: only the result differs."""

    name: str
    part: str  # "data", "augmentation", "network", "training", "inference" or "metrics"
    stage: str  # the field of `Pipeline` that it replaces
    broken: Callable[[Pipeline], Any]  # the sound pipeline -> the broken stage
    symptom: str  # what a run looks like
    story: str  # how it comes about
    probe: Probe  # 0 for a sound pipeline: the size of the damage, see probes.py
    seen: tuple[Reference, ...]

    def breaks(self, sound: Pipeline) -> Pipeline:
        """A sound pipeline with this fault."""
        return replace(sound, **{self.stage: self.broken(sound)})
