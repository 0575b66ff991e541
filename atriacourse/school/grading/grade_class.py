"""Grade a class: find, read, run, mark, write. Nothing that a student did stops it.

After all others of this folder. What is unchanged since the last run is not run again; what is graded is
written at once, so an interrupt costs only the submissions that were being run.
"""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from atriacourse.assignments.allocation import student_id
from atriacourse.assignments.centres import make_centres
from atriacourse.assignments.listing import assignment, assignments
from atriacourse.errors import InputError
from atriacourse.school.fences.jail import warm_up
from atriacourse.school.fences.layout import FENCES
from atriacourse.school.fences.system import Limits
from atriacourse.school.grading.class_page import write_class_page
from atriacourse.school.grading.dates import Dates
from atriacourse.school.grading.feedback import write_feedback
from atriacourse.school.grading.finding import find_submissions, left_out
from atriacourse.school.grading.gradebook import make_rows, read_typed, write_gradebook, write_left_out
from atriacourse.school.grading.grader import IMPORTED, Grader, key_of
from atriacourse.school.grading.kept import Key, sensible, usable_results, write_results
from atriacourse.school.grading.marks import Graded, cut_of
from atriacourse.school.grading.reading import Found, read_submission
from atriacourse.school.grading.reports import read_reports, write_reports
from atriacourse.school.grading.returns import check_exports, write_returns
from atriacourse.school.grading.roster import meet_roster, meet_typed
from atriacourse.school.grading.row import Row
from atriacourse.school.grading.similar import Pair, similar_pairs
from atriacourse.school.lists.people import Export, Student, with_keys
from atriacourse.school.lists.unpack import unpacked

NO_DATES = Dates(rules={})


@dataclass(frozen=True, kw_only=True)
class Course:
    """What an instructor settles for a class, beside its roster."""

    dates: Dates = NO_DATES
    exports: Sequence[Export] = ()  # tables of platforms, to be filled in
    by_hand: bool = False  # reports count when a teacher has marked them; False: by their words
    hide_names: bool = False  # on the pages of reports
    now: datetime | None = None  # solutions are released by it; None: none is


@dataclass(frozen=True, kw_only=True)
class GradedClass:
    """What a run of `grade` did."""

    rows: tuple[Row, ...]
    executed: int
    kept: int  # unchanged since an earlier run
    interrupted: bool
    pairs: tuple[Pair, ...]  # look-alikes
    left_out: tuple[tuple[str, str], ...]  # (path, why) of what was found and not used
    written: tuple[Path, ...]  # for platforms, and to be marked by hand
    told: tuple[str, ...]  # what could not be written for a platform


def grade_folder(
    folder: Path,
    out: Path,
    *,
    limits: Limits | None = None,
    jobs: int = 1,
    roster: Sequence[Student] = (),
    course: Course | None = None,
    rerun: Collection[str] = (),
    rerun_all: bool = False,
    fences: Sequence[str] = FENCES,
    on_progress: Callable[[int, int, Graded | None], None] = lambda done, total, graded: None,
) -> GradedClass:
    """Grade all submissions of a folder or zip, and write gradebook, feedback and the class's page.

    Args:
        folder: see finding.py. out: where everything is written, and found again by the next run.
        roster: of the class; who is on it and handed in nothing is told.
        rerun: students whose notebooks are run though they are unchanged; with `rerun_all` everybody's are.
        on_progress: called with how many are done, of how many, and the last one.
    Raises: InputError for a folder without submissions, files in `out` that are not ours, `out` inside of
        the folder, a student to be run again who handed in nothing, or a deadline without a time zone.
    """
    limits, course = limits or Limits(), course or Course()
    if out.resolve().is_relative_to(folder.resolve()):
        raise InputError(
            f"{out} lies inside of {folder}, where it would be taken for a student's folder; write the "
            "grades elsewhere"
        )
    if course.dates.due is not None and course.dates.due.tzinfo is None:
        raise InputError(f"the deadline {course.dates.due} needs a time zone")
    check_exports(course.exports)
    results, typed = usable_results(out), read_typed(out)
    with unpacked(folder) as inside:
        students = with_keys(roster, course.exports)
        found = find_submissions(inside, list(assignments()), students)
        unused = left_out(inside, found, list(assignments()), students)
        met = meet_roster(found, students, {student for student, _ in results})
        unused += [(one.path.relative_to(inside).as_posix(), why) for one, why in met.unmapped]
        results = {key: one for key, one in results.items() if key[0] not in met.moved}
        again = {student_id(each) for each in rerun}
        if missing := again - {one.student for one in met.found}:
            raise InputError(f"--rerun: {', '.join(sorted(missing))} handed in nothing that is here")
        todo = [
            one for one in met.found if rerun_all or one.student in again or _is_new(one, results, limits)
        ]
        out.mkdir(parents=True, exist_ok=True)
        write_left_out(out, unused)
        executed, interrupted = _run(todo, out, results, limits, jobs, fences, on_progress)
    for one in met.found:  # what the platform says of a file is nothing that the file says
        key = (one.student, one.assignment)
        if key in results:
            results[key] = replace(
                results[key],
                handed_in=one.handed_in,
                late=one.late,
                spelled=one.spelled,
                delivered=one.path.relative_to(inside).as_posix(),
            )
    if results:
        write_results(out, results.values())
    everybody = {one.student for one in met.found} | {one.id for one in met.roster}
    typed, told_of_typed = meet_typed(typed, everybody | {key[0] for key in results})
    pairs = similar_pairs(list(results.values()))
    flagged = with_flags(with_pairs(results, pairs), met.told, told_of_typed)
    rows = make_rows(
        flagged,
        typed,
        roster=met.roster,
        spelled={one.student: one.spelled for one in results.values()},
        late={key: course.dates.late(key, one.handed_in, marked=one.late) for key, one in results.items()},
        read=read_reports(out, results) if course.by_hand else None,
    )
    write_gradebook(out, rows)
    feedback = write_feedback(out, rows, course.dates, now=course.now)
    write_class_page(out, rows, pairs)
    written = write_reports(out, rows, hide_names=course.hide_names) if course.by_hand else []
    told: list[str] = []
    ids = {one.id: now.id for one, now in zip(students, met.roster, strict=True)}
    for export in course.exports:
        met_export = replace(export, owners=tuple(ids.get(owner, owner) for owner in export.owners))
        more, said = write_returns(out, met_export, rows, feedback)
        written, told = written + more, told + said
    return GradedClass(
        rows=tuple(rows),
        executed=executed,
        kept=len(met.found) - len(todo),
        interrupted=interrupted,
        pairs=tuple(pairs),
        left_out=tuple(sorted(unused)),
        written=tuple(written),
        told=tuple(told),
    )


