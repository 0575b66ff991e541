"""A class's runs as one comparison for each pair of variants, and its guesses as one row a question.

After collect.py, before draw.py. Every student has a seed, and one of a few places (centres): runs of one
place share the held-out cases. A resample draws runs with replacement, and for each place its cases; so both
other seeds and other cases are in the interval (evaluation/uncertainty.py). A student asks one question, so a
run's interval stands alone; the page shows an assignment's pairs together, and their intervals are for all.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from atriacourse.assignments.assignment import SCALE
from atriacourse.assignments.listing import assignment as find_assignment
from atriacourse.errors import InputError
from atriacourse.evaluation.uncertainty import UNDECIDED, bootstrap_interval, confidence_of_each, winner
from atriacourse.school.bands.band import Band, seed_band
from atriacourse.school.classroom.runs import Run, Said
from atriacourse.studies.catalogue import study as find_study

FEWEST_RUNS = 2  # for an interval that knows of seeds
MOST = 1e12  # of a guess: weights of a network are counted in millions


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One run in three numbers."""

    difference: float
    low: float  # 95 % interval over the held-out cases
    high: float
    verdict: str  # that the interval allows
    said: Said | None

    @property
    def held(self) -> bool | None:
        """Whether the interval that was committed before holds the difference; None without one."""
        return None if self.said is None else self.said.low <= self.difference <= self.said.high

    @property
    def came_true(self) -> bool | None:
        """Whether the winner that was expected is the one that the run allows to name."""
        return None if self.said is None else self.said.winner == self.verdict


@dataclass(frozen=True, kw_only=True)
class PairOfClass:
    """All runs of one pair of variants; differences are b - a."""

    assignment: str
    a: str
    b: str
    label_a: str
    label_b: str
    metric: str
    scale: str
    runs: tuple[Measured, ...]  # by rising difference: their order says nothing of who made them
    centres: bool  # of the class's phantoms; False: on scans that a student chose
    places: int  # how many cohorts of held-out cases
    difference: float  # mean over the runs
    together: int  # how many pairs of the assignment are read together
    low: float  # pooled interval, 95 % for all of these; nan for a single run
    high: float
    verdict: str
    band: Band | None  # of the recorded runs; None where there are none, or for other scans

    @property
    def inside(self) -> int | None:
        """How many runs lie inside the recorded band."""
        return None if self.band is None else sum(self.band.holds(run.difference) for run in self.runs)


def pairs_of(runs: Sequence[Run]) -> list[PairOfClass]:
    """Every pair that was measured, in the order of the assignment's levels; other scales and scans apart."""
    groups: dict[tuple[str, str, str, str, bool], list[Run]] = {}
    for run in runs:
        key = (run.assignment, run.a, run.b, run.scale, run.place.startswith("centre "))
        groups.setdefault(key, []).append(run)
    # pairs of one assignment, at one scale and on scans of one kind, are read together
    read = Counter((key[0], *key[3:]) for key, own in groups.items() if len(own) >= FEWEST_RUNS)
    found = [
        _pair(own, centres=key[-1], together=max(1, read[(key[0], *key[3:])])) for key, own in groups.items()
    ]
    return sorted(found, key=_order)


def _order(pair: PairOfClass) -> tuple[str, str, int, str, bool]:
    declared = find_assignment(pair.assignment)
    place = declared.levels.index((pair.a, pair.b))
    return declared.chapter, declared.name, place, pair.scale, not pair.centres


def _pair(runs: Sequence[Run], *, centres: bool, together: int) -> PairOfClass:
    first, declared = runs[0], find_assignment(runs[0].assignment)
    study, metric = find_study(declared.ablation), declared.metric
    measured = [_measured(run, metric) for run in runs]
    groups = _by_place(runs)
    low, high = bootstrap_interval(groups, seed=0, confidence=confidence_of_each(together))
    if sum(map(len, groups)) < FEWEST_RUNS:
        low = high = float("nan")
    cases = sum(group.shape[1] for group in groups)
    return PairOfClass(
        assignment=declared.name,
        a=first.a,
        b=first.b,
        label_a=study.variant(first.a).label,
        label_b=study.variant(first.b).label,
        metric=metric,
        scale=first.scale,
        runs=tuple(sorted(measured, key=lambda one: one.difference)),
        centres=centres,
        places=len({run.place for run in runs}),
        difference=float(np.mean([one.difference for one in measured])),
        together=together,
        low=low,
        high=high,
        verdict=winner(low, high, a=first.a, b=first.b, metric=metric, cases=cases) or UNDECIDED,
        band=_band(declared.ablation, (first.a, first.b), metric)
        if centres and first.scale == SCALE
        else None,
    )


def _measured(run: Run, metric: str) -> Measured:
    gain = np.array(list(run.gains.values()))
    gain = gain[np.isfinite(gain)]
    low, high = bootstrap_interval(gain, seed=0)
    verdict = winner(low, high, a=run.a, b=run.b, metric=metric, cases=len(gain)) or UNDECIDED
    return Measured(difference=float(gain.mean()), low=low, high=high, verdict=verdict, said=run.said)


def _by_place(runs: Sequence[Run]) -> list[np.ndarray]:
    """For each place an array (runs, cases), of the cases that are finite in all its runs."""
    found = []
    for place in sorted({run.place for run in runs}):
        table = pd.DataFrame([dict(run.gains) for run in runs if run.place == place])
        values = table.dropna(axis="columns").to_numpy(float)
        if values.shape[1]:
            found.append(values)
    return found


def _band(study: str, pair: tuple[str, str], metric: str) -> Band | None:
    try:
        return seed_band(study, pair, metric)
    except InputError:
        return None


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question and all guesses of a class."""

    chapter: str
    text: str
    guesses: tuple[tuple[float, float, float], ...]  # low, high, what came out; by the middle of the guess

    @property
    def held(self) -> int:
        """How many guesses hold what came out."""
        return sum(low <= value <= high for low, high, value in self.guesses)

    @property
    def width(self) -> float:
        """Median width."""
        return float(np.median([high - low for low, high, _ in self.guesses]))

    @property
    def values(self) -> tuple[float, float]:
        """The smallest and the largest result; pages have one, notebooks each their own."""
        found = [value for _, _, value in self.guesses]
        return min(found), max(found)


def questions_of(guesses: pd.DataFrame) -> list[Question]:
    """Every question, by chapter, the one that fewest got right first; absurd numbers are left out."""
    numbers = guesses[["low", "high", "value"]].astype(float)
    usable = guesses[(numbers.abs() <= MOST).all(axis=1)]  # not for nan either
    found = []
    for (chapter, text), rows in usable.groupby(["chapter", "question"]):
        ordered = rows.assign(middle=(rows["low"] + rows["high"]) / 2).sort_values("middle", kind="stable")
        triples = ordered[["low", "high", "value"]].astype(float).itertuples(index=False, name=None)
        found.append(Question(chapter=str(chapter), text=str(text), guesses=tuple(triples)))
    return sorted(found, key=lambda one: (one.chapter, one.held / len(one.guesses), one.text))


def believed(pairs: Sequence[PairOfClass]) -> dict[str, tuple[int, int, int]]:
    """For each assignment: hypotheses, intervals that held, winners that came true."""
    found: dict[str, list[int]] = {}
    for pair in pairs:
        for run in pair.runs:
            if run.said is not None:
                counts = found.setdefault(pair.assignment, [0, 0, 0])
                for place, yes in enumerate((True, run.held, run.came_true)):
                    counts[place] += bool(yes)
    return {name: (said, held, true) for name, (said, held, true) in found.items()}
