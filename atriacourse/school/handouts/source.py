"""Read an assignment's source: cells, with the shared parts taken in; checked, so that nothing is lost.

Before notebook.py. How a source is written stands at the top of sources/_common.md.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nbformat import NotebookNode

from atriacourse.assignments.assignment import Assignment
from atriacourse.errors import InputError
from atriacourse.exercises.directives import Directive, pieces
from atriacourse.studies.claims import with_claims

SOURCES = Path(__file__).parents[1] / "sources"
COMMON = SOURCES / "_common.md"
PART = re.compile(r"^# part: ([\w-]+)\n")
TAGS = {"parameters": "parameters", "locked": "locked", "solution": "answer", "hidden": "hidden"}
# kind of a part -> the shared cell that it marks
STEPS = {"hypothesis": "hypothesis", "result": "measure", "claim": "claim"}


@dataclass(frozen=True, kw_only=True)
class SourceCell:
    """One cell of a source."""

    name: str  # stable: "measure", "tasks-2", "report-1", "text-03"
    kind: str  # text, given, parameters, locked, answer, hidden, report or guide
    text: str  # Markdown; code, as in the worked solution; of a report, its prompt
    part: str | None = None  # of the rubric
    heading: str = ""  # of a report
    answer: str = ""  # of a report: the model answer

    @property
    def code(self) -> bool:
        """Whether it is a code cell."""
        return self.kind in ("given", "parameters", "locked", "answer", "hidden")

    @property
    def owner(self) -> str:
        """The part of the rubric that it belongs to. Raises: InputError for a cell of none."""
        if self.part is None:
            raise InputError(f"cell {self.name} of the kind {self.kind} belongs to no part of the rubric")
        return self.part


def read_source(assignment: Assignment) -> tuple[SourceCell, ...]:
    """All cells of an assignment, in order, words in double braces not yet filled in.

    Raises: InputError, naming the file, for what cannot be followed.
    """
    shared = _shared_parts()
    found: list[SourceCell] = []
    place = f"{assignment.name}.md"
    for cell in _cells(SOURCES / place):
        if isinstance(cell, Directive) and cell.name == "part":
            if cell.title not in shared:
                raise InputError(
                    f"{place}: there is no part {cell.title!r}; _common.md has {', '.join(shared)}"
                )
            found += shared[cell.title]
        elif isinstance(cell, Directive):
            found.append(_own_directive(cell, place))
        else:
            found.append(cell)
    named = tuple(_named(found, assignment))
    _must_fit(named, assignment)
    return named


def mistakes_of(assignment: Assignment) -> tuple[str, ...]:
    """The common mistakes, from the source's front matter. Raises: InputError where it names none."""
    place = f"{assignment.name}.md"
    found = _read(SOURCES / place).metadata.get("mistakes")
    if not (isinstance(found, list) and all(isinstance(each, str) for each in found)):
        raise InputError(f"{place}: its front matter needs `mistakes:`, a list of sentences")
    return tuple(found)


def _shared_parts() -> dict[str, list[SourceCell]]:
    """The parts of _common.md by name; their cells already have names: the part's own, for its one answer."""
    parts: dict[str, list[SourceCell]] = {}
    name = ""
    for cell in _cells(COMMON):
        if isinstance(cell, Directive):
            if cell.name != "begin":
                raise InputError(f"_common.md: only {{begin}} stands here, got {{{cell.name}}}")
            name = cell.title
            parts[name] = []
        else:
            parts[name].append(replace(cell, name=name if cell.kind in ("locked", "answer") else ""))
    return parts


def _cells(path: Path) -> Iterator[SourceCell | Directive]:
    """The cells of a file; directives in one piece, comments left out."""
    for cell in _read(path).cells:
        if cell.cell_type == "code":
            yield _code(cell, path.name)
            continue
        lines: list[str] = []
        for piece in [*pieces(cell.source, path.name), None]:
            if isinstance(piece, str):
                if not piece.startswith("%"):
                    lines.append(piece)
                continue
            text = "\n".join(lines).strip()
            if text:
                yield SourceCell(name="", kind="text", text=with_claims(text))
            lines = []
            if piece is not None:
                yield piece


