"""Points with their reasons.

Before rubric.py. A mark begins at nothing and earns; what is not earned has a sentence that says what came
and what is needed.
"""

import re
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


CUT = {  # words of a reason -> the limit that it tells of
    "time": re.compile(r"(minutes|seconds) of the processor|by the clock"),
    "memory": re.compile(r"GB of memory; the limit"),
}


def cut_of(graded: "Graded") -> str:
    """The limit that a run, or one of its cells, was stopped at: "time", "memory", or empty."""
    said = [graded.ending, *(reason for mark in graded.parts for reason in mark.reasons)]
    return next((limit for limit, words in CUT.items() if any(words.search(one) for one in said)), "")


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
    handed_in: str = ""  # ISO 8601, by the platform's word; empty where that gives none
    late: bool = False  # by the platform's word
    spelled: str = ""  # the id as it came
    delivered: str = ""  # where the notebook lay among what was handed in
    cut: str = ""  # the limit that it was stopped at, or one of its cells: "time", "memory"
    minutes: float = 0.0  # the limits that it was run under; 0: not told
    most_gb: float = 0.0
    hypothesis: dict[str, Any] | None = None  # of the run
    result: dict[str, Any] | None = None  # a, b (variants), low, high (band), difference, means
    claim: dict[str, Any] | None = None
    answers: dict[str, str] = field(default_factory=dict)  # what the student wrote, by cell; see similar.py

    @property
    def total(self) -> float:
        """All points earned."""
        return round(sum(part.points for part in self.parts), 1)
