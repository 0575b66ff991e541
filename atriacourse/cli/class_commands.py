"""`atriacourse assign | grade | classroom`: what an instructor does with a class."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from atriacourse.bounds import shown
from atriacourse.cli.options import number
from atriacourse.errors import InputError

if TYPE_CHECKING:
    from atriacourse.school.grading.marks import Graded
    from atriacourse.school.handouts.handout import Handout

REPORTS = ("marked", "handed-in")
MOST_NAMES = 8  # shown of files that are left out for one reason
EXTRAS = ("nbformat", "myst_nb", "cloudpickle", "psutil", "jinja2")  # of the extra `book`: what is imported


def assign(
    name: Annotated[str | None, typer.Argument(help="an assignment; without it, all are listed")] = None,
    student: Annotated[str | None, typer.Option(help="id of one student")] = None,
    roster: Annotated[Path | None, typer.Option(help="CSV file of a class: id[,name]")] = None,
    out: Annotated[Path, typer.Option(help="folder for the notebooks")] = Path("class"),
    solutions: Annotated[
        bool, typer.Option("--solutions", help="also the worked solutions and the instructor's guide")
    ] = False,
    nbgrader: Annotated[
        Path | None, typer.Option(help="write into this nbgrader course instead; without NAME, all")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="replace notebooks that are there")] = False,
) -> None:
    """Write an assignment's notebooks; each student's variant follows from the id."""
    from atriacourse.assignments.listing import assignment as find
    from atriacourse.assignments.listing import assignments

    given = {"--student": student is not None, "--roster": roster is not None, "--solutions": solutions}
    named = [option for option in given if given[option]]
    if nbgrader is not None and named:
        raise InputError(
            f"--nbgrader writes one solved notebook for a whole class; leave out {', '.join(named)}"
        )
    if nbgrader is not None:
        _need_school()
        from atriacourse.school.nbgrader.course import write_course

        chosen = list(assignments().values()) if name is None else [find(name)]
        _tell(write_course(chosen, nbgrader, overwrite=force), nbgrader)
        return
    if name is None and named:
        raise InputError(f"{named[0]} needs the NAME of an assignment; `atriacourse assign` lists them")
    if name is None:
        for one in assignments().values():
            print(f"{one.name:<14} {one.hours:<8} {one.minutes:>3g} min  {one.chapter:<14} {one.title}")
        return
    _need_school()
    found = find(name)
    from atriacourse.school.handouts.handout import hand_out
    from atriacourse.school.lists.people import read_roster

    if student is not None and roster is None:
        students = [student]
    elif roster is not None and student is None:
        students = [one.shown for one in read_roster(roster)]
    else:
        raise InputError(f"atriacourse assign {name} needs --student ID or --roster FILE, one of the two")
    done = hand_out(found, students, out, solutions=solutions, overwrite=force)
    if len(done.variants) == 1:
        print(done.variants[0].says)
    _tell(done, out)


def _need_school() -> None:
    """Raise InputError, with the way out, unless all that these commands import is installed."""
    if find_spec("atriacourse.school") is None:
        raise InputError(
            "this command is an instructor's, and this install is a student's: it has no solutions and no "
            "hidden tests; in a clone of the course's repository run: python -m pip install -e '.[book]'"
        )
    missing = [name for name in EXTRAS if find_spec(name) is None]
    if missing:
        raise InputError(
            f"this command needs the book's extras, {', '.join(missing)} is not there: "
            "python -m pip install -e '.[book]'"
        )


def _tell(done: "Handout", folder: Path) -> None:
    for path in done.kept:
        print(f"kept {path}, which was there; --force replaces it")
    print(f"{len(done.written)} files written to {folder}")


def classroom(
    files: Annotated[
        list[Path], typer.Argument(help="folders of `grade`, journals, files of guesses, or folders of these")
    ],
    out: Annotated[Path, typer.Option(help="the page")] = Path("classroom.html"),
) -> None:
    """Put what a class measured, guessed and answered on one page, without names."""
    _need_school()
    from atriacourse.school.classroom.collect import collect
    from atriacourse.school.classroom.page import write_classroom

    found = collect(files)
    write_classroom(found, out, date=datetime.now(UTC).date().isoformat())
    for name, why in found.left_out:
        print(f"left out {name}: {why}")
    print(f"{len(found.runs)} runs, {len(found.guesses)} guesses, {len(found.checks)} answered checks: {out}")


def grade(
    folder: Annotated[
        Path, typer.Argument(help="folder or zip: STUDENT/NAME.ipynb, NAME-STUDENT.ipynb, or a platform's")
    ],
    out: Annotated[Path, typer.Option(help="folder for gradebook, feedback and the class's page")],
    roster: Annotated[
        Path | None, typer.Option(help="table of the class: id[,name], or a platform's export")
    ] = None,
    export: Annotated[
        list[Path] | None,
        typer.Option(
            help="table exported by Canvas, Moodle, Blackboard or GitHub Classroom, to be filled in"
        ),
    ] = None,
    dates: Annotated[
        Path | None, typer.Option(help="table: assignment,student,due,per_day,released,handed_in")
    ] = None,
    deadline: Annotated[
        str | None, typer.Option(help="2026-12-01T18:00, of this machine's time zone; later ones are told")
    ] = None,
    reports: Annotated[
        str, typer.Option(help="marked: they count when a teacher gave points; handed-in: by their words")
    ] = "marked",
    hide_names: Annotated[
        bool, typer.Option("--hide-names", help="on the pages of reports, for marking blind")
    ] = False,
    jobs: Annotated[int, number("processes", option="--jobs", says="submissions run at once")] = 1,
    minutes: Annotated[float, number("grade.minutes", says="limit of one submission, of the processor")] = 10,
    memory_gb: Annotated[float, number("grade.memory_gb", says="limit of one submission")] = 4,
    rerun: Annotated[
        list[str] | None, typer.Option(help="a student whose notebooks are run again, though unchanged")
    ] = None,
    rerun_all: Annotated[bool, typer.Option("--rerun-all", help="run everybody's again")] = False,
    trust: Annotated[
        bool, typer.Option("--trust", help="run these notebooks though the fences here are weak")
    ] = False,
) -> None:
    """Grade a class's notebooks; the same command goes on after an interrupt or a late file."""
    from atriacourse.cli.bars import advance, bar

    _need_school()
    from atriacourse.school.fences.system import Limits
    from atriacourse.school.grading.dates import Dates, moment, read_dates
    from atriacourse.school.grading.grade_class import Course, grade_folder
    from atriacourse.school.lists.people import read_export, read_roster, roster_export

    if reports not in REPORTS:
        raise InputError(f"--reports is {' or '.join(REPORTS)}, got {shown(reports)}")
    due = None if deadline is None else moment(deadline, what="--deadline")
    students = [] if roster is None else read_roster(roster)
    tables = [read_export(path, students) for path in export or ()]
    tables += [] if roster is None else roster_export(roster, students)
    course = Course(
        dates=Dates(rules={} if dates is None else read_dates(dates, students), due=due),
        exports=tables,
        by_hand=reports == "marked",
        hide_names=hide_names,
        now=datetime.now(UTC),
    )
    with bar("grading", 0, "submission") as shown_bar:

        def follow(done: int, total: int, graded: "Graded | None") -> None:
            if graded is None and not trust:
                _need_fences()
            shown_bar.total = total
            advance(shown_bar, done)
            if graded is not None:
                shown_bar.write(f"{graded.student}, {graded.assignment}: {graded.total:g} points")

        batch = grade_folder(
            folder,
            out,
            limits=Limits(minutes=minutes, memory_gb=memory_gb),
            jobs=jobs,
            roster=students,
            course=course,
            rerun=rerun or (),
            rerun_all=rerun_all,
            on_progress=follow,
        )
    for line in (*_by_reason(batch.left_out), *batch.told):
        print(line)
    flagged = sum(bool(row.flags) for row in batch.rows)
    waiting = sum(bool(row.waiting) for row in batch.rows)
    print(f"{batch.executed} graded, {batch.kept} unchanged, {flagged} to be looked at")
    if waiting:
        print(f"{waiting} wait for points for their reports: {out / 'reports' / 'marks.csv'}")
    for path in (out / "gradebook.csv", out / "class.html", *batch.written):
        print(path)
    if batch.interrupted:
        raise typer.Exit(130)


def _need_fences() -> None:
    """Before the first notebook is run. Raises: InputError where the fences are weak."""
    from atriacourse.school.fences.layout import weak_fences

    if weak := weak_fences():
        raise InputError(
            "\n".join(
                [
                    "STOPPED BEFORE ANYTHING WAS RUN: the fences around students' code are weak here.",
                    *weak,
                    "Grade in a container (instructors.md, In a container), or as another user; or say",
                    "--trust, for notebooks that you would run yourself.",
                ]
            )
        )


def _by_reason(left_out: Sequence[tuple[str, str]]) -> Iterator[str]:
    """A line for each reason, with some of the files; all of them stand in left_out.csv."""
    by_reason: dict[str, list[str]] = {}
    for name, why in left_out:
        by_reason.setdefault(why, []).append(name)
    for why, names in by_reason.items():
        more = f" and {len(names) - MOST_NAMES} more (left_out.csv)" if len(names) > MOST_NAMES else ""
        yield f"left out {', '.join(names[:MOST_NAMES])}{more}: {why}"
