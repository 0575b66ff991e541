"""A study so small that a cell takes a second."""

import pytest

EXTRA = (
    "epochs=2",
    "network.encoder=[4, 8, 8]",
    "network.decoder=[8, 4]",
    "network.hidden=4",
    "network.grids=[2, 1]",
    "network.label_stage=2",
    "training.curriculum.sizes=[32, 48]",
    "training.curriculum.batch_sizes=[4, 4]",
    "training.curriculum.passes=1",
)


@pytest.fixture(scope="session")
def tiny_extra() -> tuple[str, ...]:
    """Overrides of the smoke scale."""
    return EXTRA


@pytest.fixture(scope="session")
def tiny_data(phantom_folder):
    """The six small phantoms as a study's data."""
    from atriacourse.data.cohort import open_cohort
    from atriacourse.studies.data import study_data

    return study_data(open_cohort(phantom_folder))


@pytest.fixture(scope="session")
def tiny_units(tiny_data, tiny_extra):
    """Two variants of Table 1, a bag of two, and a reading: nine jobs of two seeds."""
    from atriacourse.studies.cells import plan_study
    from atriacourse.studies.declare import Study, Variant

    study = Study(
        name="tiny",
        question="Does it run?",
        variants=(
            Variant(name="plain", label="plain"),
            Variant(name="gamma", label="gamma", set=("augmentation.gamma.probability=0.5",)),
            Variant(name="closed", label="closed", reading="closing:1"),
            Variant(name="bag", label="bag", members=2, subsets="bootstrap"),
        ),
    )
    return study, plan_study(
        study, scale_name="smoke", data=tiny_data.fingerprint, seeds=(1,), extra=tiny_extra
    )


@pytest.fixture(scope="session")
def tiny_study(tiny_data, tiny_units, tmp_path_factory):
    """The folder in which one worker has run the tiny study."""
    import torch

    from atriacourse.studies.runner import run_units

    folder = tmp_path_factory.mktemp("study") / "one"
    before = torch.get_num_threads()
    end = run_units(tiny_units[1], tiny_data, folder, device="cpu", threads=1)
    torch.set_num_threads(before)
    assert end.done == end.total and not end.failed, end
    return folder
