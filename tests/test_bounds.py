"""Every number a user can give has bounds: found by walking the settings and the commands, not by a list.

A setting or an option that somebody adds without a bound fails here.
"""

import json
import sys
import typing
from dataclasses import fields, is_dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atriacourse.bounds import BOUNDS, MOST_ENTRIES, bounded, parsed
from atriacourse.cli import app, main
from atriacourse.cli.study_commands import app as study_app
from atriacourse.data.phantom import PhantomConfig
from atriacourse.errors import InputError
from atriacourse.runs.config import RunConfig, from_json, override, to_json
from atriacourse.runs.describe import activation_bytes, parameters
from atriacourse.runs.profiles import PROFILES, profile
from atriacourse.studies.catalogue import STUDIES
from atriacourse.studies.cells import cells_of, plan_study
from atriacourse.studies.scales import SCALES

ODD = (-1, 0, 0.5, 10**6, 10**9, 2**40, 2**63, 2**64, 10**400, 1e300, 1e308)
ODD_WORDS = ["1e999", "Infinity", "-Infinity", "NaN", "true", "false", "x", "[]", "null", "{}", '"3"', "-0.0"]
ODD_TEXTS = [*map(str, ODD), *ODD_WORDS, "9" * 5000, "[" * 20_000, "[[1]]", "[null]", "[true]", "1 2", ""]
LONGEST_MESSAGE = 1000  # characters


def numbers_of(config, prefix=""):
    """Dotted name and type of each setting that is a number, or numbers, however deep."""
    hints = typing.get_type_hints(type(config))
    for item in fields(config):
        value, name = getattr(config, item.name), prefix + item.name
        if is_dataclass(value):
            yield from numbers_of(value, f"{name}.")
        elif leaves_of(hints[item.name]) & {int, float}:
            yield name, hints[item.name]


def leaves_of(hint):
    """The plain types in a type: {float, NoneType} for float | None."""
    inside = [leaves_of(part) for part in typing.get_args(hint) if part is not ...]
    return set().union(*inside) if inside else {hint}


def key_of(name):
    return ".".join(name.split(".")[-2:])


SETTINGS = dict(numbers_of(RunConfig()))
COMMANDS = [*app.registered_commands, *study_app.registered_commands]
OPTIONS = [
    (command.name or command.callback.__name__, name, hint)
    for command in COMMANDS
    for name, hint in typing.get_type_hints(command.callback, include_extras=True).items()
    if name != "return" and leaves_of(typing.get_args(hint)[0]) & {int, float}
]


def option_of(hint):
    return typing.get_args(hint)[1]


def test_the_walk_finds_what_is_known():
    assert len(SETTINGS) >= 40 and {"epochs", "training.curriculum.sizes", "minutes"} <= set(SETTINGS)
    assert {("phantom", "matrix"), ("bag", "members"), ("run", "jobs"), ("grade", "minutes")} <= {
        (command, name) for command, name, _ in OPTIONS
    }
    assert len(OPTIONS) >= 25


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_that_is_a_number_has_a_bound_of_its_kind(name):
    bound = BOUNDS[key_of(name)]
    assert bound.whole == (int in leaves_of(SETTINGS[name]))
    assert bound.low <= bound.high and bound.why


def test_so_have_the_phantoms():
    for name, hint in numbers_of(PhantomConfig(), "phantom."):
        assert BOUNDS[name].whole == (int in leaves_of(hint))


@pytest.mark.parametrize(("command", "name", "hint"), OPTIONS, ids=[f"{c}-{n}" for c, n, _ in OPTIONS])
def test_every_option_that_is_a_number_is_read_within_bounds(command, name, hint):
    assert option_of(hint).parser is not None, "make it with cli/options.py: number()"


def config_or_message(text):
    """The settings that come of an override, or the message that refuses it."""
    try:
        return override(RunConfig(), [text])
    except InputError as error:
        return str(error)


def assert_sane(result, name):
    """Refused in one line that names the setting, or taken with each number inside its bounds."""
    if isinstance(result, str):
        assert "\n" not in result and len(result) < LONGEST_MESSAGE
        return
    value = result
    for part in name.split("."):
        value = getattr(value, part)
    bound = BOUNDS[key_of(name)]
    for one in value if isinstance(value, tuple) else (value,):
        assert one is None or (bound.low <= one <= bound.high and type(one) is not bool)
        assert one is None or isinstance(one, int) or not bound.whole


