"""Small networks and phantoms for the ablations of a chapter."""

import pytest

from atriacourse.data.splits import holdout_split
from atriacourse.network.unet import MultiTaskUNet
from atriacourse.pages.bench.chapter import begin
from atriacourse.pages.bench.small import small_network, small_phantoms
from atriacourse.runs.describe import parameters
from atriacourse.runs.recipes import FIXED_GEOMETRY, SMALL


@pytest.mark.parametrize("profile", ["smoke", "laptop", "colab", "paper"])
def test_the_settings_fit_every_profile_and_leave_only_the_length(profile):
    chapter = begin("small", profile=profile, data="phantom", seed=1)
    config = chapter.training(*SMALL, *FIXED_GEOMETRY, "epochs=3")
    assert (config.minutes, config.epochs, config.network.inputs) == (None, 3, 1)
    assert parameters(MultiTaskUNet(config.network)) < 1e6
    geometry = config.augmentation.geometry
    assert (geometry.zoom_low, geometry.zoom_high, geometry.shift, geometry.rotation_degrees) == (1, 1, 0, 0)
    smoke = begin("small", profile="smoke", data="phantom", seed=1).training(
        *SMALL, *FIXED_GEOMETRY, "epochs=3"
    )
    assert (config.training, config.augmentation, config.validation) == (
        smoke.training,
        smoke.augmentation,
        smoke.validation,
    )


def test_a_network_is_trained_once_and_found_again(tmp_path, monkeypatch):
    monkeypatch.setenv("ATRIACOURSE_WORK", str(tmp_path))
    chapter = begin("small", profile="smoke", data="phantom", seed=1)
    cohort = small_phantoms(chapter, "some", cases=4, site="B")
    assert cohort.cases[0].image().shape == (24, 96, 96)
    split = holdout_split(cohort, fraction=0.25, seed=0)
    fewer = "training.curriculum.slices_per_case=1"
    segmenter = small_network(chapter, cohort, split, fewer, epochs=1, seed=3, name="tiny")
    record = tmp_path / "small" / "tiny_3" / "run.json"
    before = record.read_text()
    again = small_network(chapter, cohort, split, fewer, epochs=1, seed=3, name="tiny")
    assert record.read_text() == before
    assert again.saved.fingerprint() == segmenter.saved.fingerprint()
