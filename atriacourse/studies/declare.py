"""What a study is: variants of one base with one factor changed, and what to compare.

Before catalogue.py, where all studies stand as plain declarations. A variant says what differs from the
study's base; everything else is alike, down to the cases and the seeds.
"""

from dataclasses import dataclass, field

from atriacourse.data.splits import SUBSETS
from atriacourse.errors import InputError
from atriacourse.evaluation.metrics import compared

COMBINE = ("mean", "vote")
FOLDS = 5  # of a bag of folds, whatever its members


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way of doing it."""

    name: str  # the word in commands and claims
    label: str  # what a table prints
    set: tuple[str, ...] = ()  # "dotted.name=value" over the study's base (scales.py: apply)
    split: str = "safe"  # who is trained on (data.py): "safe", "share:0.5", "site:A", "twins:in", ...
    members: int = 1  # networks that predict as one
    subsets: str | None = None  # what a member is trained on: "bootstrap", "folds" or "all"
    combine: str = "mean"  # of the members: mean probability, or vote of their masks
    reading: str = "clean"  # which mask is scored: "raw", "clean" or "closing:<radius>" (readings.py)

    def __post_init__(self) -> None:
        if self.combine not in COMBINE or self.subsets not in (None, *SUBSETS):
            raise InputError(
                f"variant {self.name}: combine must be one of {', '.join(COMBINE)} and subsets one of "
                f"{', '.join(SUBSETS)} or None, got {self.combine!r} and {self.subsets!r}"
            )
        if self.members < 1 or (self.members > 1 and self.subsets is None):
            raise InputError(
                f"variant {self.name}: {self.members} members need `subsets`, or they would be alike"
            )
        if self.subsets == "folds" and self.members not in (1, FOLDS):
            raise InputError(
                f"variant {self.name}: {self.members} members of folds; a study always cuts {FOLDS}, so that "
                f"a member is the same network in every bag: take {FOLDS} of them, or 1"
            )


@dataclass(frozen=True, kw_only=True)
class Study:
    """A question, and the variants whose comparison answers it."""

    name: str
    question: str
    variants: tuple[Variant, ...]
    base: tuple[str, ...] = ()  # overrides that all variants share
    pairs: tuple[tuple[str, str], ...] = field(default=())  # compared: (a, b); default: first with each other
    metric: str = "dice"
    paper: str = "The paper says nothing of it."
    test: str = "all"  # which held-out cases are scored: "all" or "site:B"
    needs: str = ""  # what not every cohort has: "sites" or "twins"

    def __post_init__(self) -> None:
        names = [variant.name for variant in self.variants]
        if len(names) < 2 or len(set(names)) < len(names):
            raise InputError(f"study {self.name}: needs two variants or more, each of its own name")
        if self.metric not in compared():
            raise InputError(f"study {self.name}: metric {self.metric!r} has no better and worse")
        if not self.pairs:
            object.__setattr__(self, "pairs", tuple((names[0], other) for other in names[1:]))
        unknown = {name for pair in self.pairs for name in pair} - set(names)
        if unknown:
            raise InputError(f"study {self.name}: compares {', '.join(sorted(unknown))}, which it has not")

    def variant(self, name: str) -> Variant:
        """The variant of that name. Raises: InputError naming those there are."""
        for variant in self.variants:
            if variant.name == name:
                return variant
        known = ", ".join(variant.name for variant in self.variants)
        raise InputError(f"study {self.name} has no variant {name!r}; it has {known}")
