"""The command line: what it says, what it writes, and the exit codes a script relies on."""

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import nibabel
import nrrd
import numpy as np
import pytest

from atriacourse.cli import main
from atriacourse.cli.bars import fail, interrupted_by_signals, print_any_name, stop_on_signal
from atriacourse.data.cohort import open_cohort
from atriacourse.data.volume import read_mask
from atriacourse.evaluation.case_row import read_table, write_table
from atriacourse.files import read_json
from atriacourse.runs.profiles import PROFILES
from atriacourse.training.checkpoint import read_checkpoint

COMMANDS = (
    "audit",
    "phantom",
    "train",
    "bag",
    "predict",
    "evaluate",
    "compare",
    "describe",
    "assign",
    "grade",
)


@pytest.fixture
def cli(monkeypatch, capsys, one_thread):
    """Run a command in this process: exit code, stdout, stderr."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["atriacourse", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
            sys.exit(0)
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return end.value.code or 0, said.out, said.err

    return run


@pytest.fixture(scope="session")
def tiny(tiny_settings):
    """The tiny network as options of train and bag."""
    settings = [setting for setting in tiny_settings if not setting.startswith("epochs")]
    return ["--profile", "paper", *(word for name in settings for word in ("--set", name)), "--epochs", "2"]


def error_line(err):
    """The one line that tells of bad input, below whatever the progress bars drew."""
    lines = [line for line in re.split(r"[\r\n]", err) if line.startswith("atriacourse: ")]
    assert len(lines) == 1 and err.rstrip("\n").endswith(lines[0])
    return lines[0]


# ---- help and mistakes ---------------------------------------------------------------------------


def test_help_lists_every_command(cli):
    code, out, _ = cli("--help")
    assert code == 0 and all(command in out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(cli, command):
    code, out, _ = cli(command, "--help")
    assert code == 0 and f"atriacourse {command} [OPTIONS]" in re.sub(r"\s+", " ", out)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["describe", "--profile", "huge"], "choose one of smoke"),
        (["describe", "--set", "epoch=3"], "no setting 'epoch'"),
        (["describe", "--model", "nowhere"], "not the folder of a run"),
        (["audit", "nowhere"], "no such file or folder"),
        (["train", "--data", "nowhere", "--out", "run"], "no such file or folder"),
        (["train", "--data", ".", "--out", "run", "--epochs", "1", "--minutes", "1"], "not both"),
        (
            ["train", "--data", ".", "--out", "run", "--threads", "0"],
            "--threads must be a whole number",
        ),
        (["predict", "nowhere", "--model", "m", "--out", "o"], "no such file or folder"),
        (["evaluate", "--model", "nowhere", "--data", "DATA"], "not the folder of a run"),
        (["compare", "a.csv", "b.csv"], "no table a.csv"),
        (["train", "--data", "DATA", "--out", "run", "--split", "list"], "no test list"),
        (["train", "--data", "DATA", "--out", "run", "--split", "fold:9/3"], "K from 1 to N"),
        (["train", "--data", "DATA", "--out", "run", "--device", "abacus"], "device must be"),
        (["phantom", "ph", "--format", "dicom"], "file_format"),
        (["assign", "contrats", "--student", "ada"], "there are"),
        (["assign", "contrast"], "--student ID or --roster FILE"),
        (["assign", "contrast", "--student", " "], "student's id needs"),
        (["assign", "contrast", "--roster", "none.csv"], "there is no none.csv"),
        (["assign", "--student", "ada"], "--student needs the NAME"),
        (["grade", "nowhere", "--out", "g"], "nowhere is no folder"),
        (["grade", ".", "--out", "g"], "write the grades elsewhere"),
        (["grade", ".", "--out", "../g", "--deadline", "soon"], "a date and time like 2026-12-01T18:00"),
        (["grade", ".", "--out", "../g", "--reports", "all"], "--reports is marked or handed-in, got 'all'"),
        (
            ["assign", "contrast", "--nbgrader", "c", "--student", "ada", "--solutions"],
            "--student, --solutions",
        ),
    ],
)
def test_bad_input_is_one_line_and_code_2(cli, words, said, tmp_path, monkeypatch, phantom_folder):
    monkeypatch.chdir(tmp_path)
    code, _, err = cli(*(phantom_folder if word == "DATA" else word for word in words))
    assert code == 2 and said in error_line(err)


def test_a_folder_that_cannot_be_written_is_one_line_and_code_2(cli, phantom_folder, tiny, tmp_path):
    (tmp_path / "file").write_text("in the way")
    code, _, err = cli("train", "--data", phantom_folder, "--out", tmp_path / "file" / "run", *tiny)
    assert code == 2 and "file" in error_line(err)


def test_an_unknown_option_is_code_2(cli):
    assert cli("train", "--colour", "blue")[0] == 2


# ---- describe, audit, phantom --------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", PROFILES)
def test_describe_prints_each_profile(cli, name):
    code, out, _ = cli("describe", "--profile", name)
    assert code == 0 and out.startswith(f"profile {name}: ") and "parameters: " in out


@pytest.mark.slow
def test_describe_prints_a_run_and_an_override(cli, tiny_run):
    assert "2 epochs" in cli("describe", "--model", tiny_run)[1]
    assert "  epochs=7" in cli("describe", "--profile", "smoke", "--set", "epochs=7")[1].splitlines()


def test_audit_is_0_when_all_is_well_and_1_when_a_file_is_not(cli, phantom_folder, tmp_path):
    folder = shutil.copytree(phantom_folder, tmp_path / "cohort")
    code, out, _ = cli("audit", folder, "--csv", tmp_path / "audit.csv")
    assert code == 0 and "6" in out and len((tmp_path / "audit.csv").read_text().splitlines()) == 7
    scan = open_cohort(folder).cases[0].image_path
    scan.write_bytes(scan.read_bytes()[:2000])
    code, out, _ = cli("audit", folder)
    assert code == 1 and scan.parent.name in out


def test_audit_replaces_no_table_but_its_own(cli, phantom_folder, tmp_path):
    table = tmp_path / "audit.csv"
    for _ in range(2):
        assert cli("audit", phantom_folder, "--csv", table)[0] == 0
    table.write_text("name,remark\nA,mine\n")
    code, _, err = cli("audit", phantom_folder, "--csv", table)
    assert code == 2 and "is no table of an audit" in error_line(err)
    assert "reading" not in err  # told before the scans are read
    assert table.read_text() == "name,remark\nA,mine\n"


def test_what_is_not_used_is_said_in_one_line(cli, tiny_run, tiny, phantom_folder, tmp_path):
    folder = shutil.copytree(phantom_folder, tmp_path / "cohort")
    lost = open_cohort(folder).cases[0]
    lost.mask_path.rename(lost.mask_path.with_name("laendo.seg.nrrd"))
    shutil.copy(lost.image_path, folder / "above.nrrd")
    (folder / "notes.txt").touch()  # no scan: nobody misses it
    seg = f"Training Set/{lost.name}/laendo.seg.nrrd"
    for words in (
        ["predict", folder, "--model", tiny_run, "--out", tmp_path / "masks"],
        [
            "evaluate",
            "--data",
            folder,
            "--model",
            tiny_run,
            "--out",
            tmp_path / "t.csv",
            "--cases",
            "held-out",
        ],
        ["train", "--data", folder, "--out", tmp_path / "run", *tiny],
    ):
        (line,) = (line for line in re.split(r"[\r\n]", cli(*words)[2]) if line.startswith("not used"))
        assert seg in line and "above.nrrd (not where" in line and "notes.txt" not in line
        assert (f"{lost.name} (has no mask)" in line) == (words[0] == "train")
    out = cli("audit", folder)[1]
    assert "3 found and not used" in out and "no mask          1 cases" in out


def test_phantom_writes_a_cohort_and_goes_on_with_it(cli, tmp_path):
    words = ["phantom", tmp_path / "ph", "--matrix", 48, "--slices", 8, "--format", "nifti"]
    code, out, _ = cli(*words, "--cases", 1)
    assert code == 0 and "8 x 48 x 48" in out
    assert cli(*words, "--cases", 2)[0] == 0
    assert len(open_cohort(tmp_path / "ph")) == 2
    code, _, err = cli(*words, "--cases", 2, "--seed", 1)
    assert code == 2 and "give another folder" in error_line(err)


# ---- train and bag -------------------------------------------------------------------------------


def test_train_then_the_same_command_then_another(cli, phantom_folder, tiny, tmp_path):
    words = ["train", "--data", phantom_folder, "--out", tmp_path / "run", *tiny]
    code, out, err = cli(*words, "--threads", 1)
    assert code == 0 and "done: " in out and "2 epochs" in out and "epoch 1" in err
    assert read_json(tmp_path / "run" / "run.json", way_out="")["done"] is True
    assert cli(*words)[0] == 0
    for more, said in (
        (["--seed", 1], "other seed 0"),
        (["--epochs", 3], "other settings"),
        (["--split", "all"], "split"),
        (["--split", "fold:1/3"], "split"),
    ):
        code, _, err = cli(*words, *more)
        assert code == 2 and said in error_line(err)


def test_a_work_is_repeated_by_its_number(cli, phantom_folder, tiny, tmp_path):
    words = ["train", "--data", phantom_folder, *tiny]
    assert cli(*words, "--out", tmp_path / "first")[0] == 0
    first = read_json(tmp_path / "first" / "run.json", way_out="")
    assert first["epochs"] == 2 and first["tflop"] > 0
    for out, times, epochs in (("same", 1.01, 2), ("more", 2.1, 4)):
        work = ["--work", first["tflop"] * times]
        code, said, _ = cli(*words[:-2], "--out", tmp_path / out, *work)  # without --epochs 2
        assert code == 0 and "TFLOP of work" in said
        again = read_json(tmp_path / out / "run.json", way_out="")
        assert again["epochs"] == epochs
        assert again["tflop"] == pytest.approx(first["tflop"] * epochs / 2, rel=1e-5)
    code, _, err = cli(*words, "--out", tmp_path / "none", "--work", 1)
    assert code == 2 and "one of them" in error_line(err)


def test_a_run_without_a_name_gets_one(cli, phantom_folder, tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, _ = cli("train", "--data", phantom_folder, "--seed", 3, *tiny)
    assert code == 0 and "done: runs/phantoms-paper-seed3" in out
    assert (tmp_path / "runs" / "phantoms-paper-seed3" / "best.safetensors").is_file()


def test_train_on_a_fold_with_a_damaged_checkpoint(cli, phantom_folder, tiny, tmp_path):
    words = ["train", "--data", phantom_folder, "--out", tmp_path / "run", "--split", "fold:2/3", *tiny]
    assert cli(*words)[0] == 0
    assert len(read_json(tmp_path / "run" / "split.json", way_out="")["test"]) == 2
    last = tmp_path / "run" / "last.safetensors"
    last.write_bytes(last.read_bytes()[:500])
    (tmp_path / "run" / "run.json").unlink()  # not done yet, then
    code, _, err = cli(*words)
    assert code == 2 and "train again" in error_line(err)


def test_a_diverging_run_is_one_line_and_code_2(cli, phantom_folder, tiny, tmp_path):
    words = ["train", "--data", phantom_folder, "--out", tmp_path / "run", *tiny]
    code, _, err = cli(*words, "--set", "training.learning_rate=1e9")
    assert code == 2 and "NaN or infinite" in error_line(err)


def test_train_without_masks_or_labels(cli, phantom_folder, tiny, tmp_path):
    folder = shutil.copytree(phantom_folder, tmp_path / "cohort")
    (folder / "pre post ablation recrods.csv").unlink()
    words = ["train", "--data", folder, "--out", tmp_path / "run", *tiny]
    assert cli(*words, "--epochs", 1)[0] == 0
    for mask in folder.rglob("laendo.nrrd"):
        mask.unlink()
    code, _, err = cli("train", "--data", folder, "--out", tmp_path / "other", *tiny)
    assert code == 2 and "no case has a mask" in error_line(err)
    assert not (tmp_path / "other").exists()


def test_bag_trains_predicts_and_is_scored_as_one(cli, phantom_folder, tiny, tmp_path):
    bag = tmp_path / "bag"
    words = ["bag", "--data", phantom_folder, "--out", bag, "--members", 2, *tiny, "--epochs", 1]
    code, out, _ = cli(*words)
    assert code == 0 and "member 1 of 2" in out
    assert cli(*words)[1].count("is done already") == 2
    code, out, _ = cli("evaluate", "--model", bag, "--data", phantom_folder)
    assert code == 0 and out.count("Dice") == 1


@pytest.mark.slow
def test_ctrl_c_saves_exits_130_and_the_same_command_goes_on(cli, phantom_folder, tiny, tmp_path):
    run = tmp_path / "run"
    words = ["train", "--data", phantom_folder, "--out", run, *tiny, "--threads", 1]
    words += ["--epochs", 5000, "--set", "training.save_seconds=0", "--set", "training.validations=1"]
    words = [str(word) for word in words]
    child = subprocess.Popen(
        [sys.executable, "-c", "from atriacourse.cli import main; main()", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        give_up = time.monotonic() + 600
        while not (run / "last.safetensors").exists():
            assert child.poll() is None and time.monotonic() < give_up
            time.sleep(0.01)
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=600)
    finally:
        child.kill()
    assert child.returncode == 130
    assert b"Traceback" not in err and b"interrupted; what was computed is saved" in err
    assert read_json(run / "run.json", way_out="")["done"] is False
    state = read_checkpoint(run / "last.safetensors")[1]
    done = state["epoch"] * 8 + state["step_in_epoch"]
    assert done >= 1
    code, out, _ = cli(*[word if word != "5000" else "5001" for word in words])
    assert code == 2  # another length is another run
    # the same command goes on from there: stopped again after its first step
    from atriacourse.training.loop import Trainer

    one_step = Trainer._one_step

    def stop_after_one(self, *args):
        self.stop_requested = True
        return one_step(self, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "_one_step", stop_after_one)
        code, out, err = cli(*words)
    assert code == 130 and f"going on from epoch {state['epoch']}" in out
    again = read_checkpoint(run / "last.safetensors")[1]
    assert again["epoch"] * 8 + again["step_in_epoch"] == done + 1


def test_ctrl_c_between_two_members_of_a_bag_is_not_lost():
    class FakeTrainer:
        stop_requested = False

    first, second = FakeTrainer(), FakeTrainer()
    with stop_on_signal() as on_trainer:
        on_trainer(first)  # and it ends by itself
        signal.raise_signal(signal.SIGINT)  # while the next member's cases are read
        on_trainer(second)
        assert second.stop_requested
        with pytest.raises(KeyboardInterrupt):  # a second Ctrl-C does not wait for the step to end
            signal.raise_signal(signal.SIGINT)
    with stop_on_signal(), pytest.raises(KeyboardInterrupt):  # nothing is trained yet
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


# ---- predict, evaluate, compare ------------------------------------------------------------------


def test_predict_one_file_and_a_folder(cli, tiny_run, rng, tmp_path):
    scans = tmp_path / "scans"
    scans.mkdir()
    affine = np.diag([-1.5, 1.5, 2.0, 1.0])
    for name in ("one", "two"):
        grey = rng.integers(0, 255, (20, 22, 9)).astype(np.uint8)
        nibabel.save(nibabel.Nifti1Image(grey, affine), scans / f"{name}.nii.gz")
    words = ["--model", tiny_run, "--out", tmp_path / "masks"]
    code, out, _ = cli("predict", scans / "one.nii.gz", *words)
    assert code == 0 and "one: " in out and "post-ablation" in out
    code, out, _ = cli("predict", scans, *words)
    assert code == 0 and "one_la.nii.gz (there already)" in out
    mask = nibabel.load(tmp_path / "masks" / "two_la.nii.gz")
    assert mask.shape == (20, 22, 9)
    np.testing.assert_allclose(mask.affine, affine)

    (scans / "three.nii.gz").write_bytes(b"not a scan")
    code, out, err = cli("predict", scans, *words, "--overwrite")
    assert code == 1 and "three.nii.gz" in out and "1 of 3 scans have no mask" in err


def test_predict_resamples_voxels_of_another_size_and_says_so(cli, tiny_run, phantom_folder, tmp_path):
    case = open_cohort(phantom_folder).cases[0]
    z, y, x = case.grid().spacing_mm
    for factor, other in ((1.15, False), (1.3, True), (1 / 1.3, True)):  # worth a word beyond a fifth
        words = ["predict", case.image_path, "--model", tiny_run, "--spacing-mm", z, y * factor, x]
        code, _, err = cli(*words, "--out", tmp_path / f"{factor}")
        assert code == 0 and ("1 of 1 scans resampled to the 6.875 x 5.625 x 5.625 mm" in err) is other
        assert read_mask(tmp_path / f"{factor}" / f"{case.name}_la.nii.gz").shape == case.image().shape
        code, _, err = cli(*words, "--out", tmp_path / f"{factor} not", "--no-resample")
        assert code == 0 and ("warning: 1 of 1 scans have other voxels" in err) is other
        trained = ["--trained-spacing-mm", z, y * factor, x]
        code, _, err = cli(*words, "--out", tmp_path / f"{factor} trained", *trained)
        assert code == 0 and "resampled" not in err and "voxels" not in err


def test_a_file_without_a_voxel_size_is_not_resampled_but_told(cli, tiny_run, rng, tmp_path):
    grey = rng.integers(0, 255, (40, 44, 9)).astype(np.uint8)
    nrrd.write(str(tmp_path / "scan.nrrd"), grey, {"space dimension": 3})
    words = ["predict", tmp_path / "scan.nrrd", "--model", tiny_run, "--out"]
    code, _, err = cli(*words, tmp_path / "a")
    assert code == 0 and "warning: 1 of 1 files say no voxel size" in err and "--spacing-mm" in err
    code, _, err = cli(*words, tmp_path / "b", "--spacing-mm", 5, 4, 4)
    assert code == 0 and "1 of 1 scans resampled" in err and "warning" not in err


def test_what_had_to_be_assumed_is_told_once(cli, tiny, phantom_folder, tmp_path):
    """The placeholder of LA2018: 1 x 1 x 1 without a unit."""
    shutil.copy(phantom_folder / "phantom.json", tmp_path)
    for case in open_cohort(phantom_folder):
        (tmp_path / "Training Set" / case.name).mkdir(parents=True)
        for name, volume in (("lgemri", case.image()), ("laendo", case.mask())):
            header = {"space": "left-posterior-superior", "space directions": np.eye(3)}
            path = tmp_path / "Training Set" / case.name / f"{name}.nrrd"
            nrrd.write(str(path), volume.voxels.T.repeat(4, axis=2).astype(np.uint8), header)
    first, said = open_cohort(tmp_path).names[0], "0.625 mm is assumed along each axis"
    code, _, err = cli("train", "--data", tmp_path, "--out", tmp_path / "run", *tiny)
    assert code == 0 and err.count(said) == 1 and "note: " in err
    for command in ("evaluate", "predict"):
        words = ["--data", tmp_path] if command == "evaluate" else [tmp_path, "--out", tmp_path / "masks"]
        code, _, err = cli(command, *words, "--model", tmp_path / "run")
        assert code == 0 and err.count(said) == 1
    assert f"note: {first}: no voxel size" in err
    code, out, _ = cli("audit", tmp_path)
    assert code == 0 and out.count("0.625 mm is assumed along") == 1
    code, _, err = cli("evaluate", "--data", tmp_path, "--model", tmp_path / "run", "--spacing-mm", 1, 1, 1,
                       "--out", tmp_path / "t.csv")  # fmt: skip
    assert code == 0 and said not in err


def test_a_scan_larger_than_allowed_is_refused_and_an_option_raises_the_bound(cli, tiny_run, phantom_folder,
                                                                              tmp_path):  # fmt: skip
    case = open_cohort(phantom_folder).cases[0]  # 8 x 64 x 64 = 32,768 voxels
    words = ["predict", case.image_path, "--model", tiny_run, "--out", tmp_path, "--most-voxels"]
    code, out, _ = cli(*words, 32_767)
    assert code == 1 and "allow more (--most-voxels 32768)" in out and not list(tmp_path.iterdir())
    assert cli(*words, 32_768)[0] == 0
    code, out, _ = cli("audit", phantom_folder, "--most-voxels", 100)
    assert code == 1 and out.count("the most that are read are 100") == 6


def test_masks_written_beside_the_scans_are_not_taken_for_scans(cli, tiny_run, rng, tmp_path):
    grey = rng.integers(0, 255, (20, 22, 9)).astype(np.uint8)
    nibabel.save(nibabel.Nifti1Image(grey, np.diag([-1.5, 1.5, 2.0, 1.0])), tmp_path / "one.nii.gz")
    words = ["predict", tmp_path, "--model", tiny_run, "--out", tmp_path, "--probabilities"]
    for _ in range(2):
        assert cli(*words)[0] == 0
        assert sorted(path.name for path in tmp_path.glob("*.nii.gz")) == [
            "one.nii.gz",
            "one_la.nii.gz",
            "one_probability.nii.gz",
        ]


def test_predict_writes_nrrd_and_probabilities(cli, tiny_run, phantom_folder, tmp_path):
    case = open_cohort(phantom_folder).cases[0]
    words = ["predict", case.image_path, "--model", tiny_run, "--out", tmp_path]
    assert cli(*words, "--format", "nrrd", "--probabilities", "--checkpoint", "last")[0] == 0
    assert read_mask(tmp_path / f"{case.name}_la.nrrd").shape == case.image().shape
    assert (tmp_path / f"{case.name}_probability.nrrd").is_file()
    code, _, err = cli(*words, "--format", "nrrd")  # the best checkpoint is another model
    assert code == 2 and "masks of another model" in error_line(err)


def test_evaluate_scores_the_held_out_cases_and_warns_of_a_leak(cli, tiny_run, phantom_folder, tmp_path):
    model = shutil.copytree(tiny_run, tmp_path / "run")
    words = ["evaluate", "--model", model, "--data", phantom_folder]
    code, out, err = cli(*words)
    assert code == 0 and "warning" not in err and "dice" in out and "spacing: file" in out
    assert len(read_table(model / "evaluation-phantoms-auto-best.csv")) == 1
    code, out, err = cli(*words, "--cases", "all", "--out", tmp_path / "all.csv")
    assert code == 0 and "warning: 5 of 6 cases were trained on" in err
    assert len(read_table(tmp_path / "all.csv")) == 6
    code, _, err = cli(*words, "--cases", "all", "--out", tmp_path / "all.csv", "--raw")
    assert code == 2 and "scores of another raw" in error_line(err)
    spacing = ["--spacing-mm", "1", "1", "1"]
    code, _, err = cli(*words, "--cases", "all", "--out", tmp_path / "all.csv", *spacing)
    assert code == 2 and "another spacing_mm, resampling" in error_line(err)
    code, out, err = cli(*words, *spacing, "--no-resample")
    assert code == 0 and "evaluation-phantoms-auto-as-is-best.csv" in out and "1 of 1 scans have other" in err


def test_evaluate_with_an_unreadable_case_is_code_1(cli, tiny_run, phantom_folder, tmp_path):
    folder = shutil.copytree(phantom_folder, tmp_path / "cohort")
    scan = open_cohort(folder).cases[0].image_path
    scan.write_bytes(scan.read_bytes()[:2000])
    words = ["evaluate", "--model", tiny_run, "--data", folder, "--out", tmp_path / "scores.csv"]
    code, out, err = cli(*words, "--cases", "all")
    assert code == 1 and "1 of 6 cases could not be scored" in err and "lgemri.nrrd" in out
    assert len(read_table(tmp_path / "scores.csv")) == 5


def test_compare_names_a_winner_only_where_there_is_one(cli, tmp_path):
    rng = np.random.default_rng(0)
    base = rng.uniform(0.7, 0.9, 20)

    def table(name, dice):
        write_table(tmp_path / name, [{"name": f"c{k}", "dice": value} for k, value in enumerate(dice)])
        return tmp_path / name

    a, b, same = table("a.csv", base), table("b.csv", base + 0.05), table("c.csv", base[::-1])
    code, out, _ = cli("compare", a, b)
    assert code == 0 and "mean 0." in out and "B" in out.splitlines()[-1]
    code, out, _ = cli("compare", a, same)
    assert code == 0 and re.search(r"no (winner|difference)|not|undecided", out.splitlines()[-1])
    code, _, err = cli("compare", a, b, "--metric", "beauty")
    assert code == 2 and "beauty" in error_line(err)


def test_only_the_commands_that_need_torch_import_it():
    script = "import sys; from atriacourse.cli import app; print('torch' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout == "False\n"


def test_checkpoints_written_by_the_command_line_hold_no_pickle(tiny_run):
    for path in tiny_run.glob("*.safetensors"):
        content = path.read_bytes()
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + length])  # the safetensors format: a length, JSON, numbers
        assert json.loads(header["__metadata__"]["state"])["epoch"] in (1, 2)


# ---- signals, consoles, full disks ---------------------------------------------------------------


def wait_for(child, path):
    """Until a program has written a file."""
    give_up = time.monotonic() + 600
    while not path.exists():
        assert child.poll() is None and time.monotonic() < give_up
        time.sleep(0.01)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a program without telling it")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_predict_ends_by_a_signal_as_by_ctrl_c_and_a_second_one_changes_nothing(
    tiny_run, phantom_folder, tmp_path, name
):
    # the second scan takes its time, so that the signal comes in the middle of the work
    script = (
        "import os, sys, time; from atriacourse.runs.segmenter import Segmenter; "
        "predict = Segmenter.__call__; "
        "notes = os.path.join(sys.argv[6], 'predictions.json'); "
        "Segmenter.__call__ = lambda *a, **m: "
        "(time.sleep(60 if os.path.exists(notes) else 0), predict(*a, **m))[1]; "
        "from atriacourse.cli import main; main()"
    )
    words = ["predict", phantom_folder, "--model", tiny_run, "--out", tmp_path / "masks", "--threads", "1"]
    child = subprocess.Popen(
        [sys.executable, "-c", script, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        wait_for(child, tmp_path / "masks" / "predictions.json")
        child.send_signal(getattr(signal, name))
        child.send_signal(getattr(signal, name))
        _, err = child.communicate(timeout=600)
    finally:
        child.kill()
    assert child.returncode == 130
    assert b"Traceback" not in err and b"interrupted; what was computed is saved" in err
    assert list((tmp_path / "masks").glob("*.lock")) == []
    assert len(list((tmp_path / "masks").glob("*_la.nii.gz"))) <= 1


def test_signals_reach_every_command_and_are_given_back(monkeypatch):
    """Also those that have no loop of their own; `nohup` stays as it is."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with pytest.raises(KeyboardInterrupt), interrupted_by_signals():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN  # on its way out
    for number, handler in before.items():
        signal.signal(number, handler)
    with interrupted_by_signals():
        pass
    assert {number: signal.getsignal(number) for number in before} == before
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with interrupted_by_signals():
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before[signal.SIGTERM])
    with interrupted_by_signals(), stop_on_signal(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)  # nothing is trained yet
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_a_console_that_cannot_show_a_name_stops_nothing(monkeypatch, encoding):
    console = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", console)
    monkeypatch.setattr(sys, "stderr", console)
    print_any_name()
    print("病人 é \udcff")
    fail("心")
    console.flush()
    shown = console.buffer.getvalue().decode(encoding)
    assert "\\udcff" in shown and ("心" in shown) is (encoding == "utf-8")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (MemoryError(), "not enough memory (the system gave no more)"),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 9 GB"),
            "not enough memory",
        ),
        (OSError(28, "No space left on device", "out/a.nii"), "out/a.nii: No space left on device; what was"),
        (FileExistsError(17, "File exists", "out"), "out: File exists"),
        (OSError("it could not be written"), "it could not be written"),
    ],
)
def test_an_error_of_the_machine_is_one_line_and_code_2(cli, monkeypatch, error, says):
    def fails(*args, **more):
        raise error

    monkeypatch.setattr("atriacourse.runs.describe.describe_config", fails)
    code, _, err = cli("describe")
    assert code == 2 and says in error_line(err) and "Errno" not in err


