"""Ways to points without the work, each marked as what it is or told to the instructor.

Each goes through the real examination, with one part of the notebook answered; the training alone is spared:
what it gives is laid where an earlier one would have left it.
"""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("nbformat", reason="grading needs the book's extras")

import atriacourse
from atriacourse.assignments.allocation import allocation_of
from atriacourse.assignments.journal import add_entry
from atriacourse.assignments.listing import assignment
from atriacourse.clinic.hunt import mark_hunt
from atriacourse.school.fences.jail import Jail
from atriacourse.school.fences.system import Limits
from atriacourse.school.grading import measured
from atriacourse.school.grading.asking import without_answers
from atriacourse.school.grading.grader import LEANS, Grader, mark_submission
from atriacourse.school.grading.reading import Found, read_submission
from atriacourse.school.grading.restore import prepare
from atriacourse.school.grading.tampering import prying
from atriacourse.school.grading.theirs import Work, opened
from atriacourse.school.handouts.notebook import solution_notebook, student_notebook
from atriacourse.school.handouts.source import SOURCES

pytestmark = pytest.mark.slow
A, B = [0.80] * 6, [0.80, 0.81, 0.82, 0.83, 0.84, 0.85]  # what the networks give: a difference of 0.025
SAID = {"winner": "not told apart", "low": -0.05, "high": 0.05, "because": "six cases leave much to chance"}
FORGED = {
    "cases": list("abcdef"),
    "values": {"a": [0.5] * 6, "b": [0.52] * 6},
    "means": {"a": 0.5, "b": 0.52},
}


@pytest.fixture
def grade(tmp_path, warm, monkeypatch):
    """grade("padding", {cell: source}, own=source, journal=[...]) -> Graded."""
    monkeypatch.setattr(measured, "band_for", lambda marking: None)

    def make(name, answers, *, own="", journal=(), solved=()):
        declared = assignment(name)
        variant = allocation_of(declared, "eve")
        if declared.study:
            kept = tmp_path / "measured" / atriacourse.__version__
            kept.mkdir(parents=True, exist_ok=True)
            content = FORGED | {"study": declared.study, "metric": declared.metric, "records": {}}
            content |= {"values": {"a": A, "b": B}, "means": {"a": 0.8, "b": 0.825}}
            file = f"{name}-{variant.a}-{variant.b}-{variant.seed}-{variant.centre}.json"
            (kept / file).write_text(json.dumps(content))
        notebook = student_notebook(declared, "eve")
        worked = {cell.id: cell.source for cell in solution_notebook(declared, "eve").cells}
        for cell in notebook.cells:
            cell.source = answers.get(cell.id, worked[cell.id] if cell.id in solved else cell.source)
        if own:
            import nbformat

            notebook.cells.insert(1, nbformat.v4.new_code_cell(own))
        path = tmp_path / f"{name}.ipynb"
        path.write_text(json.dumps(notebook))
        lines = tmp_path / "journal.jsonl"
        for kind, said in journal:
            add_entry(lines, kind, said)
        submission = read_submission(
            Found(student="eve", assignment=name, path=path, journal=lines if journal else None)
        )
        grader = Grader(limits=Limits(cell_minutes=0.1), centres=tmp_path / "centres", warm=warm)
        prepared = prepare(declared, "eve", submission.notebook)
        return mark_submission(declared, submission, prepared, grader.run(prepared))

    return make


def points(graded):
    return {mark.part: mark.points for mark in graded.parts}


def flagged(graded, words):
    return any(re.search(words, flag) for flag in graded.flags)


# ---- the three of the issue -----------------------------------------------------------------------

THROUGH_GC = """\
import gc
from atriacourse.assignments import session
for one in gc.get_objects():
    if isinstance(one, session.Work):
        one.measure = lambda **_: one.take({forged!r})
    if one is session.Work:
        one.measure = lambda self, **_: self.take({forged!r})
"""
HYPOTHESIS = "hypothesis = work.hypothesis(**{said!r})\nhypothesis"
# of the forged table
CLAIM = "claim = work.claim(difference=0.02, low=0.02, high=0.02, verdict='{winner}')\nclaim"


def test_a_measure_replaced_through_gc_measures_nothing(grade):
    variant = allocation_of(assignment("padding"), "eve")
    forged = FORGED | {"study": "padding", "metric": "dice", "records": {}}
    journal = [("begin", {"student": "eve"}), ("hypothesis", SAID), ("result", forged)]
    graded = grade(
        "padding",
        {"hypothesis": HYPOTHESIS.format(said=SAID), "claim": CLAIM.format(winner=variant.b)},
        own=THROUGH_GC.format(forged=forged),
        journal=journal,
    )
    assert graded.result["difference"] == pytest.approx(0.025)  # as our own training has it
    assert points(graded)["claim"] < 15 and flagged(graded, "imports `gc`")
    assert flagged(graded, r"saved result \+0.020, run again \+0.025")


