"""`atriacourse study`: what each of its five words says and leaves behind."""

import json
import shutil
import signal
import sys

import pytest

from atriacourse.cli import main
from atriacourse.cli.progress import TrainingBar
from atriacourse.errors import InputError
from atriacourse.studies.catalogue import STUDIES, study
from atriacourse.studies.cells import plan_study
from atriacourse.studies.records import ATLAS, data_sets, note_data, read_record, read_records


@pytest.fixture
def cli(monkeypatch, capsys):
    """Run a command in this process: exit code, stdout, stderr."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["atriacourse", "study", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
            sys.exit(0)
        said = capsys.readouterr()
        return end.value.code or 0, said.out, said.err

    return run


def test_list_and_show(cli):
    code, out, _ = cli("list")
    assert code == 0 and all(name in out for name in STUDIES)
    code, out, _ = cli("show", "table1", "--scale", "paper")
    assert code == 0 and "prepare.contrast=clahe" in out and "scale paper" in out
    code, _, err = cli("show", "table3")
    assert code == 2 and "table1" in err


def test_report_reads_the_atlas(cli):
    code, out, _ = cli("report", "table1")
    assert code == 0 and "0.883 (0.08)" in out and "la2018 at scale atlas" in out
    code, out, _ = cli("report", "table2", "--format", "latex")
    assert code == 0 and out.count(r"\\") == 5
    code, _, err = cli("report", "table1", "--scale", "paper")
    assert code == 2 and "la2018 at atlas" in err


def test_report_refuses_to_print_an_empty_table(cli, tmp_path):
    code, out, err = cli("report", "cross_site")
    assert code == 2 and not out and "no record of cross_site" in err and err.count("\n") == 1
    assert "atlas has no record" in err and "la2018 at" not in err.replace("on la2018", "")
    code, out, err = cli("report", "table2", "--scale", "laptop", "--cohort", "phantom")
    assert code == 2 and "la2018 at atlas, la2018 at laptop" in err
    code, _, err = cli("report", "table1", "--scale", "huge")
    assert code == 2 and "there is no scale 'huge'; choose one of smoke" in err
    code, _, err = cli("report", "table1", "--out", tmp_path)
    assert code == 2 and str(tmp_path) in err and "--set must be" in err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["table3"], "there is no study 'table3'"),
        (["table1/none"], "no variant 'none'"),
        (["table1", "--scale", "huge"], "there is no scale 'huge'"),
        (["table1", "--seeds", "1,two"], "whole number"),
        (["table1", "--set", "epoch=3"], "there is no setting 'epoch'"),
        (["table1", "--engine", "slrum"], "processes, slurm, local, debug"),
        (["table1", "--device", "gpu"], "device must be auto"),
    ],
)
def test_a_typo_is_told_before_any_scan_is_read(cli, phantom_folder, tmp_path, monkeypatch, words, says):
    def read(*args, **settings):
        raise AssertionError("scans were opened")

    monkeypatch.setattr("atriacourse.data.cohort.open_cohort", read)
    code, _, err = cli("run", *words, "--data", phantom_folder, "--out", tmp_path)
    assert code == 2 and says in err
    assert not list(tmp_path.iterdir())


def test_status_needs_a_folder_in_which_something_was_run(cli, tmp_path):
    code, _, err = cli("status", "table1", "--out", tmp_path / "none")
    assert code == 2 and "there is no folder" in err
    code, _, err = cli("status", "table1", "--out", tmp_path)
    assert code == 2 and "is empty" in err
    (tmp_path / "locks").mkdir()
    code, _, err = cli("status", "table1", "--out", tmp_path)
    assert code == 2 and "has no record yet" in err


def test_status_reports_on_each_data_set_before_there_is_a_record(cli, tmp_path):
    note_data(tmp_path, "a" * 16, "la2018")
    code, out, _ = cli("status", "table1", "--out", tmp_path, "--seeds", "1")
    assert code == 0 and out == "0 of 4 done\n"
    note_data(tmp_path, "b" * 16, "phantom")
    note_data(tmp_path, "b" * 16, "phantom")
    cell = plan_study(study("table1"), scale_name="atlas", data="b" * 16, seeds=[1])[0].key
    (tmp_path / "failed").mkdir()
    (tmp_path / "failed" / f"{cell}.json").write_text('{"says": "table1/standard", "error": "no memory"}')
    code, out, err = cli("status", "table1", "--out", tmp_path, "--seeds", "1")
    assert code == 0 and "no memory" in err
    assert out.splitlines()[::2] == [f"la2018, data {'a' * 16}:", f"phantom, data {'b' * 16}:"]


def test_status_of_an_older_folder_goes_by_its_records_or_else_its_failures(cli, tmp_path):
    (tmp_path / "failed").mkdir()
    content = {"says": "table1/standard, seed 1", "error": "no memory"}
    (tmp_path / "failed" / "0123456789abcdef.json").write_text(json.dumps(content))
    code, _, err = cli("status", "table1", "--out", tmp_path)
    assert code == 0 and "failed: table1/standard, seed 1: no memory" in err
    records = read_records(ATLAS).values()
    two = {record.cohort: record for record in records if record.kind == "network"}
    for record in two.values():
        (tmp_path / "records").mkdir(exist_ok=True)
        (tmp_path / "records" / f"{record.key}.json").write_text((ATLAS / f"{record.key}.json").read_text())
    code, out, _ = cli("status", "table1", "--out", tmp_path)
    assert code == 0 and "la2018, data" in out and "phantom, data" in out
    (tmp_path / "records" / "damaged.json").write_text("{")
    note_data(tmp_path, "c" * 16, "mine")  # what was run before stays known, a damaged record is passed by
    assert set(data_sets(tmp_path).values()) == {"la2018", "phantom", "mine"}


def test_a_damaged_file_is_told_in_one_line(cli, tmp_path):
    record = json.loads(sorted(ATLAS.glob("*.json"))[0].read_text())
    path = tmp_path / "records" / f"{record['key']}.json"
    path.parent.mkdir()
    del record["cohort"], record["seed"], record["made"]
    path.write_text(json.dumps(record))
    code, _, err = cli("status", "table1", "--out", tmp_path)
    assert code == 2 and err.count("\n") == 1 and path.name in err
    assert "cohort: Field required (and 2 more); remove it, and run the study again" in err
    path.write_text('{"key": ')
    with pytest.raises(InputError, match=r"is damaged: Invalid JSON.*; remove it"):
        read_record(path)
    (tmp_path / "data.json").write_text("[1]")
    code, _, err = cli("status", "table1", "--out", tmp_path)
    assert (
        code == 2
        and "data.json is damaged: Input should be" in err
        and "remove it: the records say the same" in err
    )


@pytest.mark.slow
def test_run_status_report(cli, phantom_folder, tiny_extra, tmp_path):
    changes = [word for text in tiny_extra for word in ("--set", text)]
    common = ("--scale", "smoke", "--seeds", "1", *changes)
    words = ("run", "table1/standard,gamma_augmentation", "--data", phantom_folder, "--out", tmp_path)
    code, out, _ = cli(*words, *common, "--device", "cpu")
    assert code == 0 and "2 of 2 done" in out and "held out" in out
    records = read_records(tmp_path / "records")
    assert len(records) == 2
    assert json.loads((tmp_path / "data.json").read_text()) == {
        record.data: record.cohort for record in records.values()
    }
    code, out, _ = cli("status", "table1", "--out", tmp_path, *common)
    assert code == 0 and "2 of 4 done" in out
    code, out, _ = cli("report", "table1", "--out", tmp_path, "--scale", "smoke", *changes)
    assert code == 0 and "Missing: automatic_gamma, seed 1" in out
    code, _, err = cli("run", "table1", "--data", phantom_folder, "--out", tmp_path, "--seeds", "one")
    assert code == 2 and "whole number" in err


@pytest.mark.slow
def test_stopped_in_the_middle_it_goes_on_with_the_same_command(
    cli, phantom_folder, tiny_extra, tmp_path, monkeypatch
):
    changes = [word for text in tiny_extra for word in ("--set", text)]
    words = ("run", "table1/standard", "--data", phantom_folder, "--out", tmp_path, "--scale", "smoke")
    words = (*words, "--seeds", "1", *changes, "--device", "cpu")
    step, steps = TrainingBar.step, []

    def interrupted(self, report):
        steps.append(report.epoch)
        if len(steps) == 1:
            signal.raise_signal(signal.SIGINT)  # Ctrl-C
        step(self, report)

    monkeypatch.setattr(TrainingBar, "step", interrupted)
    code, out, _ = cli(*words)
    assert code == 130 and "0 of 1 done" in out
    first = len(steps)
    code, out, _ = cli(*words)
    assert code == 0 and "1 of 1 done" in out and "going on from" in out
    assert first < 3  # it stopped with the step, or with the one after


def test_a_failed_cell_gives_exit_code_1(cli, phantom_folder, tiny_extra, tmp_path):
    # the leak study wants lookalikes, and phantoms are different patients
    changes = [word for text in tiny_extra for word in ("--set", text)]
    words = ("run", "leak", "--data", phantom_folder, "--out", tmp_path, "--scale", "smoke", "--seeds", "1")
    code, _, err = cli(*words, *changes)
    assert code == 1 and "failed: leak/twins_out, seed 1" in err and "groups of lookalikes" in err
    # nothing was recorded, and the failure is still told
    words = ("status", "leak", "--out", tmp_path, "--scale", "smoke", "--seeds", "1")
    code, out, err = cli(*words, *changes)
    assert code == 0 and "0 of 2 done" in out and "failed: leak/twins_out, seed 1" in err


@pytest.mark.parametrize("text", ["", "[1]", "null", '{"a": 1}', "{", "\xff", "[" * 10_000])
@pytest.mark.parametrize("word", ["report", "status"])
def test_damaged_notes_of_the_data_are_told(cli, tmp_path, word, text):
    atlas_folder(tmp_path, "table1")
    (tmp_path / "data.json").write_bytes(text.encode("latin-1"))
    code, out, err = cli(word, "table1", "--out", tmp_path)
    assert code == 2 and not out and err.count("\n") == 1
    assert "data.json is damaged" in err and "remove it: the records say the same" in err
    (tmp_path / "data.json").unlink()
    code, out, _ = cli(word, "table1", "--out", tmp_path)
    assert code == 0 and ("la2018 at scale atlas" in out or "12 of 12 done" in out)


def atlas_folder(folder, name):
    """The records of a study, as a folder in which it was run."""
    (folder / "records").mkdir()
    records = read_records(ATLAS)
    data = next(one.data for one in records.values() if one.cohort == "la2018")
    for unit in plan_study(study(name), scale_name="atlas", data=data):
        shutil.copy(ATLAS / f"{unit.key}.json", folder / "records")


def test_what_a_record_holds_that_is_not_known_is_named_once(cli, tmp_path):
    atlas_folder(tmp_path, "table1")
    for path in (tmp_path / "records").iterdir():
        path.write_text(json.dumps(json.loads(path.read_text()) | {"mood": "good"}))
    for word in ("report", "status"):
        code, _, err = cli(word, "table1", "--out", tmp_path)
        assert code == 0 and err.count("mood") == 1 and "leaves alone" in err


def test_a_record_of_a_newer_format_is_refused_by_name(cli, tmp_path):
    atlas_folder(tmp_path, "table1")
    path = sorted((tmp_path / "records").iterdir())[0]
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    for word in ("report", "status"):
        code, _, err = cli(word, "table1", "--out", tmp_path)
        assert code == 2 and path.name in err and "upgrade with pip install" in err
    note_data(tmp_path, "a" * 16, "mine")
    (tmp_path / "data.json").write_text(json.dumps({"fe7b948ededf5130": "la2018"}))
    code, out, err = cli("status", "table1", "--out", tmp_path)
    assert "11 of 12 done" in out and path.name in err and "upgrade with pip install" in err


@pytest.mark.parametrize("setting", ["postprocessing.closing_radius=9", "minutes=3", "profile=mine"])
def test_a_setting_that_would_do_nothing_is_refused(cli, tmp_path, phantom_folder, setting):
    for words in (("run", "table1", "--data", phantom_folder), ("status", "table1"), ("report", "table1")):
        code, _, err = cli(*words, "--out", tmp_path, "--set", setting)
        assert code == 2 and "cannot be set for a study" in err and err.count("\n") == 1
    assert not list(tmp_path.iterdir())
