"""Whose is it, where a folder, a roster and a spreadsheet spell one student in two ways.

After finding.py and gradebook.py, before grade_class.py. A spelling is matched where only one student can be
meant, and every match is told; else nobody is guessed.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from atriacourse.school.grading.gradebook import Key
from atriacourse.school.grading.reading import Found, told_student
from atriacourse.school.handouts.handout import Student


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


def meet_roster(
    found: Sequence[Found], roster: Sequence[Student]
) -> tuple[list[Found], list[Student], dict[str, str]]:
    """Submissions and roster under one spelling each, and what has to be told, by student.

    A student who is on the roster as `7` and hands in as `007` keeps the spelling that the notebook was made
    for, since the variant follows from it.
    """
    if not roster:
        return list(found), [], {}
    handed_in, ids = {one.student for one in found}, {one.id for one in roster}
    same = matched(handed_in, ids)
    told, spelled, renamed = {}, {}, {}
    for student in sorted(handed_in - ids):
        other = same.get(student)
        if other is None or other in handed_in:
            near = [one for one in sorted(ids) if alike(one) == alike(student)]
            told[student] = "not on the roster" + (f", where {near[0]!r} is much alike" if near else "")
        elif all(told_student(one.path) == other for one in found if one.student == student):
            spelled[student], told[other] = other, f"handed in as {student!r}"
        else:
            renamed[other], told[student] = student, f"on the roster as {other!r}"
    return (
        [replace(one, student=spelled.get(one.student, one.student)) for one in found],
        [replace(one, id=renamed.get(one.id, one.id)) for one in roster],
        told,
    )


def meet_typed(
    typed: Mapping[Key, tuple[str, str]], students: Iterable[str]
) -> tuple[dict[Key, tuple[str, str]], dict[str, str]]:
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
