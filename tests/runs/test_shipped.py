"""The networks that come with the course: what their cards say is so, and nothing is written beside them."""

import shutil
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

import pytest
import torch
from train_models import LARGEST, PLANNED, phantoms_of, split_of

from atriacourse.cli import app
from atriacourse.data.cohort import open_cohort
from atriacourse.data.grid import plain_grid
from atriacourse.data.phantom import PhantomConfig, make_phantom
from atriacourse.data.phantom.write import plan_cases
from atriacourse.data.volume import Volume, grey_levels
from atriacourse.errors import InputError
from atriacourse.evaluation.metrics import volume_ml
from atriacourse.evaluation.overlap import dice
from atriacourse.pages.bench.chapter import begin
from atriacourse.pages.bench.trained import trained_model
from atriacourse.runs.config import to_json
from atriacourse.runs.describe import parameters
from atriacourse.runs.folder import open_model
from atriacourse.runs.loading import data_hash, load_bank_case
from atriacourse.runs.provenance import processor
from atriacourse.runs.segmenter import Segmenter
from atriacourse.runs.shipped import MODELS, origin, read_card, shipped_names
from atriacourse.runs.splitting import make_split

NAMES = shipped_names()
TOLERANCE = 0.01  # processors round sums, and a few voxels of a phantom, in other ways


@cache
def phantom(name: str, config: PhantomConfig, cases: int, seed: int):
    """The phantom of that name, of a cohort."""
    (planned,) = [one for one in plan_cases(cases=cases, config=config, seed=seed) if one.name == name]
    return make_phantom(planned.config, seed=planned.seed)


def files():
    return {path: path.stat().st_mtime_ns for path in MODELS.glob("*/*") if path.suffix != ".pyc"}


@pytest.fixture
def untouched():
    """Fails a test that writes beside the networks."""
    before = files()
    yield
    assert files() == before


def test_there_are_those_that_the_command_makes():
    assert sorted(PLANNED) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_card_is_of_this_network_and_complete(name):
    card, saved, planned = read_card(name), open_model(name), PLANNED[name]
    split = saved.split()
    assert saved.config == planned.config and saved.shipped == card["name"] == name
    assert card["phantoms"] == {
        "config": asdict(planned.phantom),
        "cases": planned.cases,
        "seed": planned.phantom_seed,
    }
    made = plan_cases(cases=planned.cases, config=planned.phantom, seed=planned.phantom_seed)
    sites = {one.name: one.config.site for one in made}
    assert sorted([*card["trained_on"], *card["validated_on"]]) == sorted(split.train)
    assert {row["name"]: row["site"] for row in card["cases"]} == {name: sites[name] for name in split.test}
    assert set(sites) == {*split.train, *split.test} and set(card["held_out"]) == {"all", "A", "B"}
    for site, score in card["held_out"].items():
        rows = [row for row in card["cases"] if site in ("all", row["site"])]
        assert score["cases"] == len(rows)
        assert score["dice"] == pytest.approx(sum(row["dice"] for row in rows) / len(rows), abs=1e-4)
    assert {"command", "commit", "seed", "torch", "device", "date"} <= card.keys()
    assert "+" not in card["commit"] and card["command"].startswith("train_models.py")
    assert card["parameters"] == parameters(saved.load(0, torch.device("cpu")))
    assert sum(path.stat().st_size for path in saved.folder.glob("*.safetensors")) <= LARGEST


@pytest.mark.parametrize("name", NAMES)
def test_the_weights_give_the_cards_dice_again(name):
    card, segmenter, planned = read_card(name), Segmenter(open_model(name), device="cpu"), PLANNED[name]
    for site in ("A", "B"):
        row = next(row for row in card["cases"] if row["site"] == site)
        made = phantom(row["name"], planned.phantom, planned.cases, planned.phantom_seed)
        result = segmenter(Volume(voxels=made.image, grid=plain_grid(made.image.shape, made.spacing_mm)))
        assert dice(made.mask, result.mask) == pytest.approx(row["dice"], abs=TOLERANCE)
        assert result.post_ablation == pytest.approx(row["post_ablation_probability"], abs=TOLERANCE)
        assert volume_ml(made.mask, made.spacing_mm) == pytest.approx(row["truth_ml"], rel=TOLERANCE)


