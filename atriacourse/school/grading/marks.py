"""Points with their reasons.

Before rubric.py. A mark begins at nothing and earns; what is not earned has a sentence that says what came
and what is needed.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(kw_only=True)
class Mark:
    """The points of one part of a rubric."""

    part: str
    of: int
    points: float = 0.0
    reasons: list[str] = field(default_factory=list)  # why points are missing
    remarks: list[str] = field(default_factory=list)  # said, and nothing taken off

    def earn(self, share: float, *, reason: str = "", remark: str = "") -> None:
        """Add a share of the part's points; a `reason` says why it is not more."""
        self.points = round(min(self.of, self.points + share * self.of), 2)
        self.reasons += [reason] if reason else []
        self.remarks += [remark] if remark else []


@dataclass(frozen=True, kw_only=True)
class Graded:
    """One submission, graded."""

    student: str
    assignment: str
    parts: tuple[Mark, ...]
    flags: tuple[str, ...] = ()  # for the instructor
    notes: tuple[str, ...] = ()  # for the student
    problem: str = ""  # why nothing could be run
    ending: str = ""  # why a run did not reach its end
    seconds: float = 0.0  # by the clock
    cpu_seconds: float | None = None  # of the processor
    memory_gb: float = 0.0
    fence: str = ""
    content_hash: str = ""
    key: str = ""  # of the files, our source and the version: what makes a second run needless
    handed_in: str = ""
    hypothesis: dict[str, Any] | None = None  # of the run
    result: dict[str, Any] | None = None  # a, b (variants), low, high (band), difference, means
    claim: dict[str, Any] | None = None
    answers: dict[str, str] = field(default_factory=dict)  # what the student wrote, by cell; see similar.py

    @property
    def total(self) -> float:
        """All points earned."""
        return round(sum(part.points for part in self.parts), 1)
