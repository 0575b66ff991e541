"""`atriacourse study`: what each of its five words says and leaves behind."""

import signal
import sys

import pytest

from atriacourse.cli import main
from atriacourse.cli.progress import TrainingBar
from atriacourse.studies.catalogue import STUDIES
from atriacourse.studies.records import read_records


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


@pytest.mark.slow
def test_run_status_report(cli, phantom_folder, tiny_extra, tmp_path):
    changes = [word for text in tiny_extra for word in ("--set", text)]
    common = ("--scale", "smoke", "--seeds", "1", *changes)
    words = ("run", "table1/standard,gamma_augmentation", "--data", phantom_folder, "--out", tmp_path)
    code, out, _ = cli(*words, *common, "--device", "cpu")
    assert code == 0 and "2 of 2 done" in out and "held out" in out
    assert len(read_records(tmp_path / "records")) == 2
    code, out, _ = cli("status", "table1", "--out", tmp_path, *common)
    assert code == 0 and "2 of 4 done" in out
    code, out, _ = cli("report", "table1", "--out", tmp_path, "--scale", "smoke", *changes)
    assert code == 0 and "Missing: automatic_gamma, seed 1" in out
    code, _, err = cli("run", "table1", "--data", phantom_folder, "--out", tmp_path, "--seeds", "one")
    assert code == 2 and "whole numbers" in err


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
