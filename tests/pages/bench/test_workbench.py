"""The trainer on the bench is the one that trains."""

import pytest
import torch

from atriacourse.data.cohort import open_cohort
from atriacourse.data.phantom import PhantomConfig, write_phantom_cohort
from atriacourse.errors import InputError
from atriacourse.pages.bench.workbench import repeat_batch, some_batch, trainer_for
from atriacourse.runs.config import override
from atriacourse.runs.profiles import smoke
from atriacourse.training.schedule import Plan


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    return open_cohort(
        write_phantom_cohort(folder / "scans", cases=3, config=PhantomConfig(matrix=64, slices=8), seed=3)
    )


CONFIG = override(
    smoke(),
    ["training.curriculum.slices_per_case=4", "training.precision=float32", "prepare.downsample=1"],
)


def test_same_seed_same_weights_and_batch(cohort, tmp_path):
    one, two = (
        trainer_for(cohort, cohort.names[:2], tmp_path / name, config=CONFIG, seed=5) for name in "ab"
    )
    assert one.bank.names == list(cohort.names[:2])
    for weight, other in zip(one.model.parameters(), two.model.parameters(), strict=True):
        torch.testing.assert_close(weight, other)
    torch.testing.assert_close(some_batch(one).images, some_batch(two).images)


def test_the_batch_shows_the_atrium_at_the_crop_asked_for(cohort, tmp_path):
    trainer = trainer_for(cohort, cohort.names, tmp_path, config=CONFIG, seed=5)
    batch = some_batch(trainer, progress=0.9)
    assert batch.images.shape[-1] == CONFIG.training.curriculum.sizes[-1]
    assert batch.masks.flatten(1).any(dim=1).float().mean() >= 0.5


def test_it_trains(cohort, tmp_path):
    trainer = trainer_for(cohort, cohort.names, tmp_path, config=CONFIG, seed=5)
    assert trainer.run(Plan.straight(1))
    assert (tmp_path / "last.safetensors").is_file()


def test_a_batch_without_atrium_is_said_to_be_none(cohort, tmp_path):
    trainer = trainer_for(cohort, cohort.names, tmp_path, config=CONFIG, seed=5)
    for mask in trainer.bank._mask:
        mask.zero_()
    with pytest.raises(InputError, match="another epoch"):
        some_batch(trainer)


def test_one_batch_is_learned_by_heart(cohort, tmp_path):
    trainer = trainer_for(cohort, cohort.names, tmp_path, config=CONFIG, seed=5)
    losses = repeat_batch(trainer, some_batch(trainer), steps=25, rate=3e-3)
    assert len(losses) == 25
    assert losses[-1] < 0.6 * losses[0]


def test_validation_is_the_callers(cohort, tmp_path):
    trainer = trainer_for(
        cohort, cohort.names, tmp_path, config=CONFIG, seed=5, validate=lambda network: {"score": 0.25}
    )
    trainer.run(Plan.straight(1))
    assert trainer.validations[-1]["score"] == 0.25
