import random
from types import SimpleNamespace

import pytest

from atriacourse.assignments.assignment import Part
from atriacourse.school.bands import band as bands
from atriacourse.school.grading import measured
from atriacourse.school.grading.evidence import Evidence
from atriacourse.school.grading.grader import mark_submission
from atriacourse.school.grading.restore import prepare
from atriacourse.school.grading.rubric import MARKERS

BEGIN = {"student": "ada", "assignment": "contrast"}
JOURNAL = [("begin", BEGIN), ("hypothesis", None), ("result", None)]  # None: as in the run


@pytest.fixture
def grade(contrast, hand_in, read, kit, good_claim, monkeypatch):
    """grade(change=..., journal=..., said=..., result=..., claim=..., fails=...) -> Graded."""
    wide = bands.Band(low=-0.1, high=0.1, runs=9)
    monkeypatch.setattr(measured, "seed_band", lambda *args, **kwargs: wide)

    def make(*, journal=JOURNAL, solved=True, change=None, claim=None, **outcome):
        own = {"begin": BEGIN, "hypothesis": outcome.get("said", kit.said), "result": kit.result}
        lines = [(kind, own[kind] if content is None else content) for kind, content in journal]
        folder = hand_in("ada", solved=solved, change=change, journal=lines)
        submission = read(folder, "ada")
        prepared = prepare(contrast, "ada", submission.notebook)
        claim = good_claim("ada") | (claim or {})
        return mark_submission(contrast, submission, prepared, kit.ran(prepared, claim=claim, **outcome))

    return make


def part(graded, name):
    return next(mark for mark in graded.parts if mark.part == name)


def test_everything_right_has_full_marks(grade):
    graded = grade()
    assert graded.total == 100
    assert not graded.flags and not any(mark.reasons for mark in graded.parts)


def test_a_stub_has_none(grade):
    graded = grade(solved=False, said=None, result=None, journal=[])
    assert graded.total == 0
    assert all(mark.reasons for mark in graded.parts)


def test_a_hypothesis_changed_after_the_result_earns_nothing(grade, kit):
    first = kit.said | {"winner": "clahe"}
    changed = [("begin", BEGIN), ("hypothesis", first), ("result", None), ("hypothesis", None)]
    graded = grade(journal=changed)
    assert part(graded, "hypothesis").points == 0
    assert "changed after the result" in part(graded, "hypothesis").reasons[0]
    assert "clahe" in part(graded, "hypothesis").reasons[0]
    assert "hypothesis changed after the result" in graded.flags


def test_a_hypothesis_may_change_before_the_result(grade, kit):
    first = kit.said | {"winner": "clahe"}
    graded = grade(journal=[("begin", BEGIN), ("hypothesis", first), ("hypothesis", None), ("result", None)])
    assert part(graded, "hypothesis").points == 10


def test_without_a_journal_half_is_left(grade):
    graded = grade(journal=[])
    assert part(graded, "hypothesis").points == 5
    assert graded.flags == ("no journal",)


def test_saved_outputs_stand_in_for_a_journal(grade, kit):
    from atriacourse.assignments.journal import MIMETYPE, add_entry

    def save_outputs(notebook):
        import nbformat

        for name, kind, content in (
            ("hypothesis", "hypothesis", kit.said),
            ("measure", "result", kit.result),
        ):
            entry = add_entry("other.jsonl", kind, content)
            data = {MIMETYPE: vars(entry)}
            kit.cell_of(notebook, name).outputs = [nbformat.v4.new_output("display_data", data=data)]

    graded = grade(journal=[], change=save_outputs)
    assert part(graded, "hypothesis").points == 10
    assert "saved outputs" in part(graded, "hypothesis").remarks[0]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_journal_changed_by_hand_shows_nothing(grade, contrast, hand_in, tmp_path, read, kit, good_claim):
    grade()
    path = tmp_path / "class" / "ada" / "journal-contrast-ada.jsonl"
    path.write_text(path.read_text().replace("six cases", "six hundred"))
    submission = read(tmp_path / "class", "ada")
    prepared = prepare(contrast, "ada", submission.notebook)
    graded = mark_submission(contrast, submission, prepared, kit.ran(prepared, claim=good_claim("ada")))
    assert part(graded, "hypothesis").points == 5
    assert "changed by hand (line 2)" in graded.flags[0]


