"""Charts with the course's style (style.py): the pipeline, a training history, scores by case, guesses.

Each function returns a closed `Figure`: a notebook shows it once, when it is the last line of a cell.
"""

from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from atriacourse.errors import InputError
from atriacourse.evaluation.summary import summarise
from atriacourse.exercises.guess import Guess
from atriacourse.pages.pictures.style import BLUE, ORANGE, STYLE, closed

STEPS = ("load", "look", "augment", "train", "predict", "clean", "score")  # the pipeline, in order


def pipeline(*, here: Sequence[str]) -> Figure:
    """The steps of the method in a row, those of `here` filled.

    Raises: InputError for a step that is not in `STEPS`.
    """
    unknown = set(here) - set(STEPS)
    if unknown:
        raise InputError(f"no step is called {', '.join(sorted(unknown))}; the steps are {', '.join(STEPS)}")
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(8.8, 0.7), layout="constrained")
        for number, step in enumerate(STEPS):
            face, ink = (BLUE, "white") if step in here else ("#E8E8E8", "#333333")
            box = {"boxstyle": "round,pad=0.45", "facecolor": face, "edgecolor": "none"}
            axes.text(number, 0, step, ha="center", va="center", color=ink, bbox=box, fontsize=10)
            if number:
                arrow = {"arrowstyle": "->", "color": "#666666"}
                axes.annotate("", (number - 0.39, 0), (number - 0.61, 0), arrowprops=arrow)
        axes.set(xlim=(-0.5, len(STEPS) - 0.5), ylim=(-0.5, 0.5))
        axes.set_axis_off()
        return closed(figure)


def training_curves(run: Path) -> Figure:
    """Loss and validation Dice of a run over its epochs.

    Args: run: its folder, with log.csv and validation.csv (runs/logs.py).
    Raises: InputError if the run has not validated yet.
    """
    if not (run / "validation.csv").is_file():
        raise InputError(f"{run} has no validation.csv yet; train it to its first validation")
    log, validation = pd.read_csv(run / "log.csv"), pd.read_csv(run / "validation.csv")
    with plt.rc_context(STYLE):
        figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 2.9), layout="constrained")
        done = log["epoch"] + 1  # the log counts epochs from 0, the validation how many are done
        left.plot(done, log["mask_loss"], "-", color=BLUE, label="pixels")
        left.plot(done, log["label_loss"], "--", color=ORANGE, label="label")
        left.set(xlabel="epochs", ylabel="loss")
        left.legend()
        right.plot(validation["epoch"], validation["dice"], "-", marker="o", color=BLUE)
        right.set(xlabel="epochs", ylabel="Dice, validation cases", xlim=left.get_xlim(), ylim=(0, 1))
        return closed(figure)


def case_scores(table: pd.DataFrame, *, metric: str, label: str, seed: int = 0) -> Figure:
    """One dot per case, and below them the mean with its bootstrap interval.

    Args: table: one row per case, from `score_case`. metric: its column. label: of the axis, with unit.
    """
    summary = summarise(table, seed=seed).loc[metric]
    ordered = table.sort_values(metric)
    rows = np.arange(len(ordered))
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(6.5, 0.9 + 0.3 * (len(rows) + 1)), layout="constrained")
        axes.plot(ordered[metric], rows, "o", color=BLUE)
        interval = [[summary["mean"] - summary["mean_low"]], [summary["mean_high"] - summary["mean"]]]
        if np.isfinite(interval).all():
            axes.errorbar([summary["mean"]], [-1], xerr=interval, fmt="D", color=ORANGE, capsize=4)
        else:
            axes.plot([summary["mean"]], [-1], "D", color=ORANGE)  # one case has no interval
        axes.set_yticks([-1, *rows], ["mean, 95 % interval", *ordered["name"]])
        axes.set(xlabel=label)
        axes.grid(axis="x", color="#DDDDDD")
        return closed(figure)


def guesses(committed: Sequence[tuple[Guess, float]]) -> Figure:
    """Each guessed interval as a bar and what came out as a diamond; a miss has an open diamond.

    Args: committed: (guess, what the run gave), one row each; every row has a scale of its own.
    """
    with plt.rc_context(STYLE):
        figure, grid = plt.subplots(
            len(committed), 1, figsize=(6.5, 0.85 * len(committed) + 0.2), layout="constrained", squeeze=False
        )
        for axes, (guess, value) in zip(grid.flat, committed, strict=True):
            axes.plot([guess.low, guess.high], [0, 0], color=ORANGE, linewidth=7, solid_capstyle="butt")
            face = BLUE if guess.holds(value) else "white"
            axes.plot([float(value)], [0], "D", color=BLUE, markerfacecolor=face)
            axes.set_title(guess.question, loc="left", fontsize="medium")
            axes.set_yticks([])
            axes.margins(x=0.15)
            axes.spines["left"].set_visible(False)
        return closed(figure)
