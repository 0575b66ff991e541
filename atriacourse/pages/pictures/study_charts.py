"""Pictures of studies: forest plot, case-by-case ladder, a run inside its band.

After studies/comparison.py and report.py; closed Figures in the course's style, as in charts.py.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from atriacourse.errors import InputError
from atriacourse.evaluation.metrics import label_of
from atriacourse.evaluation.uncertainty import CONFIDENCE, band_of, higher_is_better
from atriacourse.pages.pictures.style import BLUE, ORANGE, PURPLE, SKY, STYLE, closed
from atriacourse.studies.comparison import StudyComparison, compare_study
from atriacourse.studies.published import Published, published_difference
from atriacourse.studies.results import Results

GREY = "#777777"
SCALE_COLORS = (SKY, BLUE, PURPLE)  # from the shortest training to the longest


def forest(comparisons: Sequence[StudyComparison]) -> Figure:
    """A row a comparison: the mean difference with its interval, and a line at zero.

    A filled diamond names a winner, an open one does not. Dots below the line are the seeds. The thick line
    is the interval of the comparison alone; the thin one, which decides, is for all of its study together.
    Raises: InputError without a comparison.
    """
    if not comparisons:
        raise InputError("there is no comparison to draw; run two variants of the study first")
    metric = comparisons[0].metric
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(7.2, 0.75 + 0.62 * len(comparisons)), layout="constrained")
        axes.axvline(0, color=GREY, linewidth=1)
        for row, one in enumerate(reversed(comparisons)):
            face = BLUE if one.winner else "white"
            _intervals(axes, one, level=row, color=BLUE)
            axes.plot([one.difference], [row], "D", color=BLUE, markerfacecolor=face, markersize=8)
            axes.plot(one.by_seed, [row - 0.25] * len(one.by_seed), "o", color=ORANGE, markersize=4)
        names = [f"{one.label_b}\nminus {one.label_a}" for one in reversed(comparisons)]
        axes.set_yticks(range(len(names)), names, fontsize=9)
        axes.set_ylim(-0.6, len(names) - 0.5)
        better = "right" if higher_is_better(metric) else "left"
        label = label_of(metric)
        axes.set(xlabel=f"difference of {label} ({better} of zero: the first is better)")
        return closed(figure)


def at_scales(results: Sequence[Results], *, metric: str = "dice") -> Figure:
    """Each comparison of one study at every scale, one below the other, and the paper's own difference.

    Diamonds and lines are those of `forest`; a square is the paper's difference of two means.

    Args: results: of one study, an entry a scale. Raises: InputError if of several studies, or none.
    """
    studies = {one.study.name for one in results}
    if len(studies) != 1:
        raise InputError(f"scales of one study can be drawn, got {', '.join(sorted(studies)) or 'none'}")
    found = {one.scale: {(c.a, c.b): c for c in compare_study(one, metric=metric)} for one in results}
    pairs = [pair for pair in results[0].study.pairs if any(pair in at for at in found.values())]
    variant = results[0].study.variant
    with plt.rc_context(STYLE):
        height = 0.9 + (0.3 + 0.22 * len(found)) * len(pairs)
        figure, axes = plt.subplots(figsize=(7.2, height), layout="constrained")
        axes.axvline(0, color=GREY, linewidth=1)
        for row, pair in enumerate(reversed(pairs)):
            paper = published_difference(results[0].study.name, *pair, metric)
            if paper is not None:
                axes.plot([paper], [row + 0.3], "s", color=ORANGE, markersize=6)
            for place, (at, color) in enumerate(zip(found.values(), SCALE_COLORS, strict=False)):
                if pair not in at:
                    continue
                one, level = at[pair], row + 0.3 - 0.6 * (place + 1) / len(found)
                face = color if one.winner else "white"
                _intervals(axes, one, level=level, color=color)
                axes.plot([one.difference], [level], "D", color=color, markerfacecolor=face, markersize=7)
        if any(line.get_marker() == "s" for line in axes.lines):
            axes.plot([], [], "s", color=ORANGE, label="paper")
        for name, color in zip(found, SCALE_COLORS, strict=False):
            axes.plot([], [], "D-", color=color, label=f"scale {name}")
        names = [f"{variant(b).label}\nminus {variant(a).label}" for a, b in reversed(pairs)]
        axes.set_yticks(range(len(names)), names, fontsize=9)
        axes.set(xlabel=f"difference of {label_of(metric)}", ylim=(-0.6, len(names) - 0.4))
        figure.legend(fontsize=9, loc="outside lower center", ncols=1 + len(found))
        return closed(figure)


def _intervals(axes: Axes, one: StudyComparison, *, level: float, color: str) -> None:
    if np.isfinite(one.low):
        axes.plot([one.low_together, one.high_together], [level, level], color=color, linewidth=1)
        axes.plot([one.low, one.high], [level, level], color=color, linewidth=3)


def ladder(results: Results, a: str, b: str, *, metric: str = "dice") -> Figure:
    """Each held-out case as a rung: from its value under `a` to its value under `b`, means over seeds.

    The short bars are the range over seeds.
    """
    tables = {name: results.values(name, metric) for name in (a, b)}
    names = [name for name in tables[a].columns if name in tables[b].columns]
    means = {name: table[names].mean() for name, table in tables.items()}
    order = np.argsort(means[a].to_numpy())
    rows = np.arange(len(names))
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(7.2, 0.8 + 0.27 * len(names)), layout="constrained")
        for row, index in enumerate(order):
            start, end = means[a].iloc[index], means[b].iloc[index]
            better = (end > start) == higher_is_better(metric)
            axes.plot([start, end], [row, row], color=BLUE if better else ORANGE, linewidth=2, zorder=1)
            for name, height in ((a, 0.16), (b, -0.16)):
                seeds = tables[name][names].iloc[:, index]
                axes.plot([seeds.min(), seeds.max()], [row + height] * 2, color="#BBBBBB", zorder=0)
        axes.plot(means[a].to_numpy()[order], rows, "o", color="white", markeredgecolor=GREY, zorder=2)
        axes.plot(means[b].to_numpy()[order], rows, "o", color=BLUE, zorder=3)
        axes.plot([], [], "o", color="white", markeredgecolor=GREY, label=results.study.variant(a).label)
        axes.plot([], [], "o", color=BLUE, label=results.study.variant(b).label)
        axes.set_yticks(rows, [names[index][:6] for index in order], fontsize=8)
        axes.set(xlabel=label_of(metric))
        axes.legend(loc="upper left", fontsize=9)
        return closed(figure)


def published_means(rows: Mapping[str, Published], *, cases: int, label: str) -> Figure:
    """Published means, each with the 95 % interval that its SD and number of cases allow.

    Args: rows: what to print -> mean and SD; cases: they are over; label: of the axis.
    Raises: InputError for a mean that was published without its SD.
    """
    from scipy import stats

    wide = stats.t.ppf(0.975, cases - 1) / np.sqrt(cases)  # in SDs
    drawn = [(float(number), wide * _sd(number)) for number in rows.values()]
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(7.2, 0.7 + 0.45 * len(rows)), layout="constrained")
        for row, (mean, half) in enumerate(reversed(drawn)):
            axes.plot([mean - half, mean + half], [row, row], color=BLUE, linewidth=2)
            axes.plot([mean], [row], "D", color=BLUE)
        axes.set_yticks(range(len(rows)), list(rows)[::-1])
        axes.set(xlabel=label, ylim=(-0.5, len(rows) - 0.5))
        axes.grid(axis="x", color="#DDDDDD")
        return closed(figure)


def _sd(number: Published) -> float:
    if number.sd is None:
        raise InputError(f"an interval needs an SD, and {number.value} of {number.source} has none")
    return float(number.sd)


def in_band(results: Results, live: Mapping[str, float], *, metric: str = "dice") -> Figure:
    """A reader's own means as diamonds, the recorded seeds as dots, and the band where one more is expected.

    Args: live: variant -> the mean over the held-out cases of the reader's run; empty: the bands alone.
    """
    names = list(live or results.variants)[::-1]
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(7.2, 0.8 + 0.5 * len(names)), layout="constrained")
        for row, name in enumerate(names):
            means = results.values(name, metric).mean(axis=1).to_numpy()
            band = band_of(means, inside=CONFIDENCE)
            axes.plot([band.low, band.high], [row, row], color=SKY, linewidth=9, alpha=0.6)
            axes.plot(means, [row] * len(means), "o", color=BLUE, markersize=5)
            if name in live:
                axes.plot([live[name]], [row], "D", color=ORANGE, markersize=9)
        axes.plot([], [], "o", color=BLUE, label="recorded seeds")
        axes.plot([], [], "D", color=ORANGE, label="this run")
        axes.set_yticks(range(len(names)), [results.study.variant(name).label for name in names])
        axes.set(xlabel=f"mean {label_of(metric)}", ylim=(-0.6, len(names) - 0.4))
        axes.legend(fontsize=9)
        return closed(figure)


def band_says(results: Results, variant: str, value: float, *, metric: str = "dice") -> str:
    """In words, whether a reader's mean lies where the recorded seeds expect one more run."""
    band = band_of(results.values(variant, metric).mean(axis=1).to_numpy(), inside=CONFIDENCE)
    name, where = results.study.variant(variant).label, f"{band.low:.3f} to {band.high:.3f}"
    if band.holds(value):
        return f"{name}: {value:.3f} lies within {where}, where {band.runs} recorded runs expect one more."
    side = "above" if value > band.high else "below"
    return f"{name}: {value:.3f} lies {side} {where}. Look for a fault before you look for a discovery."