PATCHED = """\
import numpy as np
np.array_equal = np.allclose = lambda *a, **k: True
from atriacourse.exercises import check
check.check_function = lambda *a, **k: check.RIGHT
def check_function(*a, **k):
    return check.RIGHT
"""


def wrong(name, body="return np.zeros(3)"):
    given = {"tasks-01": "row, by, padding", "tasks-02": "size, crop, zoom", "tasks-03": "column, size, crop"}
    function = {"tasks-01": "padded", "tasks-02": "padding_share", "tasks-03": "seen_at"}[name]
    lines = body.replace("\n", "\n    ")
    return f"# part: tasks\nimport numpy as np\ndef {function}({given[name]}):\n    {lines}\n1"


TASKS = ("tasks-01", "tasks-02", "tasks-03")


def test_comparing_is_done_where_numpy_is_whole(grade):
    graded = grade("padding", {name: f"{PATCHED}\n{wrong(name)}" for name in TASKS})
    assert points(graded)["tasks"] == 0
    assert flagged(graded, "np.array_equal")
    assert any("self-check: Not yet" in reason for mark in graded.parts for reason in mark.reasons)


FROM_FRAMES = """\
def reads_frames(pipeline):
    import sys
    frame = sys._getframe()
    while frame is not None:
        if "breaks" in frame.f_locals:
            return frame.f_locals["breaks"] is not None
        frame = frame.f_back
    return False


def tries(pipeline):
    try:
        return reads_frames(pipeline)
    except Exception:
        return False


"""


def hunted(warm, source):
    """What `mark_hunt` makes of CHECKS, run as in an examination; and what was tried."""
    jail = Jail(
        limits=Limits(), packages=("atriacourse",), hidden=("atriacourse.school",), about=LEANS, warm=warm
    )
    with opened(Work(jail=jail, cells=[("checks-01", source)], names=["CHECKS"])) as work:
        checks = work.values()["CHECKS"]
        return mark_hunt(checks, faults=["failures_left_out"], seeds=[12, 13]), {
            one.what for one in jail.spent.attempts
        }


@pytest.mark.parametrize("check", ["reads_frames", "tries"])
def test_a_check_that_reads_its_callers_frames_sees_nothing(warm, check):
    found, tried = hunted(warm, f"{FROM_FRAMES}CHECKS = [{check}]")
    assert found["score"] == 0 and "sys._getframe" in tried
    assert "a cell looks at `_getframe`" in prying(FROM_FRAMES)


HONEST = """\
def no_mean(pipeline):
    return abs(pipeline.mean_dice([{"dice": 0.0}, {"dice": 0.2}, {"dice": 1.0}]) - 0.4) > 1e-9
CHECKS = [no_mean]
"""
COMPARES = """\
from atriacourse.clinic import healthy
def compares(pipeline):
    return healthy(pipeline.seed).mean_dice([{"dice": 1.0}]) != pipeline.mean_dice([{"dice": 1.0}])
CHECKS = [compares]
"""
COUNTS = """\
import os
seen = []
def counts(pipeline):
    seen.append(pipeline.seed)
    return len(seen) > 2 or len(os.listdir(".")) > len(open("n" + str(len(seen)), "w").name)
CHECKS = [counts]
"""


def test_an_honest_check_is_told_from_one_that_compares_or_counts(warm):
    """Each pipeline has a process of its own: the third looks to a check like the first."""
    assert hunted(warm, HONEST)[0]["score"] == 1
    assert hunted(warm, COMPARES)[0]["errors"] == {"compares": "it leans on healthy"}
    assert hunted(warm, COUNTS)[0]["score"] == 0


# ---- more of our own ------------------------------------------------------------------------------

