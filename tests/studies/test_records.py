"""Records outlive a change: of a default, of a setting, of a metric, of their own format."""

import json
from dataclasses import replace

import numpy as np
import pytest

from atriacourse.augment.intensity import IntensityConfig
from atriacourse.augment.prepare import PrepareConfig
from atriacourse.errors import InputError
from atriacourse.evaluation.case_row import read_table, score_case, write_table
from atriacourse.evaluation.compare import compare
from atriacourse.evaluation.metrics import METRICS, Metric
from atriacourse.evaluation.summary import summarise
from atriacourse.evaluation.uncertainty import higher_is_better
from atriacourse.inference.postprocess import PostprocessConfig
from atriacourse.inference.predict import PredictConfig
from atriacourse.network.unet import NetworkConfig
from atriacourse.runs.config import RunConfig, dotted, override, to_json
from atriacourse.studies import formats, identity, records, report, results
from atriacourse.studies.catalogue import study
from atriacourse.studies.cells import Cell, plan_study
from atriacourse.studies.formats import (
    DEFAULTS_1,
    FORMAT,
    POSTPROCESSING_1,
    bag_key_1,
    current,
    hash_1,
    key_1,
)
from atriacourse.studies.identity import ADDED, AFTERWARDS, PARTS, Added, hash_of, shaping_settings
from atriacourse.studies.ledger import atlas_claim
from atriacourse.studies.readings import mask_of
from atriacourse.studies.records import read_record, write_record
from atriacourse.studies.results import gather
from atriacourse.training.schedule import ScheduleConfig
from atriacourse.training.training_config import TrainingConfig

DATA = "fe7b948ededf5130"  # of LA2018, the development set


def planned(*names, seeds=(1,)):
    names = names or ("table1", "table2", "bagging")
    return [
        one for name in names for one in plan_study(study(name), scale_name="atlas", data=DATA, seeds=seeds)
    ]


def found():
    return {unit.key in results.atlas() for unit in planned()}


@pytest.fixture(scope="module")
def network():
    return results.atlas()[planned("table1")[0].key]


@pytest.fixture(scope="module")
def bag():
    return next(record for record in results.atlas().values() if record.kind == "bag")


def as_format_1(record):
    """A record's JSON as format 1 had it: changed settings alone, and keys that are the hash of those."""
    content = json.loads(record.model_dump_json())
    del content["format"]
    settings = content["settings"].items()
    content["settings"] = {
        name: value for name, value in settings if value != (DEFAULTS_1 | BEFORE).get(name)
    }
    parts = {name: content[name] for name in PARTS}
    if record.kind == "network":
        return content | {"key": hash_1(parts)}
    members = [hash_1(parts | {"member": number}) for number in range(len(record.members))]
    return content | {"members": members, "key": bag_key_1(members, record.combine)}


BEFORE = {name: added.before for name, added in ADDED.items()}


# a default


@pytest.mark.parametrize(
    ("owner", "name", "value"),
    [
        (NetworkConfig, "dropout", 0.3),
        (NetworkConfig, "upsampling", "transposed"),
        (PrepareConfig, "clahe_regions", 4),
        (TrainingConfig, "momentum", 0.9),
        (IntensityConfig, "bias", 0.3),
        (ScheduleConfig, "warmup", 0.1),
        (PredictConfig, "pad_first", True),
    ],
)
def test_with_another_default_a_planned_study_finds_nothing(owner, name, value, monkeypatch):
    assert found() == {True}
    defaults = owner.__init__.__kwdefaults__
    assert defaults[name] != value
    monkeypatch.setattr(owner.__init__, "__kwdefaults__", defaults | {name: value})
    assert getattr(owner(), name) == value and found() == {False}
    record = next(iter(sorted(records.ATLAS.glob("*.json"))))
    assert read_record(record) == results.atlas()[record.stem]  # still what it was


def test_a_default_that_has_no_say_in_the_network_loses_nothing(monkeypatch):
    for owner, change in ((PredictConfig, {"batch_size": 1}), (TrainingConfig, {"save_seconds": 1.0})):
        monkeypatch.setattr(owner.__init__, "__kwdefaults__", owner.__init__.__kwdefaults__ | change)
    assert found() == {True}


def test_the_mask_that_a_reading_scores_is_no_default_s(monkeypatch):
    atrium = np.zeros((9, 24, 24), np.float32)
    atrium[3:6, 6:12, 6:12], atrium[3:6, 8, 8] = 1, 0  # a hole that closing by two voxels fills
    before = [mask_of(atrium, reading) for reading in ("clean", "closing:1")]
    defaults = PostprocessConfig.__init__.__kwdefaults__ | {"closing_radius": 0, "ball": "euclidean"}
    monkeypatch.setattr(PostprocessConfig.__init__, "__kwdefaults__", defaults)
    assert PostprocessConfig().closing_radius == 0
    assert all(map(np.array_equal, before, [mask_of(atrium, reading) for reading in ("clean", "closing:1")]))


