import nbformat
import pytest

from atriacourse.assignments.journal import MIMETYPE
from atriacourse.school.grading.evidence import gather_evidence
from atriacourse.school.grading.hidden import PASSED
from atriacourse.school.grading.restore import Prepared


@pytest.fixture
def evidence_of(kit):
    """evidence_of(kind, output): of a run of one cell of that kind with one output."""

    def gather(kind, output):
        told = {"cell": "tasks-01", "kind": kind, "part": "tasks"}
        cell = nbformat.v4.new_code_cell("1", metadata={"atriacourse": told}, outputs=[output])
        notebook = nbformat.v4.new_notebook(cells=[cell])
        prepared = Prepared(assignment=None, student="ada", notebook=notebook, solved=notebook)
        return gather_evidence(prepared, kit.execution(notebook), None)

    return gather


@pytest.mark.parametrize(
    ("printed", "passed"),
    [
        (f"{PASSED}\n", True),
        (f"what the answer prints{PASSED}\n", True),
        (f"{PASSED}\nnot passed\n", False),  # the answer printed the first line
        ("not passed\n", False),
    ],
)
def test_the_last_word_of_a_check_counts(evidence_of, printed, passed):
    (test,) = evidence_of("check", nbformat.v4.new_output("stream", name="stdout", text=printed)).tests
    assert test.passed == passed


@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ('so far\n{"score": 1.0}\n', {"score": 1.0}),
        ('...{"score": 1.0}\n', {"score": 1.0}),  # a check printed dots on one line
        ("so far\n", None),
        ("", None),
    ],
)
def test_numbers_are_what_was_printed_last(evidence_of, printed, read):
    output = nbformat.v4.new_output("stream", name="stdout", text=printed)
    assert (evidence_of("numbers", output).numbers["tasks"] or None) == read


def entry(kind, content):
    return nbformat.v4.new_output("display_data", data={MIMETYPE: {"kind": kind, "content": content}})


def test_an_output_that_only_looks_like_a_hypothesis_is_none(evidence_of, kit):
    assert evidence_of("own", entry("hypothesis", kit.said)).hypothesis == kit.said
    deep = kit.said | {"because": [[["words"]]]}
    for content in ({"because": "no bounds"}, kit.said | {"low": "0"}, kit.said | {"high": None}, deep, 3):
        assert evidence_of("own", entry("hypothesis", content)).hypothesis is None
    assert evidence_of("own", entry("claim", {"difference": {"a": 1}})).claim is None


def test_a_result_counts_from_the_cell_that_measures_alone(evidence_of, kit):
    assert evidence_of("own", entry("result", kit.result)).result is None
