"""The class at a glance: points, hypotheses against outcomes, common mistakes, look-alikes, who is missing.

After gradebook.py and similar.py. One file, class.html, for the instructor.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from atriacourse.assignments.listing import assignment
from atriacourse.files import write_whole
from atriacourse.pages.pictures.style import BLUE, ORANGE, STYLE, Look, closed
from atriacourse.school.grading.render import INK, fill, inline_svg, points_text
from atriacourse.school.grading.row import ALL, NOTHING, Row
from atriacourse.school.grading.rubric import common_reasons
from atriacourse.school.grading.similar import Pair

CLASS_PAGE = "class.html"
MOST_REASONS = 8
ON_ANY_GROUND: Look = {
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "xtick.labelcolor": INK,
    "ytick.color": INK,
    "ytick.labelcolor": INK,
}


class Outcome(NamedTuple):
    """A difference as a student expected it and as the run measured it."""

    student: str
    low: float
    high: float
    difference: float


def write_class_page(out: Path, rows: Sequence[Row], pairs: Sequence[Pair]) -> Path:
    """Write class.html; returns its path."""
    names = sorted({row.assignment for row in rows})
    sections = [
        _section(
            name,
            [row for row in rows if row.assignment == name],
            [pair for pair in pairs if pair.assignment == name],
        )
        for name in names
    ]
    students = len({row.student for row in rows})
    fences = sorted({row.graded.fence for row in rows if row.graded and row.graded.fence})
    said = f"{students} students. Fences: {' | '.join(fences) if fences else 'nothing was run'}."
    page = fill("class.html", title="The class", said=said, sections=sections)
    path = out / CLASS_PAGE
    write_whole(path, page)
    return path


def _section(name: str, rows: Sequence[Row], pairs: Sequence[Pair]) -> dict[str, Any]:
    """One assignment for the template."""
    declared = assignment(name)
    handed_in = [row.graded for row in rows if row.graded is not None]
    shown = {row.student: row.shown for row in rows}
    totals = [row.total for row in rows if row.graded is not None]
    seconds = sum(graded.seconds for graded in handed_in)
    summary = f"{len(handed_in)} of {len(rows)} handed in"
    if totals:
        summary += (
            f"; median {points_text(float(np.median(totals)))} points, from {points_text(min(totals))} to "
            f"{points_text(max(totals))}; {seconds / 60:.1f} minutes of running in all."
        )
    figures = [_points_figure(totals)] if totals else []
    said = [
        Outcome(row.shown, expected["low"], expected["high"], result["difference"])
        for row in rows
        if row.graded and (expected := row.graded.hypothesis) and (result := row.graded.result)
    ]
    if said:
        figures.append(_outcomes_figure(said, declared.metric))
    return {
        "name": name,
        "title": declared.title,
        "summary": summary,
        "figures": figures,
        "look": [(row, row.flags) for row in rows if row.flags and row.flags != [NOTHING]],
        "pairs": [(*(shown.get(one, one) for one in (pair.first, pair.second)), pair.says) for pair in pairs],
        "missing": [row.shown for row in rows if row.graded is None],
        "late": [(row.shown, row.late.said) for row in rows if row.late.said],
        "regrade": [(row.shown, row.typed.regrade) for row in rows if row.typed.regrade],
        "waiting": sum(bool(row.waiting) for row in rows),
        "mistakes": [
            (reason, count)
            for reason, count in common_reasons([graded.parts for graded in handed_in])
            if count > 1
        ][:MOST_REASONS],
        "parts": declared.rubric,
        "rows": [_line(row, [part.name for part in declared.rubric]) for row in rows],
    }


def _line(row: Row, parts: Sequence[str]) -> dict[str, Any]:
    points = [
        "" if part not in row.points else "…" if part in row.waiting else points_text(row.points[part])
        for part in parts
    ]
    total = points_text(row.total) + ("*" if row.typed.override.strip() else "")
    return {
        "student": row.student,
        "shown": row.shown,
        "name": row.name,
        "total": total,
        "points": points,
        "flags": row.flags,
    }


def _points_figure(totals: Sequence[float]) -> dict[str, Any]:
    """How many reached how many points."""
    edges = np.arange(0, ALL + 1, 10)
    counts, _ = np.histogram(np.clip(totals, 0, ALL), bins=edges)
    with plt.rc_context(STYLE | ON_ANY_GROUND):
        figure, axes = plt.subplots(figsize=(4.2, 2.2), layout="constrained")
        axes.bar(edges[:-1] + 5, counts, width=9, color=BLUE)
        axes.set(xlabel="points", ylabel="students", xlim=(0, 100))
        axes.set_xticks(range(0, 101, 20))
        axes.locator_params(axis="y", integer=True)
        closed(figure)
    told = [f"{low} to {low + 10}: {count}" for low, count in zip(edges, counts, strict=False) if count]
    return {
        "svg": inline_svg(figure, alt=f"Students by points. {', '.join(told)}."),
        "caption": "How many students reached how many points.",
    }


def _outcomes_figure(outcomes: Sequence[Outcome], metric: str) -> dict[str, Any]:
    """Each student's expected interval beside what the run measured."""
    ordered = sorted(outcomes, key=lambda one: one.difference)
    inside = [one.low <= one.difference <= one.high for one in ordered]
    figure = _outcomes(ordered, inside, metric)
    told = (
        f"{sum(inside)} of {len(inside)} intervals, said before the result, hold the difference measured "
        "then."
    )
    return {
        "svg": inline_svg(figure, alt=f"A line a student: expected interval and measured difference. {told}"),
        "caption": f"Expected and measured: {told} Lines: expected. Dots: measured; orange crosses: outside. "
        "Every student compares two variants of their own.",
    }


def _outcomes(outcomes: Sequence[Outcome], inside: Sequence[bool], metric: str) -> Figure:
    with plt.rc_context(STYLE | ON_ANY_GROUND):
        figure, axes = plt.subplots(figsize=(4.2, 1.1 + 0.2 * len(outcomes)), layout="constrained")
        axes.axvline(0, color=INK, linewidth=0.8)
        largest = max(abs(one.difference) for one in outcomes)
        reach = 3 * max(0.02, largest)  # a wild guess must not hide what was measured
        for place, (one, holds) in enumerate(zip(outcomes, inside, strict=True)):
            ends = np.clip([one.low, one.high], -reach, reach)
            axes.plot(ends, [place, place], color=INK, linewidth=2, alpha=0.7, solid_capstyle="butt")
            axes.plot(one.difference, place, "o" if holds else "X", color=BLUE if holds else ORANGE)
        axes.set_yticks(range(len(outcomes)), [_short(one.student) for one in outcomes], fontsize=8)
        axes.locator_params(axis="x", nbins=4)
        axes.set(xlabel=f"difference of {metric}, b minus a", ylim=(-0.8, len(outcomes) - 0.2))
        return closed(figure)


def _short(student: str) -> str:
    return student if len(student) <= 16 else f"{student[:15]}…"
