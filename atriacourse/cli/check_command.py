"""`atriacourse check`: what the self-checks of a notebook say."""

from pathlib import Path
from typing import Annotated

import typer

from atriacourse.errors import InputError


def check(
    notebooks: Annotated[
        list[Path] | None, typer.Argument(help="notebooks; without any, all of this folder")
    ] = None,
) -> None:
    """Run notebooks from their first cell and say what each self-check says; 1 if one does not pass."""
    from atriacourse.exercises.self_checks import self_checks

    paths = notebooks or sorted(Path().glob("*.ipynb"))
    if not paths:
        raise InputError("this folder has no notebook; name one")
    missing = 0
    for path in paths:
        found = self_checks(path)
        passed = sum(one.passed for one in found)
        missing += len(found) - passed
        print(f"### {path.name}: {passed} of {len(found)}\n")
        for one in found:
            says = " ".join(one.says.split())
            print(f"- [{'x' if one.passed else ' '}] `{one.place}` {says}", flush=True)
        print()
    raise typer.Exit(int(missing > 0))