@pytest.mark.parametrize("name", SETTINGS)
def test_no_number_of_a_setting_gets_past_its_bounds(name):
    many = tuple in {typing.get_origin(SETTINGS[name])}
    for text in ODD_TEXTS:
        assert_sane(config_or_message(f"{name}={text}"), name)
        if many:
            assert_sane(config_or_message(f"{name}=[{text}]"), name)
            assert_sane(config_or_message(f"{name}=[{text}, {text}, {text}, {text}, {text}, {text}]"), name)
    for text in ("true", "false", "x", '"3"', "[[1]]", "{}", "1e999", "NaN", "9" * 5000, str(2**64)):
        refused = config_or_message(f"{name}=[{text}]" if many else f"{name}={text}")
        assert isinstance(refused, str) and name.rpartition(".")[2] in refused, text


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(ODD)
    | st.integers(-3, 700),
    lambda inner: st.lists(inner, max_size=7) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(SETTINGS)), ANYTHING)
def test_whatever_stands_in_a_saved_config_is_taken_within_bounds_or_refused(name, value):
    content = to_json(RunConfig())
    *path, last = name.split(".")
    place = content
    for part in path:
        place = place[part]
    place[last] = value
    try:
        result = from_json(content)
    except InputError as error:
        result = str(error)
    assert_sane(result, name)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(BOUNDS)), ANYTHING | st.text())
def test_a_number_is_given_back_as_it_came_or_refused(name, value):
    bound = BOUNDS[name]
    for read in (bounded, parsed):
        try:
            found = read(name, value)
        except InputError as error:
            assert "\n" not in str(error) and name in str(error) and bound.why in str(error)
        else:
            assert bound.low <= found <= bound.high and not isinstance(found, bool)
            assert isinstance(found, int) or not bound.whole
    for value in (bound.low, bound.high):  # both ends belong to it, also as a word
        assert bounded(name, value) == value == parsed(name, repr(value))


WHAT_ELSE = {  # what each command needs beside its numbers; nothing of it is there
    "audit": ["nowhere"],
    "phantom": ["new"],
    "train": ["--data", "nowhere"],
    "bag": ["--data", "nowhere"],
    "predict": ["nowhere", "--model", "none", "--out", "new"],
    "evaluate": ["--model", "none", "--data", "nowhere"],
    "compare": ["a.csv", "b.csv"],
    "describe": [],
    "grade": ["nowhere", "--out", "new"],
    "run": ["closing", "--data", "nowhere"],
    "status": ["closing", "--out", "nowhere"],
    "report": ["closing"],
}
STUDY = ("run", "status", "report")
BAD_WORDS = ("-1", str(2**63), str(2**64), "1e300", "inf", "-inf", "nan", "true", "x", "", "9" * 5000)
LARGE = ("1000000000", str(2**40))  # fine for a seed and for a count of voxels, for nothing else


@pytest.fixture
def refuse(monkeypatch, capsys, tmp_path):
    """Run a command that must end with one line and exit code 2, having written nothing."""
    monkeypatch.chdir(tmp_path)

    def run(command, *words):
        first = ["study", command] if command in STUDY else [command]
        monkeypatch.setattr(sys, "argv", ["atriacourse", *first, *WHAT_ELSE[command], *words])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        assert end.value.code == 2, (command, words, said)
        assert said.err.startswith("atriacourse: ") and said.err.count("\n") == 1, said.err
        assert len(said.err) < LONGEST_MESSAGE and said.out == "" and not list(tmp_path.iterdir())
        return said.err

    return run


@pytest.mark.parametrize(("command", "name", "hint"), OPTIONS, ids=[f"{c}-{n}" for c, n, _ in OPTIONS])
def test_a_command_refuses_a_number_out_of_bounds_in_one_line(refuse, command, name, hint):
    several = typing.get_origin(next(iter(typing.get_args(typing.get_args(hint)[0])), None)) is tuple
    option = f"--{name.replace('_', '-')}"
    for word in BAD_WORDS if name in ("seed", "most_voxels") else BAD_WORDS + LARGE:
        values = ["0.625", "0.625", word] if several else [word]
        said = refuse(command, option, *values)
        assert f"{option} must be " in said and "got " in said, said


