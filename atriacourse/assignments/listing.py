"""All assignments by name; `atriacourse assign` lists them.

After assignment.py. An assignment is one file sources/NAME.md: the front matter under the key `assignment` is
its declaration, what follows is its text with the worked solution (source.py). Add a file, and it is listed.
"""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from atriacourse.assignments.assignment import Assignment, Part
from atriacourse.errors import InputError
from atriacourse.studies.catalogue import study

SOURCES = Path(__file__).parents[1] / "school" / "sources"
MANY = ("goals", "mistakes")


@cache
def assignments() -> dict[str, Assignment]:
    """Every assignment by name, in the order of the chapters. Raises: InputError for an unfit source."""
    paths = [path for path in sorted(SOURCES.glob("*.md")) if not path.stem.startswith("_")]
    found = sorted(map(read_declaration, paths), key=lambda one: (one.chapter, one.name))
    return {one.name: one for one in found}


def assignment(name: str) -> Assignment:
    """The assignment of that name. Raises: InputError naming those there are."""
    known = assignments()
    if name not in known:
        raise InputError(f"there is no assignment {name!r}; there are {', '.join(known)}")
    return known[name]


def read_declaration(path: Path) -> Assignment:
    """The declaration in the front matter of one source.

    Raises: InputError, naming the file, when it is missing or does not fit.
    """
    _, dashes, rest = path.read_text(encoding="utf-8").partition("---\n")
    front, closing, _ = rest.partition("\n---\n")
    try:
        content: dict[str, Any] = (
            (yaml.safe_load(front) or {}).get("assignment") if dashes and closing else {}
        )
        if not content:
            raise InputError(f"{path.name}: its front matter has no `assignment:`; see sources/_common.md")
        lists = {name: tuple(content.pop(name)) for name in MANY}
        rubric = tuple(Part(**part) for part in content.pop("rubric"))
        levels = tuple((a, b) for a, b in content.pop("levels", ()))
        found = Assignment(name=path.stem, source=path, rubric=rubric, levels=levels, **lists, **content)
    except (TypeError, ValueError, KeyError, yaml.YAMLError) as error:
        raise InputError(f"{path.name}: its declaration does not fit: {error}") from error
    for level in found.levels:
        for variant in level:
            study(found.study).variant(variant)
    return found