def test_a_fault_of_the_program_keeps_its_traceback(monkeypatch):
    def fails(*args, **more):
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr("atriacourse.runs.describe.describe_config", fails)
    monkeypatch.setattr(sys, "argv", ["atriacourse", "describe"])
    with pytest.raises(RuntimeError, match="shapes"):
        main()


def test_a_full_disk_is_code_2_in_train_predict_and_evaluate(cli, tiny, tiny_run, phantom_folder, tmp_path):
    resource = pytest.importorskip("resource")  # not on Windows
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for words in (
        ["train", "--data", phantom_folder, "--out", tmp_path / "run", *tiny],
        ["predict", phantom_folder, "--model", tiny_run, "--out", tmp_path / "masks"],
        ["evaluate", "--model", tiny_run, "--data", phantom_folder, "--out", tmp_path / "t.csv"],
    ):
        resource.setrlimit(resource.RLIMIT_FSIZE, (400, hard))  # no file may grow beyond 400 bytes
        try:
            code, _, err = cli(*words)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert code in (1, 2) and err.strip(), words[0]
        assert [path.name for path in tmp_path.rglob("*") if path.name.startswith(".")] == []


@pytest.mark.parametrize("out", ["t.json", "t"])
def test_evaluate_wants_a_table_s_name(cli, tiny_run, phantom_folder, tmp_path, out):
    words = ["evaluate", "--model", tiny_run, "--data", phantom_folder, "--out", tmp_path / out]
    for _ in range(2):
        code, _, err = cli(*words)
        assert code == 2 and "name ends in .csv" in error_line(err)
    assert list(tmp_path.iterdir()) == []


