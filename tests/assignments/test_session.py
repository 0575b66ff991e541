"""What a notebook calls: nothing is trained without a hypothesis, nothing trained is lost, all is kept."""

import json
from dataclasses import replace

import numpy as np
import pytest

from atriacourse.assignments import begin_assignment, session
from atriacourse.assignments.journal import MIMETYPE, read_journal
from atriacourse.errors import InputError
from atriacourse.studies import runner
from atriacourse.studies.identity import hash_of

GUESS = {"winner": "clahe", "low": -0.1, "high": 0.1, "because": "CLAHE evens out the grey levels."}


@pytest.fixture
def work(tmp_path, monkeypatch):
    monkeypatch.delenv("ATRIACOURSE_WORK", raising=False)
    return begin_assignment("contrast", student="Ada", folder=tmp_path)


def kinds(work):
    return [entry.kind for entry in read_journal(work.journal).entries]


def test_beginning_shows_the_variant_and_opens_the_journal(work, tmp_path):
    assert "clahe against gamma_augmentation, seed 280973, centre 2019" in repr(work)
    assert "CLAHE, 8x8 regions" in work._repr_html_()
    assert work.journal == tmp_path / "journal-contrast-ada.jsonl"
    begin_assignment("contrast", student="ada", folder=tmp_path)
    assert kinds(work) == ["begin"]
    begin_assignment("contrast", student="ada", folder=tmp_path, scale="atlas")
    assert kinds(work) == ["begin", "begin"]  # another scale is another beginning


def test_a_folder_of_scans_may_be_a_path(tmp_path):
    work = begin_assignment("contrast", student="ada", data=tmp_path / "la2018", folder=tmp_path)
    assert str(tmp_path / "la2018") in repr(work)


def test_beside_the_notebook_or_where_the_course_keeps_its_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ATRIACOURSE_WORK", str(tmp_path / "kept"))
    work = begin_assignment("contrast", student="ada")
    assert work.journal.parent == tmp_path and work.folder == tmp_path / "kept" / "work-contrast-ada"
    monkeypatch.setitem(session.sys.modules, "google.colab", session)
    assert begin_assignment("contrast", student="ada").journal.parent == tmp_path / "kept"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"name": "kontrast"}, "there are .*contrast"),
        ({"student": " "}, "student's id needs"),
        ({"scale": "huge"}, "choose one of smoke"),
    ],
)
def test_a_beginning_that_cannot_be_is_explained(words, said, tmp_path):
    given = {"name": "contrast", "student": "ada"} | words
    with pytest.raises(InputError, match=said):
        begin_assignment(given.pop("name"), folder=tmp_path, **given)


@pytest.mark.parametrize(
    "open_answer", [{"winner": None}, {"low": None}, {"high": ...}, {"because": ""}, {"because": "  "}]
)
def test_an_open_hypothesis_is_no_error_and_no_entry(work, open_answer):
    said = work.hypothesis(**GUESS | open_answer)
    assert not said.ready and repr(said).startswith("No hypothesis yet") and kinds(work) == ["begin"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"winner": "standard"}, "winner must be one of clahe, gamma_augmentation, not told apart"),
        ({"low": "0"}, "must be numbers"),
        ({"low": 0.2}, "low 0.2 is above high 0.1"),
        ({"because": 3}, "must be a text"),
    ],
)
def test_a_wrong_hypothesis_is_explained_and_not_committed(work, wrong, said):
    shown = work.hypothesis(**GUESS | wrong)
    assert not shown.ready and said in repr(shown) and kinds(work) == ["begin"]


def test_a_hypothesis_is_committed_once(work):
    first, again = work.hypothesis(**GUESS), work.hypothesis(**GUESS)
    assert first.ready and first.entry == again.entry and kinds(work) == ["begin", "hypothesis"]
    bundle = first._repr_mimebundle_()
    assert bundle[MIMETYPE] == vars(first.entry) == json.loads(work.journal.read_text().splitlines()[1])
    assert first.entry.hash[:12] in bundle["text/plain"]


def test_nothing_is_measured_without_a_hypothesis(work):
    result = work.measure()
    assert not result.ready and "commit your hypothesis first" in repr(result)
    assert np.isnan(result.a) and list(result.table.columns) == ["case", "a", "b", "difference"]
    assert not work.folder.exists() and MIMETYPE not in result._repr_mimebundle_()
    claim = work.claim(difference=0.0, low=-0.1, high=0.1, verdict="not told apart")
    assert not claim.ready and "nothing is measured yet" in repr(claim)
    assert "Still missing: hypothesis, result, claim" in repr(work.hand_in())


