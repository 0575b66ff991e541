"""Every setting that is accepted changes something, or is refused with the reason."""

import json

import pytest

from atriacourse.cli.options import run_config
from atriacourse.errors import InputError
from atriacourse.runs.config import RunConfig, dotted, to_json
from atriacourse.runs.profiles import PROFILES
from atriacourse.studies.catalogue import study
from atriacourse.studies.cells import plan_study
from atriacourse.studies.identity import AFTERWARDS, REFUSED

# of every setting another value than any profile or scale has, fitting to the rest
OTHER = {
    "profile": "mine",
    "epochs": 77,
    "minutes": 3.5,
    "validation": 0.33,
    "prepare.contrast": "clahe",
    "prepare.clahe_regions": 5,
    "prepare.clahe_clip_limit": 0.5,
    "prepare.auto_gamma_bounds": [0.8, 1.2],
    "prepare.downsample": 3,
    "prepare.offsets": [-1, 0, 1],
    "augmentation.geometry.flip_up_down": 0.25,
    "augmentation.geometry.flip_left_right": 0.25,
    "augmentation.geometry.rotation_degrees": 7.0,
    "augmentation.geometry.shift": 0.2,
    "augmentation.geometry.zoom_low": 0.9,
    "augmentation.geometry.zoom_high": 1.1,
    "augmentation.geometry.independent_zoom": False,
    "augmentation.geometry.padding": "edge",
    "augmentation.gamma.probability": 0.125,
    "augmentation.gamma.low": 0.5,
    "augmentation.gamma.high": 3.0,
    "augmentation.intensity.bias": 0.9,
    "augmentation.intensity.noise": 0.9,
    "augmentation.tone.probability": 0.9,
    "augmentation.tone.knots": 4,
    "augmentation.statistics": None,
    "network.inputs": None,
    "network.encoder": None,
    "network.decoder": None,
    "network.fold": None,
    "network.upsampling": None,
    "network.label_head": None,
    "network.label_stage": 2,
    "network.grids": [3],
    "network.hidden": 5,
    "network.dropout": 0.125,
    "training.optimiser": None,
    "training.learning_rate": 0.5,
    "training.momentum": 0.5,
    "training.weight_decay": 0.5,
    "training.gradient_clip": 0.5,
    "training.average": 0.75,
    "training.schedule.kind": None,
    "training.schedule.factor": 0.9,
    "training.schedule.every": 7,
    "training.schedule.warmup": 0.5,
    "training.curriculum.sizes": None,
    "training.curriculum.batch_sizes": None,
    "training.curriculum.order": "random",
    "training.curriculum.passes": 9,
    "training.curriculum.slices_per_case": 9,
    "training.loss.mask": None,
    "training.loss.label": None,
    "training.loss.label_weight": 0.25,
    "training.precision": "float32",
    "training.channels_last": False,
    "training.validations": 3,
    "training.save_seconds": 7.0,
    "prediction.batch_size": 3,
    "prediction.mirrored_too": True,
    "prediction.zooms": [0.75],
    "prediction.smooth_z": 1.25,
    "prediction.pad_first": None,
    "prediction.precision": "float32",
    "postprocessing.closing_radius": 7,
    "postprocessing.ball": "euclidean",
    "postprocessing.largest_component": False,
    "postprocessing.connectivity": 26,
}
WORDS = {
    "network.fold": (1, 2),
    "augmentation.statistics": ("inside", "crop"),
    "network.upsampling": ("bilinear_corners", "transposed"),
    "network.label_head": (True, False),
    "training.optimiser": ("sgd", "adamw"),
    "training.schedule.kind": ("step", "cosine"),
    "training.loss.mask": ("cross_entropy", "cross_entropy_dice"),
    "training.loss.label": ("sigmoid_bce", "softmax"),
    "prediction.pad_first": (False, True),
}
LEAVES = tuple(dotted(to_json(RunConfig())))


def other(name, config):
    """An override that gives a setting another value than the config has."""
    now = dotted(to_json(config))
    if name in WORDS:
        return next(f"{name}={json.dumps(word)}" for word in WORDS[name] if word != now[name])
    if name == "training.curriculum.sizes":  # another size is another crop; the number of them stays
        return f"{name}={[size + 64 for size in now[name]]}"
    if name in ("network.encoder", "network.decoder"):  # as many levels as there are
        return f"{name}={[2] * len(now[name])}"
    if name == "training.curriculum.batch_sizes":
        return f"{name}={[size + 1 for size in now[name]]}"
    return f"{name}={json.dumps(OTHER[name])}"


def test_the_walk_meets_every_setting():
    assert set(LEAVES) == set(OTHER), "name another value of the new setting in OTHER"


def planned(*extra, scale="atlas"):
    return plan_study(
        study("table1"), scale_name=scale, data="d", seeds=(1,), variants=["standard"], extra=extra
    )[0]


