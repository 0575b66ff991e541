"""Find a class's submissions and read them, whatever they are.

After sandbox.py, before restore.py. Nothing here raises for what a student handed in, follows a link, or
trusts a field of a notebook to be of the type it should be.

    FOLDER/ada/contrast.ipynb          one folder a student, with the journal beside it
    FOLDER/contrast-ada.ipynb          or all in one folder
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atriacourse.errors import InputError
from atriacourse.teaching.assignments.variant import student_id
from atriacourse.teaching.grading.sandbox import read_plain

if TYPE_CHECKING:
    from nbformat import NotebookNode

MOST_NOTEBOOK_MB = 20
MOST_CELLS = 500
NOT_STUDENTS = ("instructor", "variants", "__MACOSX")  # folders that `assign` and archives leave
COPY = re.compile(r" ?\(\d+\)$|[-_ ]?copy\d*$", re.IGNORECASE)  # contrast (1).ipynb, contrast-Copy1.ipynb


@dataclass(frozen=True, kw_only=True)
class Found:
    """One submission as it lies in the folder."""

    student: str  # by the name of the folder or file: how it was delivered, not what it says
    assignment: str
    path: Path
    journal: Path | None = None
    others: tuple[str, ...] = ()  # further notebooks for the same assignment, not graded


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What was read."""

    student: str
    assignment: str
    notebook: "NotebookNode | None"  # plain cells, with their outputs; None: see `problem`
    problem: str  # why it cannot be graded, empty if it can
    journal: bytes | None
    content_hash: str  # of the files
    handed_in: str  # date of the file, ISO 8601, UTC


