"""Scores case by case: kept as they come, never of another model, and a leak is told."""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from atriacourse.data.cohort import open_cohort
from atriacourse.errors import InputError
from atriacourse.evaluation.case import read_table
from atriacourse.files import read_json
from atriacourse.runs.config import write_json
from atriacourse.runs.evaluate import cases_to_score, evaluate_cohort
from atriacourse.runs.folder import open_model
from atriacourse.runs.predict import Segmenter


@pytest.fixture(scope="module")
def segmenter(tiny_run):
    return Segmenter(open_model(tiny_run), device="cpu")


@pytest.fixture(scope="module")
def other(tiny_run):
    return Segmenter(open_model(tiny_run, checkpoint="last"), device="cpu")


@pytest.fixture(scope="module")
def whole(phantom_folder):
    return open_cohort(phantom_folder)


@pytest.fixture
def cohort(whole):
    return whole.subset(whole.names[:3])


def test_the_table_has_a_row_a_case_with_what_was_predicted(segmenter, cohort, tmp_path):
    path = tmp_path / "new" / "scores.csv"
    told = []
    result = evaluate_cohort(segmenter, cohort, path, on_case=lambda *args: told.append(args))
    assert list(result.table["name"]) == list(cohort.names) == [name for name, _ in told]
    assert result.problems == {}
    pd.testing.assert_frame_equal(result.table, read_table(path))
    for case, row in zip(cohort, result.table.to_dict("records"), strict=True):
        image, truth = case.image(), case.mask().voxels
        guess = segmenter(image)
        overlap = 2 * (truth & guess.mask).sum() / (truth.sum() + guess.mask.sum())
        assert row["dice"] == pytest.approx(overlap)
        assert row["truth_ml"] == pytest.approx(truth.sum() * np.prod(image.spacing_mm) / 1000)
        assert row["spacing_source"] == "file" and bool(row["post_ablation"]) is case.post_ablation
        assert row["post_ablation_probability"] == pytest.approx(guess.post_ablation)
    note = read_json(path.with_suffix(".json"), way_out="")
    assert note["model"] == segmenter.saved.fingerprint() and note["raw"] is False and note["torch"]


def test_rows_are_there_as_soon_as_they_are_known(segmenter, cohort, tmp_path):
    path = tmp_path / "scores.csv"
    seen = []
    evaluate_cohort(segmenter, cohort, path, on_case=lambda *_: seen.append(len(read_table(path))))
    assert seen == [1, 2, 3]


def test_interrupted_it_goes_on_with_the_next_case(segmenter, cohort, tmp_path, monkeypatch):
    path = tmp_path / "scores.csv"

    def interrupt(name, row):
        if name == cohort.names[1]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate_cohort(segmenter, cohort, path, on_case=interrupt)
    table = read_table(path)
    assert len(table) == 2
    scored = []
    predict = Segmenter.__call__
    monkeypatch.setattr(Segmenter, "__call__", lambda self, image: scored.append(1) or predict(self, image))
    result = evaluate_cohort(segmenter, cohort, path)
    assert list(result.table["name"]) == list(cohort.names) and len(scored) == 1
    pd.testing.assert_frame_equal(result.table[:2], table)


def test_all_there_nothing_is_predicted_again(segmenter, cohort, tmp_path, monkeypatch):
    path = tmp_path / "scores.csv"
    first = evaluate_cohort(segmenter, cohort, path)
    content = path.read_bytes()
    monkeypatch.setattr(Segmenter, "__call__", lambda *args: pytest.fail("predicted again"))
    again = evaluate_cohort(segmenter, cohort, path)
    pd.testing.assert_frame_equal(first.table, again.table)
    assert path.read_bytes() == content


