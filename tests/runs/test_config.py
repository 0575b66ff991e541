"""Settings: through JSON and back, every one of them overridable, nothing unknown accepted."""

import json
import math
from dataclasses import replace

import pytest

from atriacourse.errors import InputError
from atriacourse.files import read_json
from atriacourse.runs.config import RunConfig, dotted, from_json, override, to_json, write_json
from atriacourse.runs.profiles import PROFILES, profile

COURSE = ("smoke", "laptop", "colab", "paper")


ALL_SETTINGS = [
    pytest.param(name, setting, value, id=f"{name}-{setting}")
    for name in PROFILES
    for setting, value in dotted(to_json(profile(name))).items()
]


def test_the_courses_profiles_are_there():
    assert set(COURSE) <= set(PROFILES)


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_survives_json(name):
    config = profile(name)
    text = json.dumps(to_json(config))
    assert from_json(json.loads(text)) == config
    assert config.profile == name


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_survives_a_file(name, tmp_path):
    write_json(tmp_path / "config.json", to_json(profile(name)))
    assert from_json(read_json(tmp_path / "config.json", way_out="")) == profile(name)
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


@pytest.mark.parametrize(("name", "setting", "value"), ALL_SETTINGS)
def test_every_setting_can_be_overridden_by_its_own_value(name, setting, value):
    text = value if isinstance(value, str) else json.dumps(value)
    expected = profile(name)
    if setting == "epochs":  # a number of epochs takes the place of minutes
        expected = replace(expected, minutes=None)
    assert override(profile(name), [f"{setting}={text}"]) == expected


@pytest.mark.parametrize(
    ("assignment", "value"),
    [
        ("minutes=null", None),
        ("minutes=0.5", 0.5),
        ("training.optimiser=sgd", "sgd"),
        ('training.optimiser="sgd"', "sgd"),
        (" training.learning_rate = 1e-4", 1e-4),
        ("training.channels_last=false", False),
        ("training.curriculum.sizes=[128, 192]", (128, 192)),
        ("augmentation.gamma.probability=0", 0.0),
        ("postprocessing.ball=euclidean", "euclidean"),
        ("network.label_head=false", False),
    ],
)
def test_an_override_sets_what_it_names_and_nothing_else(assignment, value):
    before = profile("laptop")
    after = override(before, [assignment])
    setting = assignment.partition("=")[0].strip()
    assert dotted(to_json(after))[setting] == json.loads(json.dumps(value))
    place = after
    for part in setting.split("."):
        place = getattr(place, part)
    assert place == value and type(place) is type(value)
    changed = {
        name for name, value in dotted(to_json(after)).items() if dotted(to_json(before))[name] != value
    }
    assert changed <= {setting}


def test_epochs_take_the_place_of_minutes():
    config = override(profile("laptop"), ["epochs=7"])
    assert (config.epochs, config.minutes) == (7, None)
    assert override(profile("laptop"), ["epochs=7", "minutes=2"]).minutes == 2.0


def test_later_overrides_win():
    assert override(RunConfig(), ["epochs=3", "epochs=4"]).epochs == 4


def test_the_networks_inputs_follow_the_offsets():
    config = override(RunConfig(), ["prepare.offsets=[-2, 0, 2]"])
    assert config.network.inputs == 3


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("epoch=3", "no setting 'epoch'; known here: profile, epochs"),
        ("training.lr=3", r"no setting 'training\.lr'; known here: optimiser, learning_rate"),
        ("training.curriculum.size=3", "known here: sizes, batch_sizes"),
        ("nothing.at.all=3", "no setting 'nothing.at.all'"),
        ("epochs.more=3", r"no setting 'epochs\.more'"),
        ("epochs", "written name=value, got 'epochs'"),
        ("=3", "no setting ''"),
        ("epochs=0", "epochs must be a whole number from 1 .*, got 0"),
        ("epochs=many", "epochs must be a whole number .* got 'many'"),
        ("epochs=2.5", "epochs must be a whole number .* got 2.5"),
        ("epochs=true", "epochs must be a whole number .* got True"),
        ('epochs="3"', "epochs must be a whole number .* got '3'"),
        ("prepare.offsets=5", "offsets must be .* got 5"),
        ("prepare=5", "prepare: .*got 5"),
        ("minutes=0", "minutes must be a number from 0.001 to 525600 .*, got 0.0"),
        ("minutes=-1", "minutes must be .* got -1.0"),
        ("minutes=NaN", "minutes must be .* got nan"),
        ("validation=0", "validation must be a number from 0.001 to 0.99 .*, got 0"),
        ("network=5", "network"),
        ('network={"depth": 3}', r"no setting 'network\.depth'"),
        ("network.inputs=3", "they must agree"),
        ("network.upsampling=cubic", "upsampling must be one of"),
        ("training.curriculum.sizes=[100]", "one batch size for each crop size"),
        ("training.curriculum.sizes=[256, 384, 480, 512, 576, 600]", "must be multiples of 32"),
        ("training.curriculum.sizes=[32, 384, 480, 512, 576, 640]", "leaves one pixel"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(assignment, said):
    with pytest.raises(InputError, match=said) as caught:
        override(RunConfig(), [assignment])
    assert "\n" not in str(caught.value)


def test_a_saved_config_with_an_unknown_setting_is_refused():
    content = to_json(RunConfig())
    content["training"]["schedule"]["decay"] = 1
    with pytest.raises(InputError, match=r"no setting 'training\.schedule\.decay'"):
        from_json(content)


def test_a_profile_nobody_wrote_is_refused():
    with pytest.raises(InputError, match="no profile 'huge'; choose one of smoke, laptop"):
        profile("huge")


def test_the_papers_profile_is_the_paper():
    config = profile("paper")
    training = config.training
    assert (training.optimiser, training.learning_rate, training.momentum) == ("sgd", 0.001, 0.99)
    assert training.weight_decay == 5e-4 and training.gradient_clip == 0
    assert training.curriculum.sizes == (256, 384, 480, 512, 576, 640)
    assert training.curriculum.order == "growing" and training.loss.label_weight == 1.0
    assert config.prepare.downsample == 1 and config.prepare.contrast == "none"
    assert config.network.encoder == (64, 128, 256, 512, 512, 512)
    geometry, gamma = config.augmentation.geometry, config.augmentation.gamma
    assert (geometry.rotation_degrees, geometry.shift) == (10, 0.1)
    assert (geometry.zoom_low, geometry.zoom_high) == (0.7, 1.3)
    assert (gamma.low, gamma.high) == (0.8, 2.0)
    assert not config.prediction.mirrored_too and config.postprocessing.closing_radius == 2


def test_minutes_of_no_number_are_refused():
    for minutes in (math.nan, 0, -3):
        with pytest.raises(InputError):
            RunConfig(minutes=minutes)
