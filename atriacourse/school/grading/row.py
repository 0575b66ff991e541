"""One line of the gradebook: what grading found, what the instructor typed, and what counts in the end.

After kept.py, before gradebook.py.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from atriacourse.assignments.listing import assignment, assignments
from atriacourse.school.grading.marks import Graded

NOTHING = "nothing handed in"
ALL = 100  # points of an assignment
PAIR = re.compile(r"([\w-]+)\s*=\s*(\d+(?:[.,]\d+)?)")
NUMBER = re.compile(r"\d+(?:[.,]\d+)?")


class Typed(NamedTuple):
    """What an instructor typed into a line."""

    override: str = ""  # a total, or part=points
    comment: str = ""
    regrade: str = ""  # what the student asks to be looked at again


class Late(NamedTuple):
    """How late it came."""

    said: str = ""  # empty: in time
    penalty: float = 0.0  # points


NOT_TYPED, IN_TIME = Typed(), Late()


class Read(NamedTuple):
    """What a teacher gave for a report so far."""

    points: float
    open: int  # headings with words that nobody has marked


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the gradebook."""

    student: str  # id
    name: str
    assignment: str
    graded: Graded | None  # None: nothing was handed in
    spelled: str = ""  # the id as it came, where that differs
    typed: Typed = NOT_TYPED
    late: Late = IN_TIME
    read: Mapping[str, Read] | None = None  # by part; None: reports count by their words

    @property
    def shown(self) -> str:
        """The id as it came."""
        return self.spelled or self.student

    @property
    def points(self) -> dict[str, float]:
        """Points of each part, as the instructor changed them."""
        marked = {mark.part: mark.points for mark in self.graded.parts} if self.graded else {}
        marked |= {part: one.points for part, one in (self.read or {}).items() if part in marked}
        return marked | ({} if self.refused else self._changed())

    @property
    def waiting(self) -> list[str]:
        """Parts that count nothing yet, because nobody has read them."""
        if self.refused or NUMBER.fullmatch(self.typed.override.strip()):
            return [] if not self.refused else list(self.read or {})
        return [part for part, one in (self.read or {}).items() if one.open and part not in self._changed()]

    @property
    def total(self) -> float:
        """What counts: the instructor's word before ours, and before the rule for late files."""
        alone = NUMBER.fullmatch(self.typed.override.strip())
        if alone and not self.refused:
            return _number(alone[0])
        return max(0.0, round(sum(self.points.values()) - self.late.penalty, 1))

    @property
    def flags(self) -> list[str]:
        """What the instructor should look at."""
        found = list(self.graded.flags) if self.graded else [NOTHING]
        if self.graded and self.graded.cut and not any("timed out" in flag for flag in found):
            found.insert(0, CUT[self.graded.cut])
        if self.refused:
            found.append(self.refused)
        return found

    @property
    def refused(self) -> str:
        """Why the override is not used; empty if it is, or there is none."""
        text = self.typed.override.strip()
        if NUMBER.fullmatch(text):
            return "" if _number(text) <= ALL else f"override {text!r} not used: there are {ALL} points"
        most = self._most()
        for part, points in self._changed().items():
            if part in most and points > most[part]:
                return f"override {part}={points:g} not used: {part} has {most[part]} points"
        if not set(self._changed()) <= set(most) or PAIR.sub("", text).strip(" ,;"):
            return f"override {self.typed.override!r} not understood: a number, or part=points"
        return ""

    def _most(self) -> dict[str, int]:
        if self.graded is not None and self.graded.parts:
            return {mark.part: mark.of for mark in self.graded.parts}
        declared = assignment(self.assignment).rubric if self.assignment in assignments() else ()
        return {part.name: part.points for part in declared}

    def _changed(self) -> dict[str, float]:
        return {part: _number(value) for part, value in PAIR.findall(self.typed.override)}


CUT = {"time": "timed out", "memory": "stopped for its memory"}


def _number(text: str) -> float:
    return float(text.replace(",", "."))
