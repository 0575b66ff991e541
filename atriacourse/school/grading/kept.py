"""The results behind the gradebook: all that grading found out; the next run goes on from them.

After marks.py, before gradebook.py. `classroom` reads results.json as well. Its numbers are checked for sense
here, once, so that whatever is drawn or averaged later can be.
"""

import json
import math
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from typing_extensions import TypedDict

from atriacourse.assignments.allocation import student_id
from atriacourse.assignments.listing import assignments
from atriacourse.assignments.verdict import is_number
from atriacourse.errors import InputError
from atriacourse.files import read_json, write_whole
from atriacourse.school.grading.evidence import bounded
from atriacourse.school.grading.marks import Graded

RESULTS, GRADEBOOK, LEFT_OUT = "results.json", "gradebook.csv", "left_out.csv"
WRITTEN = (GRADEBOOK, LEFT_OUT, "class.html", "feedback", "clinics")  # beside the results
FORMAT = 1
HALF = re.compile("[\ud800-\udfff]")
WAY_OUT = "it is not what `grade` writes: move it away to grade all anew"
MOST_POINTS = 100
LARGEST = 1e4  # of any score or distance in millimetres: a heart is smaller
MEASURED = ("difference", "low", "high", "cases")  # numbers of a result
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$")  # as delivery.py writes it

Key = tuple[str, str]  # student, assignment


class _Results(TypedDict):
    """results.json."""

    format: int
    submissions: list[Graded]


def read_results(out: Path) -> dict[Key, Graded]:
    """What earlier runs found. Raises: InputError for a file that holds something else."""
    path = out / RESULTS
    if not os.path.lexists(path):
        _check_ours(out)
        return {}
    content = read_json(path, _Results, way_out=WAY_OUT)
    if content["format"] != FORMAT:
        raise InputError(f"{path} has the format {content['format']}, this version reads {FORMAT}; {WAY_OUT}")
    return {(one.student, one.assignment): one for one in content["submissions"]}


def usable_results(out: Path) -> dict[Key, Graded]:
    """What earlier runs found, all of it fit for gradebook, feedback and the class's page (`sensible`).

    Raises: InputError as `read_results`, and for a grade that grading cannot have written.
    """
    results = read_results(out)
    for one in results.values():
        if fault := _fault(one):
            raise InputError(
                f"{out / RESULTS} is damaged: {one.student!r}, {one.assignment!r}: {fault}; {WAY_OUT}"
            )
    return {key: sensible(one) for key, one in results.items()}


def _fault(one: Graded) -> str:
    """What a grade has in it that grading never writes; empty if all can be used."""
    if one.assignment not in assignments():
        return "there is no such assignment"
    if not _is_id(one.student):
        return "that is no student's id"
    for mark in one.parts:
        if not (is_number(mark.points) and 0 <= mark.points <= mark.of <= MOST_POINTS):
            return f"{mark.part} has {mark.points:g} of {mark.of:g} points"
    if not all(is_number(each) and each >= 0 for each in (one.seconds, one.memory_gb, one.cpu_seconds or 0)):
        return "seconds and memory are no numbers"
    if one.hypothesis is not None and not bounded(one.hypothesis):
        return "the hypothesis has no bounds"
    numbers = [(one.result or {}).get(name, 0.0 if one.result is None else None) for name in MEASURED]
    if not all(is_number(each) for each in numbers):
        return f"the result needs the numbers {', '.join(MEASURED)}"
    band = (one.result or {}).get("band")
    if band is not None and not (isinstance(band, list) and len(band) == 2 and all(map(is_number, band))):
        return "the band is no pair of numbers"
    if not {"a", "b", "metric"} <= set(one.result or ("a", "b", "metric")):
        return "the result names no variants"
    if one.parts and one.handed_in and not DATE.match(one.handed_in):
        return f"{one.handed_in!r} is no date"
    return ""


def sensible(one: Graded) -> Graded:
    """The grade without numbers that nothing measures: what a student's code printed may be any number.

    A result of 1.7e308 is none, nor is an expectation as wide; each is told by a flag, and the rest stays.
    """
    flags = []
    result, hypothesis = one.result, one.hypothesis
    named = ("difference", "low", "high")
    if result is not None and not _small([*(result.get(name) for name in named), *_values(result)]):
        result = None
        flags.append("the result is beyond all sense, and is left out")
    if hypothesis is not None and not _small([hypothesis.get("low"), hypothesis.get("high")]):
        hypothesis = None
        flags.append("the hypothesis is beyond all sense, and is left out")
    flags = [flag for flag in flags if flag not in one.flags]
    return replace(one, result=result, hypothesis=hypothesis, flags=(*one.flags, *flags)) if flags else one


def _values(result: Mapping[str, Any]) -> list[Any]:
    """Numbers of a result that may be missing, or infinite: distances to an empty mask are."""
    band, means = result.get("band"), result.get("means")
    found = list(band) if isinstance(band, list) else []
    found += list(means.values()) if isinstance(means, dict) else []
    return [each for each in found if not (isinstance(each, float) and not math.isfinite(each))]


def _small(numbers: Iterable[Any]) -> bool:
    return all(is_number(each) and abs(each) <= LARGEST for each in numbers if each is not None)


def _is_id(text: str) -> bool:
    try:
        return student_id(text) == text
    except InputError:
        return False


def _check_ours(out: Path) -> None:
    """Nothing that this program did not write is replaced. Raises: InputError for somebody else's folder."""
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is no folder; --out is where the gradebook and the feedback go")
    there = [name for name in WRITTEN if os.path.lexists(out / name)]
    if there and GRADEBOOK not in there:  # a gradebook of ours is known by its columns: see `read_typed`
        raise InputError(
            f"{out} holds {', '.join(there)}, but no {RESULTS} and no {GRADEBOOK}: `grade` did not "
            "write that, and would replace it; give another --out"
        )


def write_results(out: Path, results: Iterable[Graded]) -> None:
    """Keep what was found, also half-way through a class."""
    ordered = sorted(results, key=lambda one: (one.assignment, one.student))
    content = {"format": FORMAT, "submissions": [asdict(one) for one in ordered]}
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    # half of a character, as its number in letters: written as JSON's own escape, no strict reader takes it
    write_whole(out / RESULTS, HALF.sub(lambda half: f"\\\\u{ord(half[0]):04x}", text))