@pytest.mark.parametrize("scale", ["atlas", "paper"])
@pytest.mark.parametrize("name", LEAVES)
def test_a_study_s_setting_changes_the_key_or_is_refused_or_is_listed(name, scale):
    config = planned(scale=scale).cells[0].config
    extra = other(name, config)
    if name in REFUSED or name.partition(".")[0] in REFUSED:
        with pytest.raises(InputError, match=f"{name} cannot be set for a study: .{{20,}}"):
            planned(extra, scale=scale)
        with pytest.raises(InputError, match="cannot be set for a study"):  # whatever its value
            planned(f" {name} ={json.dumps(dotted(to_json(config))[name])}", scale=scale)
        return
    if name == "network.inputs":  # follows the offsets; alone it fits nothing
        with pytest.raises(InputError, match="they must agree"):
            planned(f"{name}=2", scale=scale)
        return
    if name == "network.fold":  # the crops must fit: the finest level goes
        extra = "network.folded=2"
    same = planned(extra, scale=scale).key == planned(scale=scale).key
    assert same is (name in AFTERWARDS), name


def test_a_whole_group_is_refused_like_its_parts():
    with pytest.raises(InputError, match="reading"):
        planned('postprocessing={"closing_radius": 9}')


def test_what_is_no_part_of_the_identity_has_a_reason():
    assert set(AFTERWARDS) == {"profile", "prediction.batch_size", "training.save_seconds"}
    assert all(len(reason) > 20 for reason in (*AFTERWARDS.values(), *REFUSED.values()))


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", LEAVES)
def test_a_profile_s_setting_is_taken_or_refused(name, profile):
    before = run_config(profile, assignments=[])
    if name == "profile":
        with pytest.raises(InputError, match="--profile"):
            run_config(profile, assignments=["profile=mine"])
        return
    if name == "network.inputs":
        with pytest.raises(InputError, match="they must agree"):
            run_config(profile, assignments=["network.inputs=2"])
        return
    more = []
    if name == "network.fold":  # the crops must fit
        more = [f"training.curriculum.sizes={[2 * size for size in before.training.curriculum.sizes]}"]
    after = run_config(profile, assignments=[other(name, before), *more])
    assert dotted(to_json(after))[name] != dotted(to_json(before))[name]


@pytest.mark.slow
def test_every_setting_is_read_by_what_trains_predicts_or_cleans(
    phantom_folder, tiny_config, tmp_path, monkeypatch
):
    """A setting that nobody reads could do nothing: each is asked for somewhere outside its own checks."""
    import sys
    from dataclasses import is_dataclass, replace

    import atriacourse
    from atriacourse.data.cohort import open_cohort
    from atriacourse.inference.postprocess import postprocess
    from atriacourse.runs.config import override
    from atriacourse.runs.folder import open_model
    from atriacourse.runs.segmenter import Segmenter
    from atriacourse.runs.splitting import make_split
    from atriacourse.runs.train import train_run

    package, read = atriacourse.__path__[0], set()

    def asks(self, name):
        caller = sys._getframe(1).f_code
        checks = caller.co_name == "__post_init__" or caller.co_filename.endswith(
            ("runs/config.py", "bounds.py")
        )
        if caller.co_filename.startswith(package) and not checks:
            read.add((type(self).__name__, name))
        return object.__getattribute__(self, name)

    groups = {"": RunConfig()}
    for name in LEAVES:
        owner = RunConfig()
        for part in name.split(".")[:-1]:
            owner = getattr(owner, part)
        assert is_dataclass(owner)
        groups[name] = owner
    cohort = open_cohort(phantom_folder)
    split = make_split(cohort, "holdout", seed=0)
    for owner in {type(group) for group in groups.values()}:
        monkeypatch.setattr(owner, "__getattribute__", asks, raising=False)
    ways = (  # between them every word that brings further settings into play
        ("training.optimiser=sgd", "training.schedule.kind=step", "prepare.contrast=clahe", "epochs=1"),
        (
            "training.optimiser=adamw",
            "training.schedule.kind=cosine",
            "prepare.contrast=auto_gamma",
            "epochs=1",
        ),
        (
            "minutes=0.02",
            "training.optimiser=muon",
            "prediction.zooms=[0.75, 1.0]",
            "network.label_head=true",
        ),
    )
    for number, way in enumerate(ways):
        config = override(replace(tiny_config), way)
        train_run(cohort, tmp_path / str(number), config=config, split=split, device="cpu")
    segmenter = Segmenter(open_model(tmp_path / "2"), device="cpu")
    segmenter(cohort.case(split.test[0]).image())
    postprocess(cohort.case(split.test[0]).mask().voxels, segmenter.saved.config.postprocessing)  # not empty
    unread = {name for name in LEAVES if (type(groups[name]).__name__, name.split(".")[-1]) not in read}
    assert unread == {"profile"}  # a name, which `--set` refuses
