"""A trained network for a chapter: the same call trains it, or loads it where it was trained before.

After chapter.py, runs/train.py and runs/shipped.py: some networks come with the course. With
ATRIACOURSE_WORK set, what a chapter trains outlives the notebook, so a second run of it, or one after a lost
GPU, does not begin anew.
"""

from collections.abc import Callable
from typing import NamedTuple

from atriacourse.data.case import Cohort
from atriacourse.data.splits import Split
from atriacourse.errors import InputError
from atriacourse.pages.bench.chapter import Chapter
from atriacourse.pages.bench.teller import Teller
from atriacourse.runs.folder import SavedModel, open_model, run_record
from atriacourse.runs.shipped import origin, read_card
from atriacourse.runs.train import train_run


class Trained(NamedTuple):
    """A network on disk, and a sentence on whether it was trained now or loaded."""

    saved: SavedModel  # give it to `Segmenter`
    said: str


def trained_model(
    chapter: Chapter,
    cohort: Cohort,
    split: Split,
    *changes: str,
    minutes: float | None = None,
    name: str = "network",
    tell: Callable[[str], None] | None = None,
    shipped: str | None = None,
) -> Trained:
    """Train a small network on `split.train`, or load the one that an earlier call left.

    Args:
        chapter: from `begin`; its profile sets the size of the network and the time.
        changes: overrides by dotted name, e.g. "epochs=30", as in `Chapter.training`.
        minutes: of the profiles "laptop" and "colab"; None takes their own.
        name: of the folder below the chapter's own; one for each network.
        tell: given a line now and then while it trains, e.g. `print`; None trains in silence.
        shipped: name of a network that comes with the course: taken as it is, whatever the changes, by the
            profile "smoke" on phantoms, unless it was trained on one of them.
    Returns: the checkpoint that was best on the validation cases, and what happened, for the page.
    Raises: InputError if the folder holds a network of other settings, scans, split or seed.
    """
    if shipped is not None and chapter.profile == "smoke" and cohort.layout == "phantom":
        ready = open_model(shipped)
        if not set(ready.split().train) & set(cohort.names):
            said = f"Comes with the course, not trained here. {origin(read_card(shipped))}."
            return Trained(ready, said)
    folder = chapter.folder(name)
    there_before = folder.is_dir()
    before = run_record(folder)
    done_before = before is not None and before["done"]
    # train_run itself sees whether the network that is there is the one asked for, and then leaves it alone
    train_run(
        cohort,
        folder,
        config=chapter.training(*changes, minutes=minutes),
        split=split,
        seed=chapter.seed,
        watcher=None if tell is None or done_before else Teller(tell),
    )
    run = run_record(folder)
    if run is None:
        raise InputError(f"{folder} has no record of a finished training; remove it and train again")
    if done_before:
        verb = "Loaded: trained before"
    else:
        verb = "Trained, going on from before," if there_before else "Trained"
    said = (
        f"{verb} on {len(run['trained_on'])} cases, {run['epochs']} epochs in "
        f"{run['seconds']:.0f} s; best validation Dice {run['best_validation_dice']:.3f}."
    )
    return Trained(open_model(folder), said)
