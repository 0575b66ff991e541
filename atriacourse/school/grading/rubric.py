"""Mark a submission by its rubric: one function for each kind of part.

After evidence.py and measured.py. Nothing here raises for what a student did; parts are independent of each
other, so that an error in one costs no other part its points.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from atriacourse.assignments.assignment import Assignment, Part
from atriacourse.assignments.journal import Entry
from atriacourse.school.grading.evidence import Marking, bounded
from atriacourse.school.grading.marks import Mark
from atriacourse.school.grading.measured import mark_claim, mark_result

FEWEST_WORDS = 25  # of a report's heading; the sources say so too
FEWEST_REASONS = 3  # words of a hypothesis's `because`
SMALL_WORDS = (  # without which hardly a sentence is made
    "the and of to in is are was it that this for with as not by at be on or than which but from we they",
    "because although while therefore when where if one out its an a",
    "der die das und ist sind ein eine nicht mit von zu den dem auf weil dass wir es sie im",
    "le la les et est un une des du que qui pas dans pour avec sur il elle nous parce",
    "el los las es una no con por para se lo al como más si",
    "il lo gli che non per sono della nel di da più",
    "het een van en niet dat met op te voor zijn wij om",
    "o os um uma não com do em mais se por ao na",
)
SMALL = frozenset(word for language in SMALL_WORDS for word in language.split())
WORD = re.compile(r"[^\W\d_]{2,}")


def mark_all(marking: Marking) -> list[Mark]:
    """The marks of every part of the rubric, in its order."""
    return [MARKERS[part.kind](part, marking) for part in marking.assignment.rubric]


def no_marks(assignment: Assignment, reason: str) -> list[Mark]:
    """No points for any part, for one reason."""
    return [Mark(part=part.name, of=part.points, reasons=[reason]) for part in assignment.rubric]


def _hypothesis(part: Part, marking: Marking) -> Mark:
    """Half for a complete one, half for having committed it before the result."""
    mark, said = Mark(part=part.name, of=part.points), marking.evidence.hypothesis
    if said is None:
        why = marking.evidence.why_missing(
            "hypothesis", "winner, low, high and because must all be filled in"
        )
        mark.reasons.append(f"no complete hypothesis: {why}")
        return mark
    words = len(WORD.findall(str(said.get("because", ""))))
    if words < FEWEST_REASONS:
        mark.earn(0.3, reason=f"the reason has {words} words; say in a sentence why you expect it")
    else:
        mark.earn(0.5)
    journal = marking.evidence.journal
    if journal is None:
        mark.reasons.append("no journal was handed in and no output saved, so nothing shows when it was said")
        marking.flags.append("no journal")
        return mark
    if journal.broken is not None:
        marking.flags.append(f"the journal was changed by hand (line {journal.broken + 1})")
        mark.reasons.append(
            f"the journal's chain is broken at line {journal.broken + 1}, so it shows nothing"
        )
        return mark
    _order(mark, marking, said, journal.entries)
    return mark


def _order(mark: Mark, marking: Marking, said: dict[str, Any], entries: Sequence[Entry]) -> None:
    """Compare the hypothesis that was run with the one that stood in the journal before the result."""
    owner = next((entry.content.get("student") for entry in entries if entry.kind == "begin"), None)
    if owner is not None and owner != marking.allocation.student:
        marking.flags.append(f"the journal is that of {owner!r}")
        mark.reasons.append(f"the journal handed in is that of {owner!r}; hand in your own")
        return
    results = [entry.index for entry in entries if entry.kind == "result"]
    spoken = [entry for entry in entries if entry.kind == "hypothesis"]
    before = [entry for entry in spoken if not results or entry.index < results[0]]
    if before and before[-1].content == said:
        mark.earn(0.5)
        if marking.evidence.from_outputs:
            mark.remarks.append("no journal was handed in; the saved outputs show the order")
        return
    if results and spoken:
        mark.points = 0.0
        first = before[-1].content if before else {}
        came = f"{first.get('winner')}, {first['low']:g} to {first['high']:g}" if bounded(first) else "none"
        mark.reasons = [f"the hypothesis was changed after the result was known; before it stood: {came}"]
        marking.flags.append("hypothesis changed after the result")
    else:
        mark.reasons.append("the notebook's hypothesis is not the one in the journal; hand in both as run")
        marking.flags.append("hypothesis not in the journal")


def _tests(part: Part, marking: Marking) -> Mark:
    """The share of self-checks and hidden tests that pass."""
    mark = Mark(part=part.name, of=part.points)
    tests = [test for test in marking.evidence.tests if test.part == part.name]
    answers = [name for name, owner in marking.prepared.parts.items() if owner == part.name]
    if all(name in marking.prepared.untouched for name in answers):
        mark.reasons.append("not answered: the cells are as they were handed out")
        return mark
    passed = 0
    if not tests:
        mark.reasons.append(marking.evidence.why_missing(part.name, "it was not run"))
    for test in tests:
        if test.cell in marking.prepared.untouched:
            _once(mark, f"{test.cell}: not answered")
        elif test.passed:
            passed += 1
        else:
            kind = "hidden test" if test.hidden else "self-check"
            error = marking.evidence.errors.get(test.cell)  # of the answer itself: tests only stumble over it
            said = f"{test.cell}: {error}" if error else f"{test.cell or part.name}, {kind}: {test.said}"
            _once(mark, said)
    mark.earn(passed / len(tests) if tests else 0.0)
    return mark


def _once(mark: Mark, reason: str) -> None:
    if reason not in mark.reasons:
        mark.reasons.append(reason)


def _report(part: Part, marking: Marking) -> Mark:
    """A share for each heading with enough words of one's own; what they say, a teacher reads."""
    mark = Mark(part=part.name, of=part.points)
    names = [name for name in marking.prepared.reports if marking.prepared.parts[name] == part.name]
    for name in names:
        words = WORD.findall(marking.prepared.reports[name])
        heading = marking.prepared.headings[name]
        if name in marking.prepared.untouched:
            mark.reasons.append(f"“{heading}” is empty; write at least {FEWEST_WORDS} words")
        elif len(words) < FEWEST_WORDS:
            mark.reasons.append(f"“{heading}” has {len(words)} words of yours; {FEWEST_WORDS} are needed")
        elif len({word.casefold() for word in words}) < FEWEST_WORDS // 2:
            mark.reasons.append(f"“{heading}” repeats a few words; say it in sentences")
        elif not in_sentences(words):
            mark.reasons.append(f"“{heading}” is no text in sentences that we can tell; your teacher may")
        else:
            mark.earn(1 / len(names))
    if mark.points > part.points - 0.1:
        mark.points = float(part.points)  # thirds add up
    if mark.points:
        mark.remarks.append("counted by words; your teacher reads them and may change these points")
    return mark


