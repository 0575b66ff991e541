"""Let a set of checks look at faulty and at sound pipelines, and count.

After faults.py. The score is the share of faults caught minus the share of sound runs with a false alarm
(Youden's J, for the set as a whole): a set that never alarms has 0, one that always alarms has 1 - 1 = 0, one
that alarms by throwing a coin has 0 on average, and only a set that tells faulty from sound reaches 1.
Source: Youden 1950, "Index for rating diagnostic tests", Cancer 3.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import pandas as pd

from atriacourse.clinic.checks import Check
from atriacourse.clinic.faults import FAULTS, fault_of
from atriacourse.clinic.pipeline import Pipeline, healthy
from atriacourse.errors import InputError
from atriacourse.exercises.check import Checked

CLEAN = "no fault"
Breaking = Callable[[Pipeline], Pipeline]  # a sound pipeline -> the same with one stage broken


@dataclass(frozen=True, kw_only=True)
class Scoreboard:
    """Who alarmed where."""

    alarms: pd.DataFrame  # one row a run, index (fault or CLEAN, seed); one bool column a check
    errors: dict[str, str]  # check -> the first error it died of; dying counts as an alarm

    @property
    def caught(self) -> pd.Series:
        """For each fault, the share of its runs in which any check alarmed."""
        faults = self.alarms.drop(index=CLEAN, level="fault")
        return faults.any(axis=1).groupby(level="fault", sort=False).mean()

    @property
    def false_alarms(self) -> float:
        """The share of sound runs in which any check alarmed."""
        return float(self.alarms.loc[CLEAN].any(axis=1).mean())

    @property
    def score(self) -> float:
        """Caught minus false alarms, -1 to 1; see the top of this file."""
        return float(self.caught.mean()) - self.false_alarms

    @property
    def missed(self) -> tuple[str, ...]:
        """Faults that went unnoticed in every run."""
        return tuple(self.caught.index[self.caught == 0])

    @property
    def by_check(self) -> pd.DataFrame:
        """For each check: how many faults it caught (in any run), and how many sound runs it alarmed in."""
        faults = self.alarms.drop(index=CLEAN, level="fault").groupby(level="fault", sort=False).any()
        table = pd.DataFrame({"faults": faults.sum(), "false alarms": self.alarms.loc[CLEAN].sum()})
        return table.assign(error=[self.errors.get(name, "") for name in table.index])

    def __repr__(self) -> str:
        sound = len(self.alarms.loc[CLEAN])
        crying = int(self.alarms.loc[CLEAN].any(axis=1).sum())
        found, share = int((self.caught > 0).sum()), float(self.caught.mean())
        often = "" if share == found / len(self.caught) else f" (in {share:.0%} of their runs)"
        lines = [
            f"{found} of {len(self.caught)} faults caught{often}, false alarms in {crying} "
            f"of {sound} sound runs: score {self.score:.2f}"
        ]
        lines += [f"{name} died: {error}" for name, error in self.errors.items()]
        return "\n".join(lines)


def grade_checks(
    checks: Sequence[Check] | Mapping[str, Check],
    *,
    faults: Sequence[str] | Mapping[str, Breaking] = tuple(FAULTS),
    seeds: Sequence[int] = range(5),
    fault_seeds: Sequence[int] | None = None,
) -> Scoreboard:
    """Run every check on every fault and on sound pipelines.

    Args:
        checks: functions of a pipeline; what they return is taken as suspicion if it is true (or a text),
            and so is an error, an `assert` for example.
        faults: names, all by default; or others, by names of their own.
        seeds: of the sound runs.
        fault_seeds: of each fault's runs; None gives each fault one run, the seeds taking turns: a
            check that alarms at some seeds, fault or not, then gains nothing by it.
    Raises: InputError without checks, faults or seeds, for an unknown fault, or two checks of one name.
    """
    named = dict(checks) if isinstance(checks, Mapping) else {check.__name__: check for check in checks}
    if not named or not faults or not seeds or fault_seeds == ():
        raise InputError("grading needs at least one check, one fault and one seed")
    if len(named) < len(checks):
        raise InputError("two checks have the same name; give each function a name of its own")
    broken = faults if isinstance(faults, Mapping) else {name: fault_of(name).breaks for name in faults}
    runs: list[tuple[str, int, Breaking | None]] = [(CLEAN, seed, None) for seed in seeds]
    for number, (name, breaking) in enumerate(broken.items()):
        turn = [seeds[number % len(seeds)]] if fault_seeds is None else fault_seeds
        runs += [(name, seed, breaking) for seed in turn]
    errors: dict[str, str] = {}
    rows = []
    for _, seed, breaks in runs:
        sound = healthy(seed)
        row, pipeline = {}, sealed(sound if breaks is None else breaks(sound))
        for name, check in named.items():
            try:
                row[name] = bool(check(pipeline))
            except Exception as error:  # noqa: BLE001 (a reader's code may raise anything; it is counted)
                row[name] = True
                if not isinstance(error, AssertionError):
                    errors.setdefault(name, f"{type(error).__name__}: {error}")
        rows.append(row)
    index = pd.MultiIndex.from_tuples([run[:2] for run in runs], names=["fault", "seed"])
    return Scoreboard(alarms=pd.DataFrame(rows, index=index), errors=errors)


def try_check(
    check: Check, *, faults: Sequence[str], seeds: Sequence[int] = range(5), hint: str = ""
) -> Checked:
    """The verdict on one check of an exercise: it must catch these faults and leave sound runs alone."""
    scores = grade_checks({"yours": check}, faults=faults, seeds=seeds, fault_seeds=tuple(seeds)[:2])
    crying = int(scores.alarms.loc[CLEAN].any(axis=1).sum())
    if scores.errors:
        return Checked(
            passed=False, message=f"Not yet: it stops with {scores.errors['yours']}. {hint}".strip()
        )
    missed = tuple(scores.caught.index[scores.caught < 1])
    told = f"{len(faults) - len(missed)} of {len(faults)} faults caught"
    told += f", false alarms in {crying} of {len(seeds)} sound runs"
    if missed:
        told += f"; missed: {', '.join(missed)}"
    passed = not missed and not crying
    return Checked(passed=passed, message=f"Right: {told}." if passed else f"Not yet: {told}. {hint}".strip())


def sealed(pipeline: Pipeline) -> Pipeline:
    """The same stages behind plain functions: a check has to look at what they do, not at who they are."""

    def seal(stage: Callable[..., object]) -> Callable[..., object]:
        return lambda *args: stage(*args)

    parts = {part.name: getattr(pipeline, part.name) for part in fields(pipeline)}
    stages: dict[str, Any] = {name: seal(part) for name, part in parts.items() if callable(part)}
    return replace(pipeline, **stages)