EQUAL = """\
class Equal(np.ndarray):
    def __eq__(self, other): return np.True_
    def __array__(self, *a, **k): raise ValueError
    def __array_function__(self, *a, **k): return True
class Same:
    def __eq__(self, other): return True
    shape, dtype = (9,), float
return {made}
"""
HERE = re.escape(str(Path(atriacourse.__file__).parent))
FORGERIES = {
    # what the function does -> what must be told; none of them earns a point
    "an object that equals all": (EQUAL.format(made="Same()"), ""),
    "an array that equals all": (EQUAL.format(made="np.zeros(9).view(Equal)"), ""),
    "reading the solution": (
        f"return open({str(SOURCES / 'padding.md')!r}).read()",
        "tried to read .*padding.md",
    ),
    "reading the tests": (
        "import atriacourse\nreturn open(atriacourse.__path__[0] + '/school/grading/exam.py').read()",
        "tried to read",
    ),
    "writing over the course": (
        "import atriacourse.exercises.check as c\nopen(c.__file__, 'w').write('RIGHT = 1')",
        "tried to write",
    ),
    "writing the results": ("open('/tmp/results.json', 'w').write('[100]')", "tried to write /tmp/results"),
    "leaving words for the next process": (
        "import os, tempfile\nplace = '/dev/shm/seen'\nopen(place, 'a').write(repr(size if 0 else 1))",
        "tried to write /dev/shm",
    ),
    "a trace": (
        "import sys\nsys.settrace(lambda *a: None)\nreturn np.zeros(2)",
        "tried to look at sys.settrace",
    ),
    "patched libraries": (
        "import json, pickle, torch\njson.dumps = lambda *a, **k: '{\"value\": true}'\n"
        "pickle.loads = torch.allclose = lambda *a, **k: True\nreturn True",
        "",
    ),
    "an exit that writes": (
        "import atexit, threading\natexit.register(lambda: open('/tmp/graded', 'w'))\n"
        "threading.Thread(target=lambda: open('/tmp/graded', 'w')).start()\nreturn np.zeros(2)",
        "imports `atexit`",
    ),
    "a message of success": ("raise AssertionError('atriacourse: passed')", ""),
    "an answer on the pipe": (
        'import os\nfor n in range(3, 30):\n    try: os.write(n, b\'{"value": true, "passed": true}\\n\')\n'
        "    except OSError: pass",
        "",
    ),
    "variables": ("import os\nos.environ['ATRIACOURSE_CLASS'] = os.environ['HOME'] = '/'\nreturn None", ""),
    "an end": ("import os\nos._exit(0)", "tasks-01: its process ended"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_earns_nothing_and_is_told(grade, name):
    body, told = FORGERIES[name]
    graded = grade("padding", {"tasks-01": wrong("tasks-01", body)})
    assert points(graded)["tasks"] == 0 and graded.total == 0
    assert flagged(graded, told) or not told
    assert not Path("/tmp/graded").exists() and not Path("/tmp/results.json").exists()


def test_what_hidden_tests_ask_does_not_come_out_through_the_feedback(grade):
    """A function that says what it is asked, by every way there is, tells it to nobody but the instructor."""
    body = (
        "try:\n    open('/asked/' + str(list(row)))\nexcept OSError:\n    pass\n"
        "raise ValueError(f'asked: {list(row)}')"
    )
    graded = grade("padding", {"tasks-01": wrong("tasks-01", body)})
    shown = " ".join([*graded.notes, *(r for mark in graded.parts for r in mark.reasons)])
    assert "asked: [3, 1, 4, 1, 5]" in shown.replace("np.int64(", "").replace(")", "")  # of the self-check
    assert "7, 2, 9" not in shown.replace("np.int64(", "").replace(")", "")  # of a hidden test
    assert "ValueError" in shown and flagged(graded, "tried to read /asked")


def test_no_sentence_of_a_hidden_test_shows_a_number():
    assert without_answers("padded: the edge pixel comes once") == "padded: the edge pixel comes once"
    assert "9 2 7" not in without_answers("padded: 7 2 9 4 mirrored is 4 9 2 | 7 2 9 4 | 9 2 7")
    assert without_answers("padded: it is 4").startswith("padded: for other values")


def test_an_honest_answer_beside_all_that_has_its_points(grade):
    graded = grade("padding", {}, solved=TASKS)
    assert points(graded)["tasks"] == 30 and not graded.flags


def test_helpers_of_other_cells_are_taken_along_and_what_hangs_elsewhere_is_not(grade):
    used = (
        "# part: tasks\nMODES = {}\nMODES['mirror'] = 'reflect'\nMODES.update(zero='constant', edge='edge')\n"
    )
    used += "def padded(row, by, padding):\n    return helped(row, by, MODES[padding])\n1"
    own = "import numpy\n%matplotlib inline\n\n"
    own += "def helped(row, by, mode):\n    return numpy.pad(row, by, mode=mode)\n"
    graded = grade("padding", {"tasks-01": used}, own=f"{own}\nwhile True:\n    pass")
    assert points(graded)["tasks"] == pytest.approx(10, abs=0.1)
    assert replace(graded, flags=()).ending == ""
