"""The clinic as an assignment: which faults a student hunts, which checks are one's own, and their marks.

After scoring.py; called by the notebook of the assignment `clinic`. A hunt follows from the student's seed.
Marks are Youden's J again, so that neither silence nor constant alarm earns anything.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from types import CodeType, FunctionType, MethodType
from typing import Any

import numpy as np

from atriacourse.clinic import probes
from atriacourse.clinic.checks import Check, check_from, worked_checks
from atriacourse.clinic.faults import FAULTS, fault_of, faulty
from atriacourse.clinic.pipeline import Pipeline, healthy
from atriacourse.clinic.scoring import Breaking, grade_checks, sealed
from atriacourse.errors import InputError
from atriacourse.exercises.check import Checked

FAMILIES = {
    "data": ("data",),
    "augmentation": ("augmentation",),
    "training": ("network", "training"),
    "inference": ("inference",),
    "metrics": ("metrics",),
}
PAIRS = tuple(combinations(FAMILIES, 2))
LIBRARY = ("atriacourse.clinic.probes", "atriacourse.clinic.checks")
ANSWERS = {  # not questions
    "healthy": healthy,
    "faulty": faulty,
    "worked_checks": worked_checks,
    "check_from": check_from,
    "probes": probes,
    "FAULTS": FAULTS,
}

Broken = Mapping[str, Breaking]  # name -> what breaks one stage of a sound pipeline


@dataclass(frozen=True, kw_only=True)
class Hunt:
    """What one student looks for."""

    families: tuple[str, str]
    faults: tuple[str, ...]
    seeds: tuple[int, ...]  # of the sound runs to practise on; grading takes others

    def __repr__(self) -> str:
        first, second = self.families
        return f"Your families: {first} and {second}, {len(self.faults)} faults; seeds {self.seeds}"


def hunt_of(seed: int) -> Hunt:
    """The hunt of a student. Args: seed: of the student's variant."""
    families = PAIRS[seed % len(PAIRS)]
    parts = {part for family in families for part in FAMILIES[family]}
    faults = tuple(name for name, fault in FAULTS.items() if fault.part in parts)
    seeds = np.random.default_rng(seed).integers(100, 10_000, size=5)
    return Hunt(families=families, faults=faults, seeds=tuple(seeds.tolist()))


def leans_on(check: Check) -> str | None:
    """Which answer of the course a check rests on; None for a check of one's own.

    It makes a sound or a faulty pipeline, or has one at hand, or calls the worked checks or their probes. In
    practice there is no sound pipeline to compare with, so a check that needs one finds nothing.
    """
    if told := getattr(
        check, "leans_on", None
    ):  # grading calls it from another process, where this was asked
        return str(told)
    seen: set[int] = set()
    left: list[Any] = [check]
    while left:
        one = left.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if getattr(one, "__module__", None) in LIBRARY or getattr(one, "__name__", None) in LIBRARY:
            return "the worked checks"
        if isinstance(one, Pipeline):
            return "a pipeline to compare with"
        for name, answer in ANSWERS.items():
            if one is answer:
                return name
        if isinstance(one, MethodType):
            one = one.__func__
        if not isinstance(one, FunctionType) or one.__module__ != check.__module__:
            continue  # a library's function
        names = set(_names(one.__code__))
        if not names.isdisjoint(LIBRARY):
            return "the worked checks"
        for name in ANSWERS:
            if name in names and name not in one.__globals__:  # of a module, or imported inside
                return name
        left += [one.__globals__[name] for name in names if name in one.__globals__]
        left += [cell.cell_contents for cell in one.__closure__ or ()]
        left += [*(one.__defaults__ or ()), *(one.__kwdefaults__ or {}).values()]
    return None


def _names(code: CodeType) -> Iterator[str]:
    """All global names and attributes that a function and those inside of it mention."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def try_hunt(checks: Sequence[Check], faults: Sequence[str], *, seeds: Sequence[int]) -> Checked:
    """Practise: the verdict on a list of checks, with what is still missed. It never raises for a check.

    Args: faults: names. seeds: of the sound runs.
    """
    if not checks:
        return _wrong("No answer yet: put your checks into the list.")
    try:
        found = mark_hunt(checks, faults=faults, seeds=seeds)
    except (InputError, AttributeError, TypeError) as error:
        return _wrong(f"Not yet: {error}.")
    told = [f"{len(faults) - len(found['missed'])} of {len(faults)} faults caught"]
    told.append(f"false alarms in {found['false_alarms']:.0%} of {len(seeds)} sound runs")
    if found["missed"]:
        told.append(f"missed: {', '.join(found['missed'])}")
    told += [f"{name}: {error}" for name, error in found["errors"].items()]
    passed = found["score"] == 1 and not found["errors"]
    return Checked(passed=passed, message=f"{'Right' if passed else 'Not yet'}: {'; '.join(told)}.")


def mark_hunt(
    checks: Sequence[Check], *, seeds: Sequence[int], faults: Sequence[str] = (), broken: Broken | None = None
) -> dict[str, Any]:
    """Score checks of one's own; those that lean on the course's answers are left out and named.

    Args: seeds: of the sound runs; each fault has one run, the seeds taking turns. faults: names of the
        clinic's. broken: further faults.
    Returns: score (caught minus false alarms), missed (names), false_alarms (share), errors (check -> why),
        ready for JSON.
    Raises: InputError without checks, or with two of one name.
    """
    hunted = {name: fault_of(name).breaks for name in faults} | dict(broken or {})
    if not checks:
        raise InputError("grading needs at least one check in the list")
    errors = {check.__name__: f"it leans on {why}" for check in checks if (why := leans_on(check))}
    own = [check for check in checks if check.__name__ not in errors]
    if not own:
        return {"score": 0.0, "missed": [*hunted], "false_alarms": 0.0, "errors": errors}
    scores = grade_checks(own, faults=hunted, seeds=seeds)
    return {
        "score": round(scores.score, 4),
        "missed": [*scores.missed],
        "false_alarms": round(scores.false_alarms, 4),
        "errors": errors | scores.errors,
    }


def try_on(check: Check, broken: Broken, *, seeds: Sequence[int] = range(4), hint: str = "") -> Checked:
    """The verdict on one check: whatever the seed, it must alarm at each fault and at no sound run."""
    for seed in seeds:
        sound = healthy(seed)
        runs = {"a sound run": sound, **{name: breaking(sound) for name, breaking in broken.items()}}
        for name, pipeline in runs.items():
            try:
                answer = check(sealed(pipeline))
                alarms = bool(answer)
            except Exception as error:  # noqa: BLE001 (whatever a student's code raises is shown)
                return _wrong(f"Not yet: it stops with {type(error).__name__}: {error}. {hint}")
            if answer is None or answer is ...:
                return _wrong("No answer yet: the function returns nothing; does it end with `return`?")
            if alarms == (pipeline is sound):
                said = "it alarms at" if pipeline is sound else "it is silent at"
                return _wrong(f"Not yet: {said} {name}, seed {seed}. {hint}")
    return Checked(passed=True, message="Right.")


def _wrong(message: str) -> Checked:
    return Checked(passed=False, message=message.strip())