def test_post_processing_counts_where_it_helps_to_choose_the_checkpoint():
    config = planned()[0].cells[0].config
    cell = planned()[0].cells[0]
    for validations, counts in ((1, False), (2, True)):
        one = override(config, [f"training.validations={validations}"])
        other = override(one, ["postprocessing.closing_radius=9"])
        assert (replace(cell, config=one).key != replace(cell, config=other).key) is counts


def test_a_number_is_one_number_however_it_is_written():
    assert hash_of({"a": [1, 0.0, 2.5]}) == hash_of({"a": [1.0, 0, 2.5]}) != hash_of({"a": [1, 0, 2]})


# a setting


@pytest.fixture
def one_setting_more(monkeypatch):
    """A version whose runs have a further setting, `training.ema`."""

    def wider(content, prefix=""):
        return dotted(content, prefix) | ({} if prefix else {"training.ema": 0.0})

    monkeypatch.setattr("atriacourse.runs.config.dotted", wider)
    shaping_settings.cache_clear()
    yield
    shaping_settings.cache_clear()


def test_a_new_setting_with_a_declaration_finds_everything(one_setting_more, monkeypatch, tmp_path, network):
    monkeypatch.setitem(ADDED, "training.ema", Added(FORMAT + 1, 0.0))
    monkeypatch.setattr(formats, "FORMAT", FORMAT + 1)
    monkeypatch.setitem(formats.STEPS, FORMAT, lambda content: content)
    assert found() == {True}
    for content in (network.model_dump(mode="json"), as_format_1(network)):
        path = tmp_path / f"{content['key']}.json"
        path.write_text(json.dumps(content))
        assert read_record(path).settings["training.ema"] == 0.0 and read_record(path).key == network.key
    assert shaping_settings(RunConfig())["training.ema"] == 0.0
    moved = {name: getattr(network, name) for name in PARTS}
    moved["settings"] = network.settings | {"training.ema": 0.99}
    assert identity.key_of(moved) != network.key  # at another value it is another network


def test_a_new_setting_without_a_declaration_is_told(one_setting_more):
    path = sorted(records.ATLAS.glob("*.json"))[0]
    with pytest.raises(
        InputError, match=r"say nothing of training.ema; who adds a setting declares it in ADDED"
    ):
        read_record(path)


def test_every_setting_is_declared():
    today = {name for name in dotted(to_json(RunConfig())) if name not in AFTERWARDS}
    new = today - {*DEFAULTS_1, *POSTPROCESSING_1, *ADDED}
    assert not new, (
        f"declare {', '.join(sorted(new))} in ADDED (studies/identity.py) with the format at which it came "
        f"and the value at which everything is as it was before, or in AFTERWARDS with the reason"
    )
    for name, added in ADDED.items():
        assert 1 < added.format <= FORMAT and dotted(to_json(RunConfig()))[name] == added.before, name


# a metric


@pytest.fixture
def one_metric_more(monkeypatch):
    row = Metric("surface_dice", "Surface Dice", "share", "higher", lambda pair: 1.0, reported=True)
    monkeypatch.setitem(METRICS, "surface_dice", row)


def test_a_new_metric_is_missing_in_old_records_and_tables_say_so(one_metric_more):
    paths = sorted(records.ATLAS.glob("*.json"))[:20]
    assert all("surface_dice" not in read_record(path).scores["raw"] for path in paths)
    found = gather(planned("table1"), study("table1"), results.atlas(), scale="atlas", cohort="la2018")
    assert found.table["surface_dice"].isna().all() and found.table["dice"].notna().all()
    assert not found.recorded("clahe", "surface_dice") and found.recorded("clahe", "dice")
    table = report.wide_table(found)
    assert set(table["Surface Dice"]) == {"not recorded"} and "0." in table["Dice"][0]
    lines = [line for line in report.render(found, file_format="csv").splitlines() if "surface_dice" in line]
    assert lines and all(",,,,," in line for line in lines)  # no mean: whoever reads the file sees the gap


def test_a_claim_of_a_metric_that_was_not_recorded_is_refused(one_metric_more):
    with pytest.raises(InputError, match="surface_dice was not recorded of clahe"):
        atlas_claim("table1/clahe/surface_dice")


