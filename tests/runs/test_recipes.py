"""Recipes in parts: one dial for widths, names that mean one thing, and settings that are what they were."""

from dataclasses import replace

import pytest

from atriacourse.network.unet import NetworkConfig, without_finest
from atriacourse.pages.bench.chapter import PROFILES as CHAPTERS
from atriacourse.pages.bench.chapter import begin
from atriacourse.runs.config import RunConfig, override
from atriacourse.runs.profiles import profile
from atriacourse.runs.recipes import LAPTOP, LEFT_END, OURS, SMALL, widths
from atriacourse.studies.cells import Cell
from atriacourse.studies.scales import SCALES, scale


def test_one_dial_turns_all_widths():
    # the paper's shape, 64 128 256 512 512 512 and 512 256 128 64 64, with 256 where it has 512
    capped = NetworkConfig(encoder=(64, 128, 256, 256, 256, 256), decoder=(256, 256, 128, 64, 64))
    assert override(RunConfig(), widths(64)).network == capped
    assert override(RunConfig(), widths(8, hidden=64)).network == capped.narrowed(8)


@pytest.mark.parametrize(
    "settings", [profile("laptop"), scale("laptop").settings()], ids=["profile", "scale"]
)
def test_laptop_names_one_cost(settings):
    assert settings.profile == "laptop"
    said = override(settings, LAPTOP)
    folds = settings.network.fold > 1  # the profile: less work for a step, and so more steps
    network = without_finest(said.network, fold=2) if folds else said.network
    assert replace(said, network=network) == settings  # it says nothing new


def test_a_profile_has_our_recipe_and_a_scale_the_left_end_of_the_tables():
    assert override(profile("laptop"), OURS) == override(profile("laptop"), ["minutes=15"])
    for name in SCALES:
        settings = scale(name).settings()
        assert override(settings, LEFT_END) == settings, name


@pytest.mark.parametrize("name", [name for name in CHAPTERS if name != "smoke"])
def test_a_chapters_profile_is_the_profile(name):
    assert begin("any", profile=name, data="phantom", seed=0).training() == profile(name)


# The key that a record of each would have, as it was when its settings were written out where they are used.
# The pages' numbers are of such trainings: whoever changes a part has them to record anew. The scales' own
# are held by the committed records.
KEYS = {
    "smoke": "08d7f074ab9518cf",
    "laptop": "0ff45a375083681f",
    "colab": "3c58fddeeac26bf9",
    "a chapter at smoke": "d4462aa177cb353e",
    "an ablation of a chapter": "760e8a3b1012ff7c",
}


def test_the_trainings_of_pages_and_profiles_are_what_they_were():
    chapter = begin("any", profile="smoke", data="phantom", seed=0)
    settings = {name: profile(name) for name in ("smoke", "laptop", "colab")} | {
        "a chapter at smoke": chapter.training(),
        "an ablation of a chapter": chapter.training(*SMALL, "epochs=3"),
    }
    same = {"data": "", "split": "safe", "subsets": None, "member": 0, "seed": 1}
    assert {name: Cell(config=one, **same).key for name, one in settings.items()} == KEYS