def _read(path: Path) -> NotebookNode:
    try:
        from myst_nb.core.read import read_myst_markdown_notebook
    except ImportError as error:
        raise InputError(
            "writing assignments needs the book's extras: python -m pip install -e '.[book]'"
        ) from error
    return read_myst_markdown_notebook(path.read_text(encoding="utf-8"), path=path)


def _code(cell: NotebookNode, place: str) -> SourceCell:
    tags = cell.metadata.get("tags", [])
    unknown = [tag for tag in tags if tag not in TAGS]
    if unknown or len(tags) > 1:
        raise InputError(
            f"{place}: a code cell has one tag of {', '.join(TAGS)} or none, got {', '.join(tags)}"
        )
    kind = TAGS[tags[0]] if tags else "given"
    text = cell.source.rstrip()
    named = PART.match(text)
    if (named is None) == (kind in ("answer", "hidden")):
        raise InputError(
            f"{place}: cells tagged solution or hidden, and only these, begin with `# part: NAME`; see the "
            f"cell that begins {text[:40]!r}"
        )
    return SourceCell(name="", kind=kind, text=text, part=named[1] if named else None)


def _own_directive(piece: Directive, place: str) -> SourceCell:
    body = "\n".join(piece.body).strip()
    if piece.name == "guide":
        return SourceCell(name="", kind="guide", text=with_claims(body))
    if piece.name != "report":
        raise InputError(
            f"{place}: {{{piece.name}}} is not known; use part, report or guide, or plain Markdown"
        )
    prompt, line, answer = body.partition("\n---\n")
    if not (piece.title and prompt.strip() and line and answer.strip()):
        raise InputError(f"{place}: a report needs a heading, a prompt, a line `---` and a model answer")
    return SourceCell(
        name="",
        kind="report",
        text=with_claims(prompt.strip()),
        heading=piece.title,
        answer=with_claims(answer.strip()),
    )


def _named(cells: Sequence[SourceCell], assignment: Assignment) -> Iterator[SourceCell]:
    """Give every cell its name: kind or part, and a number."""
    reports = [part.name for part in assignment.rubric if part.kind == "report"]
    counted: dict[str, int] = {}
    for cell in cells:
        part = cell.part
        if cell.kind == "report":
            part = reports[0] if reports else "report"
        stem = (
            f"hidden-{part}"
            if cell.kind == "hidden"
            else part or cell.kind
            if cell.kind in ("answer", "report")
            else cell.kind
        )
        counted[stem] = counted.get(stem, 0) + 1
        yield replace(cell, part=part, name=cell.name or f"{stem}-{counted[stem]:02d}")


def _must_fit(cells: Sequence[SourceCell], assignment: Assignment) -> None:
    """Every part of the rubric has its cells, and every cell its part.

    Raises: InputError naming what is missing.
    """
    place = f"{assignment.name}.md"
    parts = {part.name: part.kind for part in assignment.rubric}
    for cell in cells:
        if cell.kind in ("answer", "hidden", "report") and cell.part not in parts:
            raise InputError(f"{place}: cell {cell.name}: the rubric has no part {cell.part!r}")
    names = {cell.name for cell in cells}
    if len(names) < len(cells):
        raise InputError(f"{place}: a shared part is taken in twice")
    for part, kind in parts.items():
        of_part = {cell.kind for cell in cells if cell.part == part}
        wanted = {"tests": {"answer", "hidden"}, "report": {"report"}, "clinic": {"answer"}}.get(kind, set())
        if not wanted <= of_part or (kind in STEPS and STEPS[kind] not in names):
            raise InputError(f"{place}: the rubric's part {part} of the kind {kind} lacks its cells")
