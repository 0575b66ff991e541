"""All assignments by name; `atriacourse assign` lists them.

After assignment.py. An assignment is two files: its declaration, declared/NAME.yaml, which a student's
install has; and its text with worked solution and hidden tests, school/sources/NAME.md, which it has not.
"""

from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from atriacourse.assignments.assignment import Assignment, Part
from atriacourse.errors import InputError
from atriacourse.studies.catalogue import study

DECLARED = Path(__file__).parent / "declared"


@cache
def assignments() -> dict[str, Assignment]:
    """Every assignment by name, in the order of the chapters. Raises: InputError for an unfit declaration."""
    found = sorted(map(read_declaration, DECLARED.glob("*.yaml")), key=lambda one: (one.chapter, one.name))
    return {one.name: one for one in found}


def assignment(name: str) -> Assignment:
    """The assignment of that name. Raises: InputError naming those there are."""
    known = assignments()
    if name not in known:
        raise InputError(f"there is no assignment {name!r}; there are {', '.join(known)}")
    return known[name]


def read_declaration(path: Path) -> Assignment:
    """One declaration. Raises: InputError, naming the file, when it does not fit."""
    try:
        content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not content:
            raise InputError("it is empty; contrast.yaml is an example")
        goals, rubric = tuple(content.pop("goals")), tuple(Part(**part) for part in content.pop("rubric"))
        levels = tuple((a, b) for a, b in content.pop("levels", ()))
        found = Assignment(name=path.stem, goals=goals, rubric=rubric, levels=levels, **content)
    except (TypeError, ValueError, KeyError, AttributeError, yaml.YAMLError) as error:
        raise InputError(f"{path.name}: the declaration does not fit: {error}") from error
    if found.study is not None:
        for variant in chain.from_iterable(found.levels):
            study(found.study).variant(variant)
    return found
