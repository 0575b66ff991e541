"""What a person sees while a command works: bars on stderr, lines above them, and a clean Ctrl-C.

Beside the command files of this folder.
"""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from atriacourse.data.case import Cohort


@contextmanager
def bar(text: str, total: int, unit: str) -> Iterator[Any]:
    """A progress bar on stderr."""
    from tqdm import tqdm

    with tqdm(total=total, desc=text, unit=unit, file=sys.stderr, dynamic_ncols=True) as shown:
        yield shown


def advance(shown: Any, done: int) -> None:
    """Set a bar to an absolute count."""
    shown.update(done - shown.n)


class TrainingBar:
    """Shows a run: cases read, then progress, loss, throughput and time left."""

    def __enter__(self) -> "TrainingBar":
        from tqdm import tqdm

        form = "{desc}: {percentage:5.1f}%|{bar}| {elapsed}<{remaining}{postfix}"
        self.shown = tqdm(total=1.0, desc="training", bar_format=form, file=sys.stderr, dynamic_ncols=True)
        return self

    def __exit__(self, *_: object) -> None:
        self.shown.close()

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        self.shown.write(text, file=sys.stdout)

    def loading(self, done: int, total: int) -> None:
        """Cases read so far."""
        self.shown.set_description_str(f"reading {done}/{total}")

    def step(self, report: Any) -> None:
        """One training step is done."""
        if self.shown.n == 0 or report.progress < self.shown.n:
            self.shown.reset()  # a new member of a bag, or a run that goes on
            self.shown.initial = report.progress
        self.shown.set_description_str(f"epoch {report.epoch}")
        score = "" if report.score is None else f", validation Dice {report.score:.3f}"
        self.shown.set_postfix_str(
            f"loss {report.loss:.3f}, crop {report.crop}, {report.slices_per_second:.0f} slices/s{score}",
            refresh=False,
        )
        self.shown.update(report.progress - self.shown.n)


@contextmanager
def stop_on_signal() -> Iterator[Any]:
    """Ctrl-C or SIGTERM: finish the step, save, stop. A second Ctrl-C stops at once."""
    running: list[Any] = []
    asked = False

    def on_trainer(trainer: Any) -> None:
        trainer.stop_requested = asked  # a bag may have been asked between two members
        running.append(trainer)

    def on_signal(number: int, frame: object) -> None:
        nonlocal asked
        if asked or not running:
            raise KeyboardInterrupt
        asked = running[-1].stop_requested = True

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield on_trainer
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def tell_of_left_out(cohort: "Cohort", *, masks: bool = False) -> None:
    """Say in one line what was found and is not used; the audit lists it all.

    Args: masks: a case without a mask is not used either.
    """
    without = cohort.without_mask if masks else ()
    left = [*cohort.left_out, *((name, "has no mask") for name in without)]
    if left:
        first = "; ".join(f"{path} ({reason})" for path, reason in left[:3])
        more = f"; and {len(left) - 3} more, which `atriacourse audit` lists" if len(left) > 3 else ""
        said = f"not used, of what lies in or is listed for {cohort.name}: {first}{more}"
        fail(" ".join(said.split()))  # one line, whatever a file is called


class Notes:
    """What the readers had to assume of the scans: each kind once, on stderr, with the first case."""

    def __init__(self) -> None:
        self.told: set[str] = set()

    def __call__(self, case: str, note: str) -> None:
        """Tell a note that has not been told yet."""
        from tqdm import tqdm

        if note not in self.told:
            self.told.add(note)
            tqdm.write(f"note: {case}: {note}", file=sys.stderr)  # above a bar, if there is one


def fail(text: str, *, code: int | None = None) -> None:
    """Print to stderr, and exit if there is a code."""
    print(text, file=sys.stderr)
    if code is not None:
        raise typer.Exit(code)
