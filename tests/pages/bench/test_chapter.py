"""What a chapter settles in its first cell, and the list of what it trains differently."""

import pytest
import torch

from atriacourse.data.phantom import PhantomConfig
from atriacourse.errors import InputError
from atriacourse.pages.bench.chapter import PROFILES, begin, changed_settings
from atriacourse.runs.config import override
from atriacourse.runs.profiles import profile as settings_of

TINY = PhantomConfig(matrix=32, slices=8)


@pytest.fixture
def start(tmp_path, monkeypatch):
    monkeypatch.setenv("ATRIACOURSE_WORK", str(tmp_path))
    threads = torch.get_num_threads()
    yield lambda profile="smoke": begin("03_contrast", profile=profile, data="phantom", seed=1)
    torch.set_num_threads(threads)


def test_the_profile_follows_the_device(start, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert start(None).profile == "laptop"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert start(None).profile == "colab"
    with pytest.raises(InputError, match=r"profile must be one of smoke, .* got 'huge'"):
        start("huge")


def test_what_a_chapter_writes_is_kept_where_the_variable_says(start, tmp_path):
    chapter = start()
    assert chapter.work == tmp_path / "03_contrast"
    assert chapter.folder("run") == chapter.work / "run"
    assert not chapter.folder("run").exists()


def test_without_the_variable_each_start_has_a_folder_of_its_own(monkeypatch, start):
    monkeypatch.delenv("ATRIACOURSE_WORK")
    assert start().work != start().work


@pytest.mark.parametrize(("profile", "value"), list(zip(PROFILES, [1, 2, 2, 4], strict=True)))
def test_a_profile_without_a_value_takes_the_next_smaller_one(start, profile, value):
    assert start(profile).pick(smoke=1, laptop=2, paper=4) == value


def test_it_says_where_the_scans_are_from_and_how_many(start):
    scans = start().scans(cases=2, phantom=TINY)
    assert len(scans.cohort) == 2
    assert scans.said == "2 synthetic scans with known truth (phantoms)"


def test_minutes_are_those_of_a_timed_profile_alone(start):
    assert start("laptop").training(minutes=3).minutes == 3
    assert start("paper").training(minutes=3) == settings_of("paper")
    smoke = start().training("epochs=5", minutes=3)
    assert (smoke.minutes, smoke.epochs) == (None, 5)


def test_changed_settings_are_all_of_them_and_no_more():
    paper = settings_of("paper")
    changed = override(paper, ["epochs=3", "network.encoder=[8, 8, 8, 8, 8, 8]", "prepare.downsample=1"])
    table = changed_settings(changed, than=paper)
    assert sorted(table.index) == ["epochs", "network.encoder"]  # the paper's downsample is 1
    assert table.loc["epochs"].tolist() == [2000, 3]
    assert list(table.columns) == ["paper", "here"]
    assert changed_settings(paper, than=paper).empty