def test_a_new_metric_is_a_column_a_direction_and_a_number_of_every_table(one_metric_more, tmp_path):
    rows = [score_case(name, np.ones((2, 3, 4)), np.ones((2, 3, 4)), (1, 1, 1)) for name in "abcdef"]
    table = read_table(write_table(tmp_path / "t.csv", rows))
    assert (table["surface_dice"] == 1).all() and summarise(table).loc["surface_dice", "mean"] == 1
    worse = table.assign(surface_dice=0.5)
    assert compare(worse, table, metric="surface_dice").verdict.startswith(
        "B is better (higher surface_dice)"
    )
    assert higher_is_better("surface_dice")
    write_table(tmp_path / "t.csv", table.assign(surface_dice=2))
    with pytest.raises(InputError, match="surface_dice lies between 0 and 1"):
        read_table(tmp_path / "t.csv")


# a format


def test_settings_of_format_1_are_said_in_full():
    # by hand: two settings that differed from the paper's, which was all that was written
    content = {"key": "0", "kind": "network", "settings": {"epochs": 16, "training.validations": 1}}
    content |= {"data": "d", "split": "safe", "subsets": None, "member": 0, "seed": 1}
    written = '{"data": "d", "member": 0, "seed": 1, "settings": {"epochs": 16, "training.validations": 1}, '
    written += '"split": "safe", "subsets": null}'
    import hashlib

    content["key"] = hashlib.sha256(written.encode()).hexdigest()[:16]
    after = current(content)
    assert after["settings"] == DEFAULTS_1 | BEFORE | {"epochs": 16, "training.validations": 1}
    assert after["settings"]["network.dropout"] == 0.5 and after["format"] == FORMAT
    config = override(RunConfig(), ["epochs=16", "training.validations=1"])
    cell = Cell(config=config, data="d", split="safe", subsets=None, member=0, seed=1)
    assert after["key"] == cell.key != content["key"] and key_1(cell.identity) == content["key"]
    # with several validations a cleaned mask had its say
    several = current(content | {"settings": {"epochs": 16}})["settings"]
    assert several == DEFAULTS_1 | BEFORE | POSTPROCESSING_1 | {"epochs": 16}


def test_a_record_of_format_1_is_read_under_today_s_key(network, bag, tmp_path):
    for record in (network, bag):
        content = as_format_1(record)
        assert content["key"] != record.key and len(content["settings"]) < 30
        path = tmp_path / f"{content['key']}.json"
        path.write_text(json.dumps(content))
        assert read_record(path) == record
    assert set(records.read_records(tmp_path)) == {network.key, bag.key}


def test_whose_weights_it_has_is_kept(tmp_path):
    known = results.atlas()
    taken = next(one for one in known.values() if one.made.get("weights_of") in known)
    donor = known[taken.made["weights_of"]]
    content = as_format_1(taken)
    content["made"] = taken.made | {"weights_of": as_format_1(donor)["key"]}
    assert current(content)["made"] == taken.made
    content["made"] = taken.made | {"weights_of": "0123456789abcdef"}  # of a record that nobody has
    assert current(content)["made"]["weights_of"] == "0123456789abcdef"


def test_a_key_that_is_not_its_own_is_refused_in_format_1_too(network, tmp_path):
    content = as_format_1(network) | {"seed": 9}
    path = tmp_path / f"{content['key']}.json"
    path.write_text(json.dumps(content))
    with pytest.raises(
        InputError, match=f"its key is {content['key']}, but what it says of the network gives"
    ):
        read_record(path)


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (FORMAT + 1, "upgrade with pip install"),
        (0, "whole number"),
        ("2", "whole number"),
        (True, "whole number"),
    ],
)
def test_a_format_that_is_not_known_is_refused_by_name(number, says, network, tmp_path):
    path = tmp_path / f"{network.key}.json"
    path.write_text(json.dumps(network.model_dump(mode="json") | {"format": number}))
    with pytest.raises(InputError, match=says) as refused:
        read_record(path)
    assert str(path) in str(refused.value) and "\n" not in str(refused.value)


def test_what_is_not_known_is_named_and_kept(network, tmp_path):
    content = network.model_dump(mode="json") | {"mood": "good"}
    content["settings"] = network.settings | {"training.luck": 7}
    content["scores"]["raw"]["elegance"] = content["scores"]["raw"]["dice"]
    path = tmp_path / f"{network.key}.json"
    path.write_text(json.dumps(content))
    record = read_record(path)
    assert record.unknown == ("mood", "training.luck", "elegance") and network.unknown == ()
    again = json.loads(write_record(tmp_path, record.model_copy(update={"seed": 1})).read_text())
    assert again["mood"] == "good" and again["settings"]["training.luck"] == 7
    assert "elegance" in record.table("raw").columns


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "3",
        '"x"',
        "{}",
        '{"key": 1}',
        "[" * 10_000,
        '{"settings": [], "key": "a"}',
        "\xff",
    ],
)
def test_any_damage_is_one_line_that_names_the_file(text, tmp_path):
    path = tmp_path / "0123456789abcdef.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError) as refused:
        read_record(path)
    assert str(path) in str(refused.value) and "\n" not in str(refused.value)
