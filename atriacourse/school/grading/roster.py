"""Whose is it, where a folder, a roster and a spreadsheet spell one student in two ways.

After finding.py and gradebook.py, before grade_class.py. A spelling is matched where only one student can be
meant, and every match is told; else nobody is guessed. Who stands on no roster is graded only where the
notebook itself was made for that id, for the variant follows from it.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from atriacourse.school.grading.kept import Key
from atriacourse.school.grading.reading import Found, told_student
from atriacourse.school.grading.row import Typed
from atriacourse.school.lists.people import Student


@dataclass(frozen=True, kw_only=True)
class Met:
    """Submissions and roster under one spelling each."""

    found: tuple[Found, ...]
    roster: tuple[Student, ...]
    told: Mapping[str, str]  # by student
    unmapped: tuple[tuple[Found, str], ...]  # who is nobody of the roster, and why
    moved: frozenset[str]  # spellings that are another's now


def alike(student: str) -> str:
    """The same for spellings of one id: capitals, accents as marks of their own, zeros lost in a table."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", student).casefold())
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", " ".join(plain.split()))


def matched(strangers: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Stranger -> the only known student that it can be; whoever else could be meant is left out."""
    strangers, known = sorted(set(strangers) - set(known)), set(known)
    found = {}
    for stranger in strangers:
        rivals = [other for other in strangers if alike(other) == alike(stranger)]
        meant = [one for one in known if alike(one) == alike(stranger)]
        if len(rivals) == len(meant) == 1:
            found[stranger] = meant[0]
    return found


def meet_roster(found: Sequence[Found], roster: Sequence[Student], graded: Iterable[str] = ()) -> Met:
    """Submissions and roster under one spelling each.

    A student who is on the roster as `7` and hands in a notebook that was made for `007` keeps the latter
    spelling, since the variant follows from it; else the roster's counts.

    Args: graded: who has a grade from an earlier run.
    """
    if not roster:
        return Met(found=tuple(found), roster=(), told={}, unmapped=(), moved=frozenset())
    handed_in, ids = {one.student for one in found}, {one.id for one in roster}
    same = matched(handed_in | set(graded), ids)
    shown = {one.id: one.shown for one in roster}
    told, spelled, renamed, nobody = {}, {}, {}, {}
    for student in sorted(handed_in - ids):
        other = same.get(student)
        made_for = {told_student(one.path) for one in found if one.student == student}
        if other is not None and other not in handed_in and made_for == {student}:
            renamed[other], told[student] = student, f"on the roster as {other!r}"
        elif other is not None and other not in handed_in:
            spelled[student], told[other] = other, f"handed in as {student!r}"
        else:
            near = [one for one in sorted(ids) if alike(one) == alike(student)]
            why = "not on the roster" + (f", where {near[0]!r} is much alike" if near else "")
            if made_for == {student}:
                told[student] = why
            else:
                nobody[student] = f"{student!r} is {why}, and the notebook was not made for that id"
    for student in sorted(set(graded) - handed_in - ids):
        other = same.get(student)
        if other is not None and other not in handed_in and other not in renamed:
            renamed[other], told[student] = student, f"on the roster as {other!r}"
    return Met(
        found=tuple(
            replace(one, student=spelled[one.student], spelled=shown[spelled[one.student]])
            if one.student in spelled
            else one
            for one in found
            if one.student not in nobody
        ),
        roster=tuple(replace(one, id=renamed.get(one.id, one.id)) for one in roster),
        told=told,
        unmapped=tuple((one, nobody[one.student]) for one in found if one.student in nobody),
        moved=frozenset(spelled),
    )


def meet_typed(
    typed: Mapping[Key, Typed], students: Iterable[str]
) -> tuple[dict[Key, Typed], dict[str, str]]:
    """What was typed, under the ids that there are, and what has to be told, by student."""
    same = matched({student for student, _ in typed}, students)
    met = {key: words for key, words in typed.items() if key[0] not in same}
    told = {}
    for (student, assignment), words in typed.items():
        if student in same and any(words) and not any(met.get((same[student], assignment), ())):
            met[same[student], assignment] = words
            told[same[student]] = f"override typed for {student!r}"
        elif student in same and any(words):
            met[student, assignment] = words
    return met, told
