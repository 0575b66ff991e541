"""What a person sees while a command works: bars on stderr, lines above them, and a clean Ctrl-C.

Beside the command files of this folder.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
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


def print_any_name() -> None:
    """Let a console show what it can: a character that it has not, of a file's name, stops nothing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not where a notebook or a test catches what is printed
            stream.reconfigure(errors="backslashreplace")


def _ends() -> list[signal.Signals]:
    """Ctrl-C, SIGTERM and a closed terminal, where they are not ignored on purpose (nohup)."""
    known = [getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP")]
    return [one for one in known if one is not None and signal.getsignal(one) is not signal.SIG_IGN]


@contextmanager
def _handled(handler: Callable[[int, Any], None]) -> Iterator[dict[int, Any]]:
    """Give signals to a handler meanwhile, if it is still there at the end; yields the handlers of before."""
    before: dict[int, Any] = {number: signal.signal(number, handler) for number in _ends()}
    try:
        yield before
    finally:
        for number, one in before.items():
            if signal.getsignal(number) is handler:
                signal.signal(number, one)


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """SIGTERM, or a closed terminal, ends a command as Ctrl-C does; a second one changes nothing."""
    if threading.current_thread() is not threading.main_thread():  # only that one is given signals
        yield
        return
    process = os.getpid()

    def on_signal(number: int, frame: object) -> None:
        if os.getpid() != process:  # a worker, forked: it ends as the system would end it
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        for end in _ends():  # the program is on its way out
            signal.signal(end, again if end == signal.SIGINT else signal.SIG_IGN)
        raise KeyboardInterrupt

    def again(number: int, frame: object) -> None:
        if at_work:
            raise KeyboardInterrupt

    at_work = True
    try:
        with _handled(on_signal):
            yield
    finally:
        at_work = False


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
            if callable(before[number]):
                before[number](number, frame)
            raise KeyboardInterrupt
        asked = running[-1].stop_requested = True

    with _handled(on_signal) as before:
        yield on_trainer


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
