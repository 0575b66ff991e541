"""Find a class's submissions, and whose they are.

After reading.py, before grade_class.py.

    FOLDER/ada/contrast.ipynb          one folder a student, with the journal beside it
    FOLDER/contrast-ada.ipynb          or all in one folder

Everything else that lies there is told, with the reason why it is not used.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from atriacourse.assignments.allocation import student_id
from atriacourse.assignments.journal import journal_name
from atriacourse.errors import InputError
from atriacourse.school.grading.reading import Found, modified, told_assignment
from atriacourse.school.handouts.handout import INSTRUCTOR

NOT_STUDENTS = {INSTRUCTOR: "`assign`", "__MACOSX": "archives of a Mac"}  # by whom
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
# contrast (1).ipynb, contrast-Copy1.ipynb, contrast - Copy (2).ipynb
COPY = re.compile(r"(?:[-_ ]+copy[ \d]*| ?\(\d+\))+$", re.IGNORECASE)


def find_submissions(folder: Path, assignments: Sequence[str]) -> list[Found]:
    """Every submission below a folder, by student and assignment.

    Args: assignments: the names there are, to know one in a file's name.
    Raises: InputError if the folder is none, or holds nothing that looks like a submission.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; give the one that holds a folder for each student")
    found: dict[tuple[str, str], list[Path]] = {}
    for student, path in _notebooks(folder):
        name = _named(path, student, assignments) or (_told(path, assignments) if student else "")
        owner = student or _owner(path, name)
        if name and owner:
            found.setdefault((owner, name), []).append(path)
    _add_the_unnamed(folder, found)
    if not found:
        raise InputError(
            f"{folder} holds no submission; there must be STUDENT/ASSIGNMENT.ipynb or "
            f"ASSIGNMENT-STUDENT.ipynb, with ASSIGNMENT one of {', '.join(assignments)}"
        )
    return [_chosen(student, name, paths) for (student, name), paths in sorted(found.items())]


def left_out(folder: Path, found: Sequence[Found]) -> list[tuple[str, str]]:
    """(path, why) of everything below a folder that grading does not use, so that none is missed in silence.

    What lies in a folder that is left out as a whole is not listed one by one.
    """
    graded = {one.path: one for one in found}
    beside = {path: one for one in found for path in one.others}
    journals = {one.journal for one in found}
    told = []
    for path, why in _everything(folder):
        if path in beside:
            one = beside[path]
            why = f"{one.path.relative_to(folder).as_posix()} is graded as {one.assignment} of {one.student}"
        elif not why and path not in graded and path not in journals:
            why = _why_not(path, flat=path.parent == folder)
        if why and path not in graded:
            told.append((path.relative_to(folder).as_posix(), why))
    return sorted(told)


def _everything(folder: Path) -> Iterator[tuple[Path, str]]:
    """(file, ""), and (file or folder, why it is not looked into); no link to a folder is followed."""
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            inside = sorted(here.iterdir())
        except OSError as error:
            yield here, f"it may not be looked into ({error.strerror or error})"
            continue
        if not inside and here != folder:
            yield here, "it is empty"
        for path in inside:
            if path.name.startswith("."):
                yield path, "it is hidden: Jupyter and other programs keep copies and settings so"
            elif path.is_symlink() and path.is_dir():
                yield path, "it is a link to a folder, which is not followed"
            elif not path.is_dir() or path.suffix.lower() == ".ipynb":  # what else it is, reading.py tells
                yield path, ""
            elif path.name in NOT_STUDENTS:
                yield path, f"a folder of this name is left by {NOT_STUDENTS[path.name]}"
            elif here == folder and not _spelled(path.name):
                yield path, "its name cannot be a student's id: letters, digits, and between them . _ - + @"
            else:
                waiting.append(path)


def _why_not(path: Path, *, flat: bool) -> str:
    """Why a file is nobody's submission."""
    name = path.name.lower()
    if path.is_symlink():
        return "it is a link"
    if name.endswith(ARCHIVES):
        return "it is an archive: unpack it"
    if name.endswith(".solution.ipynb"):
        return "it is a worked solution"
    if name.endswith(".ipynb"):
        needed = "its name is not ASSIGNMENT-STUDENT.ipynb" if flat else "neither it nor its name names one"
        return f"it belongs to no assignment: {needed}"
    if ".ipynb" in name:
        return "its name does not end in .ipynb: rename it"
    if name.startswith("journal-"):
        return "it is a journal without its notebook"
    return "it is no notebook"


def _files(folder: Path) -> list[Path]:
    return sorted(path for path, why in _everything(folder) if not why)


def _notebooks(folder: Path) -> Iterator[tuple[str, Path]]:
    """(student, file): the student is empty for files that lie flat."""
    for path in _files(folder):
        if path.suffix.lower() == ".ipynb" and not path.name.lower().endswith(".solution.ipynb"):
            yield _spelled(path.relative_to(folder).parts[0]) if path.parent != folder else "", path


def _beside(path: Path) -> list[Path]:
    try:
        return sorted(path.parent.glob("journal-*"))
    except OSError:
        return []


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name.lower())


def _spelled(text: str) -> str:
    """As an id, or empty if it cannot be one."""
    try:
        return student_id(text)
    except InputError:
        return ""


def _named(path: Path, student: str, assignments: Sequence[str]) -> str:
    """The assignment that a file's name names."""
    stem = COPY.sub("", path.stem).lower()
    fitting = [name for name in assignments if stem == name or stem.startswith((f"{name}-", f"{name}_"))]
    return max(fitting, key=len, default="") if student or stem not in fitting else ""


def _owner(path: Path, assignment: str) -> str:
    """The student whom a flat file's name names."""
    return _spelled(COPY.sub("", path.stem)[len(assignment) + 1 :]) if assignment else ""


def _told(path: Path, assignments: Sequence[str]) -> str:
    """The assignment that a notebook itself names, where its file's name does not."""
    told = told_assignment(path)
    return told if told in assignments else ""


def _add_the_unnamed(folder: Path, found: dict[tuple[str, str], list[Path]]) -> None:
    """A student whose only files are none of ours: held against the assignment that the others handed in."""
    names = {name for _, name in found}
    if len(names) != 1:
        return
    known = {owner for owner, _ in found}
    for path in _files(folder):
        student = _spelled(path.relative_to(folder).parts[0]) if path.parent != folder else ""
        if student and student not in known and not path.name.startswith("journal-"):
            known.add(student)
            found[student, next(iter(names))] = [path]


def _chosen(student: str, name: str, paths: Sequence[Path]) -> Found:
    """Of several notebooks the one that is named as it was handed out, else the newest."""
    exact = [path for path in paths if path.stem in (name, f"{name}-{student}")]
    path = exact[0] if exact else max(paths, key=modified)
    others = tuple(other for other in paths if other != path)
    journals = [each for each in _beside(path) if _composed(each.name) == journal_name(name, student)]
    if _spelled(path.parent.name) == student:  # in one's own folder another's is taken too, and told
        journals += sorted(path.parent.glob(journal_name(name, "*")))
    journal = next((each for each in journals if each.is_file() and not each.is_symlink()), None)
    return Found(student=student, assignment=name, path=path, journal=journal, others=others)
