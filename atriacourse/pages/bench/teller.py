"""Follow a training from a notebook: a line now and then, so that a reader sees that it moves."""

from collections.abc import Callable

from atriacourse.training.loop import Report


class Teller:
    """Tells the notable moments of a run to a function, such as `print`; a `Watcher` of runs/train.py."""

    def __init__(self, tell: Callable[[str], None], *, lines: int = 10) -> None:
        self._tell, self._lines, self._told, self._seen = tell, lines, 0, 0.0

    def say(self, text: str) -> None:
        """Pass on what the run has to say."""
        self._tell(text)

    def loading(self, done: int, total: int) -> None:
        """Say nothing of reading: it takes a moment."""

    def step(self, report: Report) -> None:
        """One line for every tenth of the training (or another part, by `lines`); Dice: of validation."""
        if report.progress < self._seen:
            self._told = 0  # another network
        self._seen = report.progress
        part = int(report.progress * self._lines)
        if part > self._told or (self._told == 0 and report.progress == 0):
            self._told = max(part, 1)
            score = "not yet" if report.score is None else f"{report.score:.3f}"
            self._tell(f"{report.progress:4.0%}  crop {report.crop}  loss {report.loss:.3f}  Dice {score}")
