"""The same call trains, loads or goes on, says which, and refuses a network of other settings."""

import pytest

from atriacourse.data.cohort import open_cohort
from atriacourse.errors import InputError
from atriacourse.pages.bench.chapter import begin
from atriacourse.pages.bench.trained import trained_model
from atriacourse.runs.splitting import make_split
from atriacourse.training.loop import Trainer


@pytest.fixture
def chapter(tmp_path, monkeypatch):
    monkeypatch.setenv("ATRIACOURSE_WORK", str(tmp_path))
    return begin("a chapter", profile="smoke", data="phantom", seed=3)


@pytest.fixture(scope="module")
def scans(phantom_folder):
    cohort = open_cohort(phantom_folder)
    return cohort, make_split(cohort, "holdout", seed=0)


def test_the_second_call_loads_what_the_first_one_trained(chapter, scans, tiny_settings):
    told = []
    first = trained_model(chapter, *scans, *tiny_settings, tell=told.append)
    assert first.said.startswith("Trained on 4 cases, 2 epochs in ")  # 6 cases: 1 held out, 1 validates
    assert told  # a reader sees that it moves
    told.clear()
    second = trained_model(chapter, *scans, *tiny_settings, tell=told.append)
    assert second.said.startswith("Loaded: trained before on 4 cases, 2 epochs in ")
    assert not told
    assert second.saved.fingerprint() == first.saved.fingerprint()
    assert second.saved.folder == chapter.folder("network")


def test_another_name_is_another_network(chapter, scans, tiny_settings):
    first = trained_model(chapter, *scans, *tiny_settings)
    other = trained_model(chapter, *scans, *tiny_settings, "training.learning_rate=0.01", name="other")
    assert other.said.startswith("Trained on")
    assert other.saved.fingerprint() != first.saved.fingerprint()


def test_other_settings_under_the_same_name_are_refused(chapter, scans, tiny_settings):
    trained_model(chapter, *scans, *tiny_settings)
    with pytest.raises(InputError, match="other settings"):
        trained_model(chapter, *scans, *tiny_settings, "epochs=3")


def test_a_training_that_was_interrupted_is_gone_on_with(chapter, scans, tiny_settings, monkeypatch):
    def lose(*_, **__):
        raise ConnectionError("the GPU is gone")

    with monkeypatch.context() as lost:
        lost.setattr(Trainer, "run", lose)
        with pytest.raises(ConnectionError):
            trained_model(chapter, *scans, *tiny_settings)
    assert trained_model(chapter, *scans, *tiny_settings).said.startswith(
        "Trained, going on from before, on 4"
    )
