"""From a student's id to a variant: the pair of levels, the seed and the centre.

After listing.py. Neighbours get different variants, and anybody who knows the id finds the same one again:
nothing is drawn and nothing is stored.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from atriacourse.assignments.assignment import Assignment
from atriacourse.errors import InputError

CENTRES = (2018, 2019, 2020)  # seeds of three cohorts of phantoms (centres.py)
SEEDS = (100_000, 1_000_000)  # six digits, so that two of a class hardly ever share one
FIT_FOR_AN_ID = re.compile(r"[\w@+-][\w@+. -]*")


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """What one student works on."""

    assignment: str
    student: str  # as `student_id` spells it
    a: str | None  # variants of the study; None where no network is trained
    b: str | None
    seed: int  # of weights, batches and augmentation
    centre: int  # one of CENTRES

    @property
    def pair(self) -> tuple[str, str]:
        """Variant a and variant b. Raises: InputError where no network is trained."""
        if self.a is None or self.b is None:
            raise InputError(f"assignment {self.assignment} trains nothing; there are no variants to compare")
        return self.a, self.b

    @property
    def says(self) -> str:
        """The variant in words."""
        levels = f"{self.a} against {self.b}, " if self.a else ""
        return f"{self.assignment} for {self.student}: {levels}seed {self.seed}, centre {self.centre}"


def student_id(text: object) -> str:
    """An id in the one spelling that variants and file names use: small letters, no space around.

    An accent may come as a mark of its own, as in names of folders on a Mac; it is joined to its letter.

    Raises: InputError when it is empty, or holds characters that a file name should not have.
    """
    found = unicodedata.normalize("NFC", str(text).strip().lower())
    if not FIT_FOR_AN_ID.fullmatch(found) or found.endswith("."):
        raise InputError(
            f"a student's id needs letters, digits, and between them . _ - + @ or spaces, got {text!r}"
        )
    return found


def allocation_of(assignment: Assignment, student: object) -> Allocation:
    """The variant of one student. Raises: InputError for an unfit id."""
    student = student_id(student)
    digest = hashlib.sha256(f"{assignment.name}:{student}".encode()).digest()
    level, seed, centre = (int.from_bytes(digest[start : start + 8]) for start in (0, 8, 16))
    a, b = assignment.levels[level % len(assignment.levels)] if assignment.levels else (None, None)
    return Allocation(
        assignment=assignment.name,
        student=student,
        a=a,
        b=b,
        seed=SEEDS[0] + seed % (SEEDS[1] - SEEDS[0]),
        centre=CENTRES[centre % len(CENTRES)],
    )


def roster_allocations(assignment: Assignment, students: Iterable[object]) -> list[Allocation]:
    """The variants of a class, in its order. Raises: InputError for an unfit id, or one that stands twice."""
    found = [allocation_of(assignment, student) for student in students]
    twice = [name for name, count in Counter(one.student for one in found).items() if count > 1]
    if twice:
        raise InputError(f"ids must differ in more than capitals; these stand twice: {', '.join(twice)}")
    return found