@pytest.mark.thorough
@pytest.mark.parametrize("name", NAMES)
def test_the_phantoms_made_again_have_the_cards_digest(name, tmp_path, monkeypatch):
    card, planned = read_card(name), PLANNED[name]
    if card["device"] != processor():
        pytest.skip("a phantom's voxel may differ by one grey level on another processor")
    monkeypatch.setattr("train_models.WORK", tmp_path)
    cohort = phantoms_of(planned)
    assert split_of(cohort, planned).test == open_model(name).split().test
    bank = [load_bank_case(case, planned.config) for case in cohort.subset(card["trained_on"])]
    held = [
        (case.name, grey_levels(case.image()), case.mask().voxels)
        for case in cohort.subset(card["validated_on"])
    ]
    assert data_hash(bank, held) == card["data"]


def test_the_pair_differs_in_gamma_alone_and_shows_what_gamma_is_for():
    gamma, plain = read_card("phantom-gamma"), read_card("phantom-plain")
    assert gamma["data"] == plain["data"] and gamma["seed"] == plain["seed"]
    one, other = (to_json(open_model(name).config) for name in ("phantom-gamma", "phantom-plain"))
    assert one["augmentation"].pop("gamma") != other["augmentation"].pop("gamma") and one == other
    lost = {card["name"]: card["gamma"]["1"] - card["gamma"]["0.3"] for card in (gamma, plain)}
    assert lost["phantom-plain"] > lost["phantom-gamma"] + 0.1


def test_a_folder_that_holds_a_run_is_taken_before_the_name(tiny_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "phantom-coarse").mkdir()  # such as the masks of an earlier call
    assert open_model("phantom-coarse").folder == MODELS / "phantom-coarse"
    shutil.copytree(tiny_run, "phantom-coarse", dirs_exist_ok=True)
    assert open_model("phantom-coarse").folder == Path("phantom-coarse")
    assert open_model("phantom-coarse").shipped is None


def test_what_is_neither_folder_nor_name_is_told_the_names():
    with pytest.raises(InputError, match=rf"nor a network of the course \({', '.join(NAMES)}\)"):
        open_model("phantom-fine")
    with pytest.raises(InputError, match="best checkpoint alone"):
        open_model("phantom-coarse", checkpoint="last")


@pytest.mark.usefixtures("untouched")
def test_commands_take_the_name_say_what_it_is_and_write_elsewhere(
    phantom_folder, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    said = origin(read_card("phantom-coarse"))
    assert "no medical device" in said and "phantoms" in said
    for words in (
        ["predict", str(phantom_folder), "--out", "masks"],
        ["evaluate", "--data", str(phantom_folder)],
        ["describe"],
    ):
        app([*words, "--model", "phantom-coarse"], standalone_mode=False)
        assert capsys.readouterr().err.startswith(said)
    assert len(list((tmp_path / "masks").glob("*_la.nii.gz"))) == 6
    assert len(list(tmp_path.glob("evaluation-phantom-coarse-*.csv"))) == 1
    app(
        ["evaluate", "--model", str(MODELS / "phantom-coarse"), "--data", str(phantom_folder)],
        standalone_mode=False,
    )
    app(["models"], standalone_mode=False)
    listed = capsys.readouterr().out
    assert all(origin(read_card(name)) in listed for name in NAMES)


@pytest.mark.usefixtures("untouched")
def test_a_chapter_that_uses_a_network_gets_the_courses_own_at_smoke(
    phantom_folder, tmp_path, monkeypatch, tiny_settings
):
    monkeypatch.setenv("ATRIACOURSE_WORK", str(tmp_path))
    cohort = open_cohort(phantom_folder)
    split = make_split(cohort, "holdout", seed=0)
    chapter = begin("a chapter", profile="smoke", data="phantom", seed=3)
    got = trained_model(chapter, cohort, split, *tiny_settings, shipped="phantom-coarse")
    assert got.saved.shipped == "phantom-coarse" and not any(chapter.work.iterdir())
    assert got.said.startswith("Comes with the course, not trained here. phantom-coarse: trained on ")
    longer = replace(chapter, profile="laptop")
    own = trained_model(longer, cohort, split, *tiny_settings, shipped="phantom-coarse")
    assert own.saved.shipped is None and own.said.startswith("Trained on 4 cases")


def test_it_is_not_taken_for_phantoms_that_it_was_trained_on(
    phantom_folder, tmp_path, monkeypatch, tiny_settings
):
    monkeypatch.setenv("ATRIACOURSE_WORK", str(tmp_path))
    cohort = open_cohort(phantom_folder)
    split = make_split(cohort, "holdout", seed=0)
    chapter = begin("a chapter", profile="smoke", data="phantom", seed=3)
    monkeypatch.setattr("atriacourse.runs.folder.SavedModel.split", lambda saved: split)
    own = trained_model(chapter, cohort, split, *tiny_settings, shipped="phantom-coarse")
    assert own.saved.shipped is None