def find_submissions(folder: Path, assignments: Sequence[str]) -> list[Found]:
    """Every submission below a folder, by student and assignment.

    Args: assignments: the names there are, to know one in a file's name.
    Raises: InputError if the folder is none, or holds nothing that looks like a submission.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; give the one that holds a folder for each student")
    found: dict[tuple[str, str], list[tuple[Path, Path]]] = {}
    for student, path in _notebooks(folder):
        name = _named(path, student, assignments) or _told(path, assignments)
        owner = student or _owner(path, name)
        if name and owner:
            found.setdefault((owner, name), []).append((path, path.parent))
    _add_the_unnamed(folder, found)
    if not found:
        raise InputError(
            f"{folder} holds no submission; there must be STUDENT/ASSIGNMENT.ipynb or "
            f"ASSIGNMENT-STUDENT.ipynb, with ASSIGNMENT one of {', '.join(assignments)}"
        )
    return [_chosen(student, name, paths) for (student, name), paths in sorted(found.items())]


def _notebooks(folder: Path) -> Iterator[tuple[str, Path]]:
    """(student, file): the student is empty for files that lie flat."""
    for path in sorted(folder.iterdir()):
        if path.suffix == ".ipynb" and not path.name.endswith(".solution.ipynb"):
            yield "", path
    for home in _homes(folder):
        for path in sorted(home.rglob("*.ipynb")):
            if not any(part.startswith(".") for part in path.relative_to(home).parts):
                yield _spelled(home.name), path


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
    told = _told_by(_parsed(read_plain(path, most_mb=MOST_NOTEBOOK_MB) or b"")[0])
    return told.get("assignment") if told.get("assignment") in assignments else ""


def _add_the_unnamed(folder: Path, found: dict[tuple[str, str], list[tuple[Path, Path]]]) -> None:
    """A student whose only files are none of ours: held against the assignment that the others handed in."""
    names = {name for _, name in found}
    if len(names) != 1:
        return
    for home in _homes(folder):
        student = _spelled(home.name)
        files = [path for path in sorted(home.iterdir()) if not path.name.startswith((".", "journal-"))]
        if files and not any(owner == student for owner, _ in found):
            found[student, next(iter(names))] = [(files[0], home)]


def _chosen(student: str, name: str, paths: list[tuple[Path, Path]]) -> Found:
    """Of several notebooks the one that is named as it was handed out, else the newest."""
    exact = [path for path, _ in paths if path.stem in (name, f"{name}-{student}")]
    path = exact[0] if exact else max((path for path, _ in paths), key=_modified)
    others = tuple(other.name for other, _ in paths if other != path)
    journals = [path.parent / f"journal-{name}-{student}.jsonl", *sorted(path.parent.glob("journal-*.jsonl"))]
    if path.parent.name != student:  # flat: only one's own
        journals = journals[:1]
    journal = next((each for each in journals if each.is_file() and not each.is_symlink()), None)
    return Found(student=student, assignment=name, path=path, journal=journal, others=others)


def _modified(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:
        return 0.0


def read_submission(found: Found) -> Submission:
    """Read one submission; what is wrong with it is said in `problem`."""
    content = read_plain(found.path, most_mb=MOST_NOTEBOOK_MB)
    journal = None if found.journal is None else read_plain(found.journal)
    digest = hashlib.sha256()
    for part in (found.assignment.encode(), content or b"", journal or b""):
        digest.update(hashlib.sha256(part).digest())
    notebook, problem = None, _unreadable(found.path) if content is None else ""
    if content is not None:
        parsed, problem = _parsed(content)
        if not problem:
            notebook, problem = _plain_notebook(parsed)
    if problem:
        problem = f"{found.path.name} {problem}"
    return Submission(
        student=found.student,
        assignment=found.assignment,
        notebook=notebook,
        problem=problem,
        journal=journal,
        content_hash=digest.hexdigest(),
        handed_in=datetime.fromtimestamp(_modified(found.path), UTC).isoformat(timespec="seconds"),
    )


def _unreadable(path: Path) -> str:
    """Why a file could not be read."""
    if path.is_symlink():
        return "is a link to another file; hand in the notebook itself"
    if not path.exists():
        return "was there when grading began and is gone; hand it in again"
    if path.is_dir():
        return "is a folder; hand in the notebook itself"
    try:
        if path.stat().st_size > MOST_NOTEBOOK_MB * 1024**2:
            return f"is larger than {MOST_NOTEBOOK_MB} MB; clear large outputs, save and hand it in again"
    except OSError:
        pass
    return "cannot be read; hand it in again"


def _parsed(content: bytes) -> tuple[Any, str]:
    """What JSON says, or why it says nothing."""
    if not content.strip():
        return None, "is empty; save the notebook in Jupyter and hand it in again"
    try:
        return json.loads(content.decode("utf-8-sig")), ""
    except UnicodeDecodeError:
        return None, "is no notebook: it is no text; hand in the .ipynb file"
    except RecursionError:
        return None, "is no notebook: it is nested without end"
    except ValueError as error:
        start = content.lstrip()[:1]
        if start == b"{":
            return None, f"is cut off or damaged ({error}); save the notebook in Jupyter and hand it in again"
        return None, "is no notebook: it is not JSON; hand in the .ipynb file that Jupyter saves"


def _plain_notebook(parsed: Any) -> tuple["NotebookNode | None", str]:
    """A notebook of plain cells from what JSON gave; everything that is not needed is left out."""
    import nbformat

    cells = parsed.get("cells") if isinstance(parsed, Mapping) else None
    if not isinstance(cells, list):
        return None, "is no notebook: it has no list of cells (format 4); save it in Jupyter"
    if len(cells) > MOST_CELLS:
        return None, f"has {len(cells)} cells; {MOST_CELLS} are enough for anybody"
    notebook = nbformat.v4.new_notebook()
    for given in cells:
        if not isinstance(given, Mapping):
            return None, "is no notebook: one of its cells is none; save it in Jupyter"
        kind = given.get("cell_type")
        new = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
        cell = new(_text(given.get("source")))
        metadata = given.get("metadata")
        ours = metadata.get("atriacourse") if isinstance(metadata, Mapping) else None
        cell.metadata["atriacourse"] = dict(ours) if isinstance(ours, Mapping) else {}
        outputs = given.get("outputs") if kind == "code" else None
        cell.metadata["saved"] = [each for each in outputs or () if isinstance(each, Mapping)]
        notebook.cells.append(cell)
    notebook.metadata["atriacourse"] = _told_by(parsed)
    return notebook, ""


def _told_by(parsed: Any) -> dict[str, Any]:
    """Our field of a notebook's metadata."""
    metadata = parsed.get("metadata") if isinstance(parsed, Mapping) else None
    ours = metadata.get("atriacourse") if isinstance(metadata, Mapping) else None
    return dict(ours) if isinstance(ours, Mapping) else {}


def _text(source: Any) -> str:
    """A cell's text, which notebooks keep whole or line by line."""
    if isinstance(source, str):
        return source
    if isinstance(source, Iterable) and not isinstance(source, Mapping):
        return "".join(line for line in source if isinstance(line, str))
    return ""
