"""Predict, then reveal: a reader commits to an interval before the result is shown.

A guess that was made before the answer is known is worth making; one made after it teaches nothing.
charts.py draws all guesses of a chapter beside what came out.
"""

from dataclasses import dataclass

from atriacourse.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Guess:
    """An interval that a reader expects to hold the answer."""

    question: str
    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise InputError(
                f"the guess runs from {self.low} to {self.high}; give the smaller number as `low`"
            )

    def holds(self, value: float) -> bool:
        """Whether the answer lies inside."""
        return self.low <= value <= self.high

    def reveal(self, value: float) -> str:
        """The answer beside the guess, in one line."""
        if self.holds(value):
            verdict = "inside your interval"
        else:
            verdict = "above your interval" if value > self.high else "below your interval"
        return f"{self.question}: {value:.3g}, {verdict} ({self.low:.3g} to {self.high:.3g})"
