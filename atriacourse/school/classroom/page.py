"""The page "what we measured": one file, static, without a name on it.

After draw.py. The frame is that of grading's pages. Names of students and of files never reach the template;
whoever calls gets those that were left out.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import atriacourse
from atriacourse.assignments.assignment import SCALE
from atriacourse.assignments.listing import assignment as find_assignment
from atriacourse.evaluation.metrics import label_of
from atriacourse.files import write_whole
from atriacourse.school.classroom.collect import Collected
from atriacourse.school.classroom.draw import pair_figure, question_figure
from atriacourse.school.classroom.pooled import PairOfClass, Question, believed, pairs_of, questions_of
from atriacourse.school.grading.render import fill, inline_svg


def write_classroom(collected: Collected, path: Path | str, *, date: str) -> Path:
    """Write the page; returns its path.

    Args: collected: from `collect`. date: as it stands on the page.
    """
    write_whole(Path(path), classroom_html(collected, date=date))
    return Path(path)


def classroom_html(collected: Collected, *, date: str) -> str:
    """The page as a text."""
    pairs, questions = pairs_of(collected.runs), questions_of(collected.guesses)
    files = ", ".join(f"{count} {kind}" for kind, count in collected.files.items())
    said = f"Made on {date} by atriacourse {atriacourse.__version__} from {files}."
    if collected.left_out:
        said += f" {len(collected.left_out)} more could not be used."
    return fill(
        "classroom.html",
        title=title_of(collected),
        lead=_lead(pairs, questions),
        assignments=_assignments(pairs),
        chapters=_chapters(questions),
        checks=_checks(collected.checks),
        provenance=said,
        rerun=sum(run.rerun for run in collected.runs),
        runs=len(collected.runs),
    )


def title_of(collected: Collected) -> str:
    """Says how many measured."""
    students = len({run.student for run in collected.runs})
    if students:
        return f"What {students} of us measured"
    return "What we guessed" if len(collected.guesses) else "What we answered"


def _lead(pairs: list[PairOfClass], questions: list[Question]) -> str:
    runs = sum(len(pair.runs) for pair in pairs)
    said = []
    if runs:
        told = [pair for pair in pairs if len(pair.runs) > 1 and pair.verdict in (pair.a, pair.b)]
        several = sum(len(pair.runs) > 1 for pair in pairs)
        said.append(
            f"{_count(runs, 'run')} of {_count(len(pairs), 'pair')} of variants, each with its own seed."
        )
        if several:
            said.append(
                f"Pooled over the class, {len(told)} of {_count(several, 'pair')} with more than one run "
                f"{'are' if several > 1 else 'is'} told apart."
            )
    guesses = sum(len(one.guesses) for one in questions)
    if guesses:
        held = sum(one.held for one in questions)
        said.append(
            f"Of {_count(guesses, 'guess', 'guesses')} made before a result was shown, {held} held it."
        )
    return " ".join(said)


def _assignments(pairs: list[PairOfClass]) -> list[dict[str, Any]]:
    counts = believed(pairs)
    found: dict[str, dict[str, Any]] = {}
    for pair in pairs:
        one = found.setdefault(
            pair.assignment,
            {
                "title": find_assignment(pair.assignment).title,
                "believed": _believed(counts.get(pair.assignment)),
                "pairs": [],
            },
        )
        one["pairs"].append(_pair(pair))
    return list(found.values())


def _believed(counts: tuple[int, int, int] | None) -> str:
    if counts is None:
        return ""
    all_, held, true = counts
    return (
        f"{_count(all_, 'hypothesis', 'hypotheses')} stood in the journals before the result. The expected "
        f"interval held the difference {_times(held)}; the expected winner, or that none can be named, "
        f"came true {_times(true)}."
    )


def _pair(pair: PairOfClass) -> dict[str, Any]:
    says = pair_says(pair)
    return {
        "title": f"{pair.label_b} minus {pair.label_a}",
        "scale": "" if pair.scale == SCALE else f"Scale {pair.scale}.",
        "svg": inline_svg(pair_figure(pair), alt=f"A dot with its interval for each run. {says}"),
        "says": says,
        "metric": label_of(pair.metric),
        "rows": [
            [_signed(run.difference), _span(run.low, run.high), run.verdict, _expected(run)]
            for run in pair.runs
        ],
    }


def pair_says(pair: PairOfClass) -> str:
    """The comparison in words."""
    if len(pair.runs) == 1:
        said = f"One run, {_signed(pair.difference)}: a seed alone is no finding."
    else:
        scans = _count(
            pair.places, "centre" if pair.centres else "set of scans", "" if pair.centres else "sets of scans"
        )
        said = f"Pooled over {len(pair.runs)} seeds and {scans}: {_signed(pair.difference)}"
        of_all = f" for all {pair.together} pairs" if pair.together > 1 else ""
        said += f", 95 % interval{of_all} {_span(pair.low, pair.high)}" if np.isfinite(pair.low) else ""
        named = {pair.a: pair.label_a, pair.b: pair.label_b}
        said += f", {named[pair.verdict]} is better." if pair.verdict in named else f": {pair.verdict}."
    if pair.band is not None:
        said += (
            f" The atlas expects one more run within {_span(pair.band.low, pair.band.high)} "
            f"({pair.band.runs} recorded runs); {pair.inside} of {len(pair.runs)} lie there."
        )
    return said


def _expected(run: Any) -> str:
    if run.said is None:
        return "none"
    return (
        f"{_span(run.said.low, run.said.high)}, {run.said.winner[:60]} ({'held' if run.held else 'missed'})"
    )


def _chapters(questions: list[Question]) -> Mapping[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for one in questions:
        low, high = one.values
        result = f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}, each from a run of one's own"
        says = (
            f"{one.held} of {_count(len(one.guesses), 'guess', 'guesses')} held the result ({result}); half "
            f"of them were narrower than {one.width:.3g}."
        )
        drawn = inline_svg(question_figure(one), alt=f"A line a guess, a mark where the result lies. {says}")
        found.setdefault(one.chapter, []).append({"text": one.text, "says": says, "svg": drawn})
    return found


def _checks(checks: pd.DataFrame) -> list[list[Any]]:
    """A row for each check: chapter, check, who answered, right at once, asked for the answer."""
    rows = []
    for (chapter, check), own in checks.groupby(["chapter", "check"]):
        at_once = int((own["right"].astype(bool) & (own["tries"] == 1)).sum())
        rows.append([chapter, check, len(own), at_once, int(own["shown"].sum())])
    return sorted(rows, key=lambda row: (row[0], row[3] / row[2], row[1]))


def _count(count: int, word: str, words: str = "") -> str:
    return f"{count} {word}" if count == 1 else f"{count} {words or word + 's'}"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def _span(low: float, high: float) -> str:
    return f"{_signed(low)} to {_signed(high)}"