def in_sentences(words: Sequence[str]) -> bool:
    """Whether words can be a text: one in sixteen is a small one without which no sentence is made.

    Letters at random are not. Scripts other than the Latin one are taken as they are.
    """
    latin = [word.casefold() for word in words if all(letter < "\u0250" for letter in word)]
    return sum(word in SMALL for word in latin) >= len(latin) / 16


def _clinic(part: Part, marking: Marking) -> Mark:
    """The score of the student's checks: faults caught minus sound runs with a false alarm."""
    mark = Mark(part=part.name, of=part.points)
    answers = [name for name, owner in marking.prepared.parts.items() if owner == part.name]
    if all(name in marking.prepared.untouched for name in answers):
        mark.reasons.append("not answered: the cells are as they were handed out")
        return mark
    found: Any = marking.evidence.numbers.get(part.name)  # whatever the checks printed
    try:
        score, missed, false_alarms = (
            float(found["score"]),
            list(found["missed"]),
            float(found["false_alarms"]),
        )
        errors = dict(found["errors"])
    except (TypeError, KeyError, ValueError):
        why = found or marking.evidence.why_missing(part.name, "the notebook ended before")
        mark.reasons.append(f"the checks could not be run: {why}")
        return mark
    mark.earn(max(0.0, score), remark=f"faults caught minus false alarms: {score:.2f}")
    if missed:
        mark.reasons.append(f"not caught: {', '.join(map(str, missed))}")
    if false_alarms:
        mark.reasons.append(f"false alarms in {100 * false_alarms:.0f} % of the sound runs")
    mark.reasons += [f"check {name}: {error}" for name, error in errors.items()]
    return mark


MARKERS: dict[str, Callable[[Part, Marking], Mark]] = {
    "hypothesis": _hypothesis,
    "tests": _tests,
    "result": mark_result,
    "claim": mark_claim,
    "report": _report,
    "clinic": _clinic,
}


def common_reasons(marks: Sequence[Sequence[Mark]]) -> list[tuple[str, int]]:
    """Reasons that several submissions share, the most frequent first; numbers in them do not count."""
    counted: dict[str, tuple[str, int]] = {}
    for submission in marks:
        kinds = {
            re.sub(r"[-+]?\d[\d.]*", "#", reason): reason for mark in submission for reason in mark.reasons
        }
        for kind, reason in kinds.items():
            counted[kind] = (counted.get(kind, (reason, 0))[0], counted.get(kind, (reason, 0))[1] + 1)
    return sorted(counted.values(), key=lambda each: -each[1])