@pytest.mark.parametrize("command", ["train", "bag", "describe", "run", "status", "report"])
@pytest.mark.parametrize(
    "text",
    [
        "epochs=true",
        "epochs=-1",
        "training.curriculum.batch_sizes=[1000000,8,4,4,4,2]",
        "training.curriculum.passes=1e300",
        "network.encoder=[4096,4096,4096,4096,4096,4096]",  # of as many levels as a scale has,
        "network.encoder=[4096,4096,4096,4096,4096]",  # and as the laptop's folded network
        "augmentation.tone.knots=1000000000",
        "postprocessing.closing_radius=1000000",
        "minutes=Infinity",
    ],
)
def test_a_command_refuses_a_setting_out_of_bounds_in_one_line(refuse, command, text):
    said = refuse(command, "--set", text)
    words = ("must be", "at most 500,000,000", "cannot be set for a study", "one encoder width more")
    assert any(word in said for word in words)


@pytest.mark.parametrize("command", ["run", "status"])
@pytest.mark.parametrize("seeds", [*BAD_WORDS, "1,,2"])
def test_seeds_are_refused_one_by_one(refuse, command, seeds):
    assert "--seeds, with commas, must be" in refuse(command, "--seeds", seeds)


def test_a_seed_named_twice_is_refused(refuse):
    assert "--seeds must differ" in refuse("run", "--seeds", "1,2,1")


def test_too_many_seeds_are_refused(refuse):
    assert "the number of --seeds must be" in refuse("run", "--seeds", ",".join(map(str, range(1001))))


def test_numbers_that_are_allowed_alone_are_refused_together():
    with pytest.raises(InputError, match=r"a batch of 4096 slices of 640 x 640 would take about 5,\d+ GB"):
        override(RunConfig(), ["training.curriculum.batch_sizes=[8,8,4,4,4,4096]"])


def test_a_list_of_a_million_entries_is_refused():
    with pytest.raises(InputError, match=f"it may have {MOST_ENTRIES}"):
        override(RunConfig(), [f"prediction.zooms={json.dumps([1.0] * 10**6)}"])


def test_what_the_course_itself_asks_for_is_within_bounds():
    for name in PROFILES:
        assert from_json(to_json(profile(name))) == profile(name)
    for study in STUDIES.values():
        for size in SCALES:
            assert list(cells_of(plan_study(study, scale_name=size, data="")))


def test_seeds_that_follow_from_a_seed_are_valid():
    torch = pytest.importorskip("torch")
    import numpy as np

    last = 1000 * BOUNDS["seed"].high + BOUNDS["members"].high  # of a bag's member, in studies/cells.py
    assert BOUNDS["members"].high < 1000  # or two seeds would share a member's
    assert last < 2**63
    torch.Generator().manual_seed(last)
    np.random.default_rng([last, BOUNDS["epochs"].high])
    assert json.loads(json.dumps(BOUNDS["seed"].high)) == float(BOUNDS["seed"].high)


@pytest.mark.slow
@pytest.mark.parametrize("name", PROFILES)
def test_the_estimates_of_a_network_are_near_its_own_count(name):
    torch = pytest.importorskip("torch")
    from atriacourse.network.unet import MultiTaskUNet

    config = profile(name)
    with torch.device("meta"):
        counted = parameters(MultiTaskUNet(config.network))
    assert 0.9 * counted < config.network.weights <= counted
    crop = config.training.curriculum.sizes[-1]
    kept = activation_bytes(config, crop, 1, bytes_per_number=1)
    assert 0.6 * kept < config.network.activations(crop) <= kept


def test_the_bounds_are_used_by_name():
    """A name in the table that nobody asks for is a bound that does not hold."""
    known = {key_of(name) for name in SETTINGS} | {
        name for name, _ in numbers_of(PhantomConfig(), "phantom.")
    }
    rest = set(BOUNDS) - known - {name for name in BOUNDS if name.startswith("contrast.")}
    assert rest == {
        "seed",
        "seeds",
        "threads",
        "jobs",
        "processes",
        "members",
        "folds",
        "folds.number",
        "cases",
        "spacing_mm",
        "most_voxels",
        "grade.minutes",
        "grade.memory_gb",
        "work",
        "epochs.times",
        "network.poolings",
    }