def _run(
    todo: Sequence[Found],
    out: Path,
    results: dict[Key, Graded],
    limits: Limits,
    jobs: int,
    fences: Sequence[str],
    on_progress: Callable[[int, int, Graded | None], None],
) -> tuple[int, bool]:
    """Grade submissions and put them among the results; returns how many, and whether it was interrupted."""
    if not todo:
        return 0, False
    interrupted, executed, stop = False, 0, threading.Event()
    centres = make_centres(out / "centres").resolve()
    on_progress(0, len(todo), None)
    with warm_up(IMPORTED) as warm, ThreadPoolExecutor(jobs) as pool:
        grader = Grader(limits=limits, centres=centres, fences=fences, stop=stop, warm=warm)
        try:  # from the first one on: an interruption while the others are lined up must stop it too
            for done in as_completed([pool.submit(grader.grade, one) for one in todo]):
                graded = sensible(done.result())
                graded = replace(graded, cut=cut_of(graded), minutes=limits.minutes, most_gb=limits.memory_gb)
                results[graded.student, graded.assignment] = graded
                executed += 1
                write_results(out, results.values())
                on_progress(executed, len(todo), graded)
        except KeyboardInterrupt:
            interrupted = True
        finally:  # on a full disk as well, nobody waits for the rest of the class
            stop.set()
            pool.shutdown(cancel_futures=True)
    return executed, interrupted


def _is_new(found: Found, results: Mapping[Key, Graded], limits: Limits) -> bool:
    """Whether the files changed, or the limit that cut the run off."""
    known = results.get((found.student, found.assignment))
    if known is None or known.key != key_of(assignment(found.assignment), read_submission(found)):
        return True
    other = {"time": limits.minutes != known.minutes, "memory": limits.memory_gb != known.most_gb}
    return other.get(known.cut, False)


def with_pairs(results: Mapping[Key, Graded], pairs: Sequence[Pair]) -> dict[Key, Graded]:
    """Flags that follow from the whole class; they are not kept, for the class may grow."""
    flagged = dict(results)
    for pair in pairs:
        for one, other in ((pair.first, pair.second), (pair.second, pair.first)):
            key = (one, pair.assignment)
            if key in flagged:
                flag = f"looks like {other} ({pair.says})"
                flagged[key] = replace(flagged[key], flags=(*flagged[key].flags, flag))
    return flagged


def with_flags(results: Mapping[Key, Graded], *told: Mapping[str, str]) -> dict[Key, Graded]:
    """Flags by student that follow from roster and gradebook; they are not kept either."""
    flagged = dict(results)
    for key, graded in results.items():
        more = [each[key[0]] for each in told if key[0] in each]
        flagged[key] = replace(graded, flags=(*graded.flags, *more))
    return flagged
