"""`atriacourse assign`: what an instructor does with a class."""

from pathlib import Path
from typing import Annotated

import typer

from atriacourse.errors import InputError


def assign(
    name: Annotated[str | None, typer.Argument(help="an assignment; without it, all are listed")] = None,
    student: Annotated[str | None, typer.Option(help="id of one student")] = None,
    roster: Annotated[Path | None, typer.Option(help="CSV file of a class: id[,name]")] = None,
    out: Annotated[Path, typer.Option(help="folder for the notebooks")] = Path("class"),
    solutions: Annotated[
        bool, typer.Option("--solutions", help="also the worked solutions and the instructor's guide")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="replace notebooks that are there")] = False,
) -> None:
    """Write an assignment's notebooks; each student's variant follows from the id."""
    from atriacourse.teaching.assignments.catalogue import assignment as find
    from atriacourse.teaching.assignments.catalogue import assignments

    if name is None:
        for one in assignments().values():
            print(f"{one.name:<14} {one.hours:<8} {one.minutes:>3g} min  {one.chapter:<14} {one.title}")
        return
    found = find(name)
    if (student is None) == (roster is None):
        raise InputError(f"atriacourse assign {name} needs --student ID or --roster FILE, one of the two")
    from atriacourse.teaching.assignments.handout import hand_out, read_roster

    students = [student] if roster is None else [one.id for one in read_roster(roster)]
    done = hand_out(found, students, out, solutions=solutions, overwrite=force)
    if len(done.variants) == 1:
        print(done.variants[0].says)
    for path in done.kept:
        print(f"kept {path}, which was there; --force replaces it")
    print(f"{len(done.written)} files written to {out}")