def test_anothers_journal_is_told(grade):
    lines = [("begin", BEGIN | {"student": "bob"}), ("hypothesis", None), ("result", None)]
    graded = grade(journal=lines)
    assert part(graded, "hypothesis").points == 5
    assert "the journal is that of 'bob'" in graded.flags


def test_tests_count_one_by_one(grade):
    whole, less = grade(), grade(fails=["hidden-tasks-01"])
    assert part(less, "tasks").points < part(whole, "tasks").points == 30
    assert any("seven is odd" in reason for reason in part(less, "tasks").reasons)


def test_a_journal_in_which_the_hypothesis_lacks_a_field_is_none_before_the_result(grade):
    first = {"low": -0.1, "high": 0.1}
    journal = [("begin", BEGIN), ("hypothesis", first), ("result", None), ("hypothesis", None)]
    graded = grade(journal=journal)
    assert "before it stood: None, -0.1 to 0.1" in part(graded, "hypothesis").reasons[0]


def test_a_claim_typed_that_was_never_measured_is_hard_coded(grade, kit):
    def type_it(notebook):
        source = "difference = 0.15\nclaim = work.claim(difference=difference, low=0.1, high=0.2)\nclaim"
        kit.cell_of(notebook, "claim").source = source

    graded = grade(change=type_it, claim={"difference": 0.15, "low": 0.1, "high": 0.2})
    assert part(graded, "claim").points == 0
    assert (
        "+0.1500, typed into the cell, is not this notebook's own, +0.0250"
        in part(graded, "claim").reasons[0]
    )
    assert "hard-coded claim" in graded.flags


def test_a_claim_rounded_to_three_digits_is_the_notebooks_own(grade):
    assert part(grade(claim={"difference": 0.026}), "claim").points == 15


@pytest.mark.parametrize(
    ("change", "points", "said"),
    [
        ({"low": -0.5, "high": 0.5, "verdict": "not told apart"}, 10.5, "is not one of these cases"),
        ({"verdict": "not told apart"}, 10.5, "the verdict does not follow"),
        ({"low": 0.03}, 0, "must lie between"),
        ({"low": None}, 0, "low must be a number"),
    ],
)
def test_interval_and_verdict_have_their_share(grade, change, points, said):
    mark = part(grade(claim=change), "claim")
    assert mark.points == points
    assert said in mark.reasons[0]


def test_students_t_is_an_interval_too(grade):
    # sd of 0.00 ... 0.05 is 0.01871; 2.571 * 0.01871 / sqrt(6) = 0.01964
    assert part(grade(claim={"low": 0.0054, "high": 0.0446}), "claim").points == 15


def test_a_result_outside_the_band_needs_the_students_own(grade, monkeypatch):
    narrow = bands.Band(low=-0.02, high=0.02, runs=9)
    monkeypatch.setattr(measured, "seed_band", lambda *args, **kwargs: narrow)
    assert part(grade(), "result").points == 10
    alone = grade(journal=JOURNAL[:2])
    assert part(alone, "result").points == 5
    assert "result outside the seed band" in alone.flags


def test_a_saved_result_that_the_run_does_not_give_is_told(grade, kit):
    better = kit.result | {"means": {"a": 0.8, "b": 0.99}, "values": {"a": [0.8] * 6, "b": [0.99] * 6}}
    graded = grade(journal=[*JOURNAL[:2], ("result", better)])
    assert "saved result +0.190, run again +0.025" in graded.flags
    assert part(graded, "result").points == 10


def test_a_cell_that_changes_the_course_loses_the_result(grade):
    import nbformat

    def patch(notebook):
        notebook.cells.append(nbformat.v4.new_code_cell("work.measure = lambda **_: 0.99"))

    graded = grade(change=patch)
    assert part(graded, "result").points == 0
    assert "a cell changes `work.measure`" in graded.flags


