"""Find a class's submissions, and whose they are.

After reading.py, before grade_class.py.

    FOLDER/ada/contrast.ipynb          one folder a student, with the journal beside it
    FOLDER/contrast-ada.ipynb          or all in one folder
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from atriacourse.assignments.allocation import student_id
from atriacourse.assignments.journal import journal_name
from atriacourse.errors import InputError
from atriacourse.school.grading.reading import Found, modified, told_assignment
from atriacourse.school.handouts.handout import INSTRUCTOR

NOT_STUDENTS = (INSTRUCTOR, "__MACOSX")  # folders that `assign` and archives leave
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


def left_out(folder: Path, found: Sequence[Found]) -> list[str]:
    """Names of the notebooks and folders that are nobody's submission, so that none is missed in silence."""
    taken = {one.path.relative_to(folder).parts[0] for one in found}
    taken |= {name for one in found for name in one.others} | set(NOT_STUDENTS)
    paths = [path for path in sorted(folder.iterdir()) if path.is_dir() or _is_notebook(path)]
    return [path.name for path in paths if path.name not in taken and not path.name.startswith(".")]


def _notebooks(folder: Path) -> Iterator[tuple[str, Path]]:
    """(student, file): the student is empty for files that lie flat."""
    for path in sorted(folder.iterdir()):
        if _is_notebook(path):
            yield "", path
    for home in _homes(folder):
        for path in sorted(home.rglob("*.ipynb")):
            if not any(part.startswith(".") for part in path.relative_to(home).parts):
                yield _spelled(home.name), path


def _is_notebook(path: Path) -> bool:
    return path.suffix == ".ipynb" and not path.name.endswith(".solution.ipynb")


def _homes(folder: Path) -> list[Path]:
    """The students' folders."""
    return [
        path
        for path in sorted(folder.iterdir())
        if path.is_dir() and not path.is_symlink() and path.name not in NOT_STUDENTS and _spelled(path.name)
    ]


def _spelled(text: str) -> str:
    """As an id, or empty if it cannot be one."""
    try:
        return student_id(text)
    except InputError:
        return ""


def _named(path: Path, student: str, assignments: Sequence[str]) -> str:
    """The assignment that a file's name names."""
    stem = COPY.sub("", path.stem)
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
    for home in _homes(folder):
        student = _spelled(home.name)
        files = [path for path in sorted(home.iterdir()) if not path.name.startswith((".", "journal-"))]
        if files and not any(owner == student for owner, _ in found):
            found[student, next(iter(names))] = [files[0]]


def _chosen(student: str, name: str, paths: Sequence[Path]) -> Found:
    """Of several notebooks the one that is named as it was handed out, else the newest."""
    exact = [path for path in paths if path.stem in (name, f"{name}-{student}")]
    path = exact[0] if exact else max(paths, key=modified)
    others = tuple(other.name for other in paths if other != path)
    journals = [path.parent / journal_name(name, student)]
    if _spelled(path.parent.name) == student:  # in one's own folder another's is taken too, and told
        journals += sorted(path.parent.glob(journal_name(name, "*")))
    journal = next((each for each in journals if each.is_file() and not each.is_symlink()), None)
    return Found(student=student, assignment=name, path=path, journal=journal, others=others)