def test_an_open_claim_is_no_error_and_no_entry(work):
    shown = work.claim(difference=None, low=None, high=None, verdict=None)
    assert not shown.ready and repr(shown).startswith("No claim yet") and kinds(work) == ["begin"]
    shown = work.claim(difference=0.2, low=-0.1, high=0.1, verdict="clahe")
    assert "must lie between" in repr(shown) and kinds(work) == ["begin"]


@pytest.mark.slow
def test_a_whole_session(work, small_class):
    told = []
    hypothesis = work.hypothesis(**GUESS)
    result = work.measure(tell=told.append)
    assert result.ready and told and len(result.table) == 2  # a fifth of ten phantoms
    assert result.a == pytest.approx(result.table["a"].mean())
    assert result.table["difference"].to_numpy() == pytest.approx(
        (result.table["b"] - result.table["a"]).to_numpy()
    )
    content = result.entry.content
    assert content["hypothesis"] == hash_of(hypothesis.entry.content) == result.hypothesis
    assert content["values"]["b"] == pytest.approx(result.table["b"].to_list(), abs=1e-6)
    for key in content["records"].values():
        assert (work.folder / "records" / f"{key}.json").is_file()

    mean = result.b - result.a
    numbers = {"difference": mean, "low": mean - 0.1, "high": mean + 0.1}
    wrong = work.claim(**numbers, verdict="clahe")
    assert not wrong.ready and "follows 'not told apart'" in repr(wrong)  # two cases
    other = work.claim(**numbers | {"difference": mean + 0.05}, verdict="not told apart")
    assert not other.ready and "is not the mean" in repr(other)
    right = work.claim(**numbers, verdict="not told apart")
    assert right.ready and "fits what you measured" in repr(right)
    handed = work.hand_in()
    assert handed.ready and "journal-contrast-ada.jsonl" in repr(handed)

    assert kinds(work) == ["begin", "hypothesis", "result", "claim", "claim", "claim"]
    again = begin_assignment("contrast", student="ada", folder=work.journal.parent)
    again.hypothesis(**GUESS)
    assert again.measure().entry == result.entry  # nothing is trained twice, nothing is written twice
    assert read_journal(work.journal).broken is None and len(kinds(work)) == 6

    again.hypothesis(**GUESS | {"winner": None})
    assert not again.measure().ready
    assert "nothing is measured yet" in repr(again.claim(**numbers, verdict="not told apart"))

    changed = again.hypothesis(**GUESS | {"winner": "gamma_augmentation"})
    assert "marked as a change after it" in repr(changed)
    second = again.measure()
    assert second.entry.index == 7 and second.entry.content["hypothesis"] != result.hypothesis


def test_what_was_trained_survives_an_interruption(work, small_class):
    begun = []

    def stop_in_the_second_network(line):
        begun.append(line)
        if sum("cases to train on" in one for one in begun) == 2:
            raise KeyboardInterrupt

    work.hypothesis(**GUESS)
    with pytest.raises(KeyboardInterrupt):
        work.measure(tell=stop_in_the_second_network)
    (record,) = (work.folder / "records").glob("*.json")
    before = record.stat().st_mtime_ns
    assert kinds(work) == ["begin", "hypothesis"]
    assert work.measure().ready
    assert record.stat().st_mtime_ns == before and len(list(record.parent.glob("*.json"))) == 2


def test_a_journal_changed_by_hand_is_told(work):
    work.hypothesis(**GUESS)
    work.journal.write_text(work.journal.read_text().replace("clahe", "CLAHE"))
    assert "changed by hand at line 1" in repr(work.hand_in()) and not work.hand_in().ready


def test_a_training_that_fails_says_why(work, small_class, monkeypatch):
    def fail(job, bench):
        raise ValueError("no such thing")

    monkeypatch.setattr(runner, "do_job", fail)
    work.hypothesis(**GUESS)
    with pytest.raises(
        InputError, match="clahe, seed 280973 could not be trained: ValueError: no such thing"
    ):
        work.measure()


def test_an_assignment_without_networks_measures_none(work):
    work.assignment = replace(work.assignment, study=None, levels=())
    with pytest.raises(InputError, match="trains nothing"):
        work.measure()
