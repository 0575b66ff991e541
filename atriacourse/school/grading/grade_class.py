"""Grade a class: find, read, run, mark, write. Nothing that a student did stops it.

After all others of this folder. What is unchanged since the last run is not run again; what is graded is
written at once, so an interrupt costs only the submissions that were being run.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from atriacourse.assignments.centres import make_centres
from atriacourse.assignments.listing import assignment, assignments
from atriacourse.errors import InputError
from atriacourse.school.fences.jail import warm_up
from atriacourse.school.fences.layout import FENCES
from atriacourse.school.fences.system import Limits
from atriacourse.school.grading.class_page import write_class_page
from atriacourse.school.grading.feedback import write_feedback
from atriacourse.school.grading.finding import find_submissions, left_out
from atriacourse.school.grading.gradebook import (
    Key,
    Row,
    make_rows,
    read_typed,
    usable_results,
    write_gradebook,
    write_left_out,
    write_results,
)
from atriacourse.school.grading.grader import IMPORTED, Grader, key_of
from atriacourse.school.grading.marks import Graded
from atriacourse.school.grading.reading import Found, read_submission
from atriacourse.school.grading.roster import meet_roster, meet_typed
from atriacourse.school.grading.similar import Pair, similar_pairs
from atriacourse.school.handouts.handout import Student


@dataclass(frozen=True, kw_only=True)
class GradedClass:
    """What a run of `grade` did."""

    rows: tuple[Row, ...]
    executed: int
    kept: int  # unchanged since an earlier run
    interrupted: bool
    pairs: tuple[Pair, ...]  # look-alikes
    left_out: tuple[tuple[str, str], ...]  # (path, why) of what was found and not used


def grade_folder(
    folder: Path,
    out: Path,
    *,
    limits: Limits | None = None,
    jobs: int = 1,
    roster: Sequence[Student] = (),
    deadline: datetime | None = None,
    rerun: bool = False,
    fences: Sequence[str] = FENCES,
    on_progress: Callable[[int, int, Graded | None], None] = lambda done, total, graded: None,
) -> GradedClass:
    """Grade all submissions of a folder, and write gradebook, feedback and the class's page.

    Args:
        folder: see finding.py. out: where everything is written, and found again by the next run.
        roster: of the class; who is on it and handed in nothing is told. deadline: with a time zone; who
            was later is told, and loses nothing by it.
        rerun: also run what is unchanged.
        on_progress: called with how many are done, of how many, and the last one.
    Raises: InputError for a folder without submissions, files in `out` that are not ours, `out` inside of
        the folder, or a deadline without a time zone.
    """
    if out.resolve().is_relative_to(folder.resolve()):
        raise InputError(
            f"{out} lies inside of {folder}, where it would be taken for a student's folder; write the "
            "grades elsewhere"
        )
    if deadline is not None and deadline.tzinfo is None:
        raise InputError(f"the deadline {deadline} needs a time zone")
    results, typed = usable_results(out), read_typed(out)
    found = find_submissions(folder, list(assignments()))
    unused = left_out(folder, found)
    found, roster, told = meet_roster(found, roster)
    students = {one.student for one in found} | {one.id for one in roster} | {key[0] for key in results}
    typed, again = meet_typed(typed, students)
    todo = [one for one in found if rerun or _is_new(one, results)]
    out.mkdir(parents=True, exist_ok=True)
    write_left_out(out, unused)
    interrupted, executed = False, 0
    if todo:
        stop = threading.Event()
        centres = make_centres(out / "centres").resolve()
        on_progress(0, len(todo), None)
        with warm_up(IMPORTED) as warm, ThreadPoolExecutor(jobs) as pool:
            grader = Grader(limits=limits or Limits(), centres=centres, fences=fences, stop=stop, warm=warm)
            try:  # from the first one on: an interruption while the others are lined up must stop it too
                for done in as_completed([pool.submit(grader.grade, one) for one in todo]):
                    graded = done.result()
                    results[graded.student, graded.assignment] = graded
                    executed += 1
                    write_results(out, results.values())
                    on_progress(executed, len(todo), graded)
            except KeyboardInterrupt:
                interrupted = True
            finally:  # on a full disk as well, nobody waits for the rest of the class
                stop.set()
                pool.shutdown(cancel_futures=True)
    pairs = similar_pairs(list(results.values()))
    late = _late(results, deadline)
    flagged = with_flags(with_pairs(results, pairs), told, again)
    rows = make_rows(flagged, typed, roster=roster, late=late)
    write_gradebook(out, rows)
    write_feedback(out, rows)
    write_class_page(out, rows, pairs)
    return GradedClass(
        rows=tuple(rows),
        executed=executed,
        kept=len(found) - len(todo),
        interrupted=interrupted,
        pairs=tuple(pairs),
        left_out=tuple(unused),
    )


def _is_new(found: Found, results: Mapping[Key, Graded]) -> bool:
    known = results.get((found.student, found.assignment))
    return known is None or known.key != key_of(assignment(found.assignment), read_submission(found))


def with_pairs(results: Mapping[Key, Graded], pairs: Sequence[Pair]) -> dict[Key, Graded]:
    """Flags that follow from the whole class; they are not kept, for the class may grow."""
    flagged = dict(results)
    for pair in pairs:
        for one, other in ((pair.first, pair.second), (pair.second, pair.first)):
            key = (one, pair.assignment)
            flag = f"looks like {other} ({100 * pair.share:.0f} %)"
            flagged[key] = replace(flagged[key], flags=(*flagged[key].flags, flag))
    return flagged


def with_flags(results: Mapping[Key, Graded], *told: Mapping[str, str]) -> dict[Key, Graded]:
    """Flags by student that follow from roster and gradebook; they are not kept either."""
    flagged = dict(results)
    for key, graded in results.items():
        more = [each[key[0]] for each in told if key[0] in each]
        flagged[key] = replace(graded, flags=(*graded.flags, *more))
    return flagged


def _late(results: Mapping[Key, Graded], deadline: datetime | None) -> dict[Key, str]:
    if deadline is None:
        return {}
    late = {}
    for key, graded in results.items():
        over = datetime.fromisoformat(graded.handed_in).astimezone(UTC) - deadline
        hours = over.total_seconds() / 3600
        if hours > 0:
            late[key] = f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} days"
    return late
