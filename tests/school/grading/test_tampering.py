import pytest

from atriacourse.school.grading.tampering import tampering


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("work = 3", "`work`"),
        ("work.measure = lambda: 1", "`work.measure`"),
        ("import atriacourse.studies.runner as r\nr.run_units = print", "`r.run_units`"),
        ("from atriacourse.assignments import session\nsession.Work.measure = None", "Work.measure"),
        ("setattr(work, 'measure', print)", "setattr"),
        ("from atriacourse.assignments.journal import add_entry", "writer of the journal"),
        ("%time\nwork += 1", "`work`"),
        ("class work:\n    measure = print", "`work`"),
        ("def work():\n    pass", "`work`"),
        ("import json as work", "`work`"),
        ("for work in [1]:\n    pass", "`work`"),
        ("for work.measure in [print]:\n    pass", "`work.measure`"),
        ("del work.journal", "`work.journal`"),
    ],
)
def test_changing_the_course_is_seen(source, said):
    (found,) = tampering(source)
    assert said in found


@pytest.mark.parametrize(
    "source",
    [
        "result = 3\nresult.flags.writeable = False",
        "works = work.claim(difference=1, low=0, high=2, verdict='a')",
        "from atriacourse.evaluation.compare import compare\ntable = compare(a, b)",
        "def work_out(x:\n",
        "!ls",
    ],
)
def test_answers_are_left_alone(source):
    assert tampering(source) == []