def test_a_report_of_few_or_repeated_words_is_not_one(grade, kit):
    def write(notebook):
        for name, text in (("report-01", "Too short."), ("report-02", "word " * 60)):
            cell = kit.cell_of(notebook, name)
            cell.source = f"{cell.source.splitlines()[0]}\n\n{text}"

    mark = part(grade(change=write), "report")
    assert "2 words of yours" in mark.reasons[0]
    assert "repeats" in mark.reasons[1]
    assert 0 < mark.points < 25


def test_a_notebook_that_never_ran_has_reasons_for_all(contrast, hand_in, read, kit):
    submission = read(hand_in("ada"), "ada")
    prepared = prepare(contrast, "ada", submission.notebook)
    graded = mark_submission(contrast, submission, prepared, kit.execution(ending="the kernel died"))
    assert graded.total == part(graded, "report").points
    assert "not run to its end: the kernel died" in graded.flags
    for name in ("hypothesis", "tasks", "result", "claim"):  # filled in, and never reached: it says so
        assert "not reached, because the run stopped: the kernel died" in part(graded, name).reasons[0]


def test_letters_at_random_are_no_report(grade, kit):
    taste = random.Random(1)
    letters = " ".join(
        "".join(taste.choices("abcdefghijklmnopqrstuvwxyz", k=taste.randint(2, 9))) for _ in range(60)
    )
    german = (
        "Der Abstand ist größer, weil die Maske nicht bis an den Rand reicht. " * 3
        + "Das sagt wenig, und es gilt für sechs Fälle."
    )

    def write(notebook):
        for name, text in (("report-01", letters), ("report-02", german)):
            cell = kit.cell_of(notebook, name)
            cell.source = f"{cell.source.splitlines()[0]}\n\n{text}"

    mark = part(grade(change=write), "report")
    assert len(mark.reasons) == 1 and "is no text in sentences that we can tell" in mark.reasons[0]


def clinic_mark(found, untouched=()):
    prepared = SimpleNamespace(parts={"checks-01": "checks"}, untouched=set(untouched))
    case = SimpleNamespace(prepared=prepared, evidence=Evidence(numbers={"checks": found}))
    return MARKERS["clinic"](Part(name="checks", points=40, says="", kind="clinic"), case)


def test_checks_earn_what_they_catch_minus_false_alarms():
    mark = clinic_mark(
        {"score": 0.75, "missed": ["leak"], "false_alarms": 0.2, "errors": {"mine": "TypeError"}}
    )
    assert mark.points == 30
    assert mark.reasons == [
        "not caught: leak",
        "false alarms in 20 % of the sound runs",
        "check mine: TypeError",
    ]


@pytest.mark.parametrize("found", [None, "NameError: CHECKS", {"score": "x"}, [1]])
def test_checks_that_could_not_be_run_earn_nothing(found):
    mark = clinic_mark(found)
    assert mark.points == 0 and "could not be run" in mark.reasons[0]


def test_worse_than_silence_is_nothing_and_so_is_a_stub():
    assert clinic_mark({"score": -0.5, "missed": [], "false_alarms": 1, "errors": {}}).points == 0
    stub = clinic_mark({"score": 1.0, "missed": [], "false_alarms": 0, "errors": {}}, untouched=["checks-01"])
    assert stub.points == 0


def test_a_network_that_predicts_nothing_costs_no_points_and_is_told(grade, kit):
    empty = {"values": {"a": ["inf"] * 6, "b": ["inf"] * 6}, "means": {"a": None, "b": None}}
    graded = grade(result=kit.result | empty)
    result, claim = part(graded, "result"), part(graded, "claim")
    assert (result.points, claim.points) == (result.of, claim.of)
    assert "predicts nothing" in result.remarks[0] and "nothing to claim" in claim.remarks[0]
    assert "trained, but nothing finite was measured" in graded.flags