def test_all_cases_then_held_out_into_one_table_is_refused(cli, tiny_run, phantom_folder, tmp_path):
    words = [
        "evaluate",
        "--model",
        tiny_run,
        "--data",
        phantom_folder,
        "--out",
        tmp_path / "t.csv",
        "--cases",
    ]
    assert cli(*words, "all")[0] == 0
    code, out, err = cli(*words, "held-out")
    assert code == 2 and "another choice of cases" in error_line(err) and "mean" not in out


# ---- assign --------------------------------------------------------------------------------------


def test_assign_lists_what_there_is_without_torch(cli):
    code, out, _ = cli("assign")
    assert code == 0 and re.search(r"^contrast +\d+ hours +\d+ min +03_contrast +\S", out, re.M)
    script = (
        "import sys; sys.argv = ['atriacourse', 'assign']; from atriacourse.cli import app; "
        "app(standalone_mode=False); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    "words",
    [("assign", "contrast", "--student", "ada"), ("assign", "--nbgrader", "c"), ("grade", ".", "--out", "g")],
)
def test_without_the_extras_the_class_s_commands_name_them(cli, words, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "nbformat", None)  # as if it were not installed
    code, _, err = cli(*words)
    assert code == 2 and "nbformat is not there: python -m pip install" in error_line(err)
    assert list(tmp_path.iterdir()) == []


