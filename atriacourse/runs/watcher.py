"""What a run tells whoever follows it: a progress bar, a notebook, a test. The library itself never prints.

Before runs/train.py.
"""

from typing import Protocol

from atriacourse.training.loop import Report


class Watcher(Protocol):
    """Whoever follows a run; the library itself never prints. `Silent` ignores everything."""

    def say(self, text: str) -> None:
        """A line worth reading."""

    def loading(self, done: int, total: int) -> None:
        """Cases read so far."""

    def step(self, report: Report) -> None:
        """One training step is done."""


class Silent:
    """A watcher that ignores everything."""

    def say(self, text: str) -> None:
        """Ignore a line."""

    def loading(self, done: int, total: int) -> None:
        """Ignore a case."""

    def step(self, report: Report) -> None:
        """Ignore a step."""