@pytest.mark.parametrize("what", ["model", "raw", "spacing_mm", "cohort"])
def test_scores_of_another_kind_are_not_mixed_in(segmenter, other, cohort, tmp_path, what):
    path = tmp_path / "scores.csv"
    z, y, x = cohort.cases[0].grid().spacing_mm
    evaluate_cohort(segmenter, cohort, path)
    content = path.read_bytes()
    model, raw = (other if what == "model" else segmenter), what == "raw"
    if what == "spacing_mm":
        cohort = replace(cohort, cases=tuple(replace(case, spacing_mm=(z * 1.1, y, x)) for case in cohort))
    if what == "cohort":
        cohort = replace(cohort, name="elsewhere")
    with pytest.raises(InputError, match=f"holds scores of another {what}; name another file, or remove it"):
        evaluate_cohort(model, cohort, path, raw=raw)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "other", [{"resample": False}, {"trained_mm": (6.0, 5.0, 5.0)}], ids=["switch", "voxels"]
)
def test_scores_of_another_resampling_are_not_mixed_in(segmenter, cohort, tmp_path, other):
    odd = replace(cohort, cases=tuple(replace(case, spacing_mm=(3.0, 3.0, 3.0)) for case in cohort))
    first = evaluate_cohort(segmenter, odd, tmp_path / "scores.csv")
    assert read_json(tmp_path / "scores.json", way_out="")["resampling"] == list(segmenter.trained_mm)
    choice = Segmenter(segmenter.saved, device="cpu", **other)
    with pytest.raises(InputError, match="holds scores of another resampling; name another file"):
        evaluate_cohort(choice, odd, tmp_path / "scores.csv")
    assert len(evaluate_cohort(choice, odd, tmp_path / "other.csv").table) == len(first.table)


def test_where_nothing_is_resampled_the_choice_and_older_tables_are_alike(segmenter, cohort, tmp_path):
    evaluate_cohort(segmenter, cohort, tmp_path / "scores.csv")
    note = tmp_path / "scores.json"
    older = read_json(note, way_out="")
    assert older.pop("resampling") is None
    write_json(note, older)
    evaluate_cohort(Segmenter(segmenter.saved, device="cpu", resample=False), cohort, tmp_path / "scores.csv")


def test_a_table_of_unknown_origin_is_not_touched(segmenter, cohort, tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("name,dice\nmine,1.0\n")
    with pytest.raises(InputError, match=r"no scores\.json says that this program wrote it"):
        evaluate_cohort(segmenter, cohort, path)
    assert path.read_text() == "name,dice\nmine,1.0\n"


def test_a_case_that_cannot_be_scored_is_told_and_the_others_are(segmenter, cohort, tmp_path):
    broken = shutil.copy(cohort.cases[1].image_path, tmp_path / "lgemri.nrrd")
    broken.write_bytes(broken.read_bytes()[:3000])
    cases = (
        replace(cohort.cases[0], mask_path=None),
        replace(cohort.cases[1], image_path=broken),
        cohort.cases[2],
    )
    told = {}
    result = evaluate_cohort(
        segmenter, replace(cohort, cases=cases), tmp_path / "scores.csv", on_case=told.__setitem__
    )
    assert list(result.table["name"]) == [cohort.names[2]]
    assert "has no mask" in result.problems[cohort.names[0]]
    assert "lgemri.nrrd" in result.problems[cohort.names[1]]
    assert told[cohort.names[0]] == result.problems[cohort.names[0]]


def test_nothing_to_score_is_an_error(segmenter, cohort, tmp_path):
    bare = replace(cohort, cases=tuple(replace(case, mask_path=None) for case in cohort))
    with pytest.raises(InputError, match=r"none of the 3 cases could be scored: .*has no mask"):
        evaluate_cohort(segmenter, bare, tmp_path / "scores.csv")


# ---- which cases ---------------------------------------------------------------------------------


def test_the_held_out_cases_of_the_folder_it_was_trained_on(tiny_run, whole):
    saved = open_model(tiny_run)
    for which in ("auto", "held-out"):
        chosen, leaked = cases_to_score(saved, whole, which)
        assert chosen.names == saved.split().test and leaked == ()


def test_all_cases_with_the_leak_told(tiny_run, whole):
    saved = open_model(tiny_run)
    chosen, leaked = cases_to_score(saved, whole, "all")
    assert chosen.names == whole.names and set(leaked) == set(saved.split().train)


def test_every_case_of_another_cohort(tiny_run, whole):
    others = tuple(replace(case, name=f"other{k}") for k, case in enumerate(whole))
    elsewhere = replace(whole, cases=others, lists={})
    saved = open_model(tiny_run)
    for which in ("auto", "all"):
        chosen, leaked = cases_to_score(saved, elsewhere, which)
        assert len(chosen) == 6 and not leaked
    with pytest.raises(InputError, match=r"none of the 1 held-out cases .* or score all cases"):
        cases_to_score(saved, elsewhere, "held-out")


def test_another_word_is_refused(tiny_run, whole):
    with pytest.raises(InputError, match="auto, held-out or all, got 'some'"):
        cases_to_score(open_model(tiny_run), whole, "some")