def test_assign_writes_a_class_and_keeps_what_students_did(cli, tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text("id,name\nada,Ada\nbo,Bo\n")
    out = tmp_path / "class"
    code, said, _ = cli("assign", "contrast", "--roster", roster, "--out", out, "--solutions")
    assert code == 0 and "5 files written" in said
    assert (out / "instructor" / "contrast.guide.md").is_file() and (out / "variants.csv").is_file()
    mine = out / "ada" / "contrast.ipynb"
    mine.write_text("my work")
    code, said, _ = cli("assign", "contrast", "--student", "ADA", "--out", out)
    assert code == 0 and "contrast for ada: clahe against gamma_augmentation" in said
    assert f"kept {mine}" in said and mine.read_text() == "my work"
    cli("assign", "contrast", "--student", "ada", "--out", out, "--force")
    assert json.loads(mine.read_text())["metadata"]["atriacourse"]["student"] == "ada"


# ---- grade ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_grade_tells_points_and_whom_it_left_out(cli, tmp_path, monkeypatch):
    pytest.importorskip("papermill", reason="grading needs the book's extras")
    monkeypatch.setattr("atriacourse.school.grading.grade_class.make_centres", lambda folder: folder)
    (tmp_path / "in" / "ada").mkdir(parents=True)
    (tmp_path / "in" / "ada" / "contrast.ipynb").write_text("")
    (tmp_path / "in" / "final.ipynb").write_text("{}")
    words = ("grade", tmp_path / "in", "--out", tmp_path / "grades", "--trust")
    code, out, _ = cli(*words)
    assert code == 0 and "ada, contrast: 0 points" in out and "left out final.ipynb: " in out
    assert "1 graded, 0 unchanged, 1 to be looked at" in out
    code, out, err = cli(*words)
    assert code == 0 and "0 graded, 1 unchanged, 1 to be looked at" in out, err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a program without telling it")
@pytest.mark.parametrize("name", ["SIGTERM", pytest.param("SIGHUP", marks=pytest.mark.thorough)])
def test_grade_ends_by_a_signal_as_by_ctrl_c_and_leaves_nothing_behind(cli, tmp_path, name):
    psutil = pytest.importorskip("psutil", reason="grading needs the book's extras")
    cli("assign", "contrast", "--student", "ada", "--out", tmp_path / "in")
    notebook = tmp_path / "in" / "ada" / "contrast.ipynb"
    content = json.loads(notebook.read_text(encoding="utf-8"))
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell["source"] = "import time; time.sleep(600)"
    notebook.write_text(json.dumps(content), encoding="utf-8")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    script = (
        "import atriacourse.school.grading.grade_class as g; g.make_centres = lambda folder: folder; "
        "from atriacourse.cli import main; main()"
    )
    child = subprocess.Popen(
        [
            sys.executable,
            "-c",
            script,
            "grade",
            str(tmp_path / "in"),
            "--out",
            str(tmp_path / "grades"),
            "--trust",
        ],
        env=os.environ | {"TMPDIR": str(scratch)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        give_up = time.monotonic() + 600
        while len(list(scratch.glob("ac-*/box"))) < 2:  # of the process to fork from, and of the run
            assert child.poll() is None and time.monotonic() < give_up
            time.sleep(0.05)
        theirs = psutil.Process(child.pid).children(recursive=True)
        child.send_signal(getattr(signal, name))
        _, err = child.communicate(timeout=600)
    finally:
        child.kill()
    assert child.returncode == 130 and b"Traceback" not in err, err.decode()
    assert list(scratch.glob("ac-*")) == []
    _, alive = psutil.wait_procs(theirs, timeout=60)
    assert alive == []
