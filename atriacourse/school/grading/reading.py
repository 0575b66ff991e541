"""Read a submission, whatever it is.

After fences/jail.py, before finding.py and restore.py. Nothing here raises for what a student handed in,
follows a link, or trusts a field of a notebook to be of the type it should be.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atriacourse.school.fences.jail import read_plain

if TYPE_CHECKING:
    from nbformat import NotebookNode

MOST_NOTEBOOK_MB = 20
MOST_CELLS = 500


@dataclass(frozen=True, kw_only=True)
class Found:
    """One submission as it lies in the folder."""

    student: str  # by the name of the folder or file: how it was delivered, not what it says
    assignment: str
    path: Path
    journal: Path | None = None
    others: tuple[Path, ...] = ()  # further notebooks for the same assignment, not graded
    chosen: str = ""  # why this one of several
    spelled: str = ""  # the id as folder or file have it
    handed_in: str = ""  # ISO 8601, by the platform's word; a file's own date says when it was copied
    late: bool = False  # by the platform's word
    problem: str = ""  # why nobody can say which of its files counts


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What was read."""

    student: str
    assignment: str
    notebook: "NotebookNode | None"  # plain cells, with their outputs; None: see `problem`
    problem: str  # why it cannot be graded, empty if it can
    journal: bytes | None
    content_hash: str  # of the files
    handed_in: str  # see `Found`


def read_submission(found: Found) -> Submission:
    """Read one submission; what is wrong with it is said in `problem`."""
    content = read_plain(found.path, most_mb=MOST_NOTEBOOK_MB)
    journal = None if found.journal is None else read_plain(found.journal)
    digest = hashlib.sha256()
    for part in (found.assignment.encode(), content or b"", journal or b"", found.problem.encode()):
        digest.update(hashlib.sha256(part).digest())
    notebook, problem = None, _unreadable(found.path) if content is None else ""
    if content is not None:
        parsed, problem = _parsed(content)
        if not problem:
            notebook, problem = _plain_notebook(parsed)
    problem = found.problem or (f"{found.path.name} {problem}" if problem else "")
    return Submission(
        student=found.student,
        assignment=found.assignment,
        notebook=notebook,
        problem=problem,
        journal=journal,
        content_hash=digest.hexdigest(),
        handed_in=found.handed_in,
    )


def told_assignment(path: Path) -> str:
    """The assignment that a notebook itself names; empty if it names none."""
    return _told(path, "assignment")


def told_student(path: Path) -> str:
    """The student that a notebook itself names; empty if it names none."""
    return _told(path, "student")


def _told(path: Path, name: str) -> str:
    content = read_plain(path, most_mb=MOST_NOTEBOOK_MB) or b""
    return _ours(_parsed(content)[0], name).get(name, "")


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
        cell.metadata["atriacourse"] = _ours(given, "cell", "kind")
        outputs = given.get("outputs") if kind == "code" else None
        shown = outputs if isinstance(outputs, list) else []
        cell.metadata["saved"] = [each for each in shown if isinstance(each, Mapping)]
        notebook.cells.append(cell)
    notebook.metadata["atriacourse"] = _ours(parsed, "assignment", "student")
    return notebook, ""


def _ours(thing: Any, *names: str) -> dict[str, str]:
    """Texts in our field of the metadata of a notebook or a cell; whatever else stands there is left out."""
    metadata = thing.get("metadata") if isinstance(thing, Mapping) else None
    ours = metadata.get("atriacourse") if isinstance(metadata, Mapping) else None
    found = {name: ours.get(name) for name in names} if isinstance(ours, Mapping) else {}
    return {name: text for name, text in found.items() if isinstance(text, str)}


def _text(source: Any) -> str:
    """A cell's text, which notebooks keep whole or line by line."""
    if isinstance(source, str):
        return source
    if isinstance(source, Iterable) and not isinstance(source, Mapping):
        return "".join(line for line in source if isinstance(line, str))
    return ""
