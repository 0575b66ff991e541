"""What somebody else wrote is kept; two commands do not write into one folder; one case stops no other."""

import errno
import json
import multiprocessing
import os
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest
import torch

from atriacourse.data.cohort import open_cohort
from atriacourse.errors import InputError
from atriacourse.evaluation.case_row import read_table
from atriacourse.files import read_json
from atriacourse.runs import evaluate
from atriacourse.runs import segmenter as predicting
from atriacourse.runs.bag import train_bag
from atriacourse.runs.config import override
from atriacourse.runs.evaluate import evaluate_cohort
from atriacourse.runs.folder import open_model
from atriacourse.runs.ours import held, out_of_memory, why_this_case
from atriacourse.runs.segmenter import Segmenter, predict_cohort
from atriacourse.runs.splitting import make_split
from atriacourse.runs.train import FILES, train_run
from atriacourse.runs.watcher import Silent
from atriacourse.training.loop import Trainer


@pytest.fixture(scope="module")
def cohort(phantom_folder):
    return open_cohort(phantom_folder)


@pytest.fixture(scope="module")
def split(cohort):
    return make_split(cohort, "holdout", seed=0)


@pytest.fixture(scope="module")
def segmenter(tiny_run):
    return Segmenter(open_model(tiny_run), device="cpu")


@pytest.fixture(scope="module")
def other(tiny_run):
    return Segmenter(open_model(tiny_run, checkpoint="last"), device="cpu")


@pytest.fixture
def two(cohort):
    return cohort.subset(cohort.names[:2])


def tree(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# ---- train ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*FILES, "tensorboard/mine.txt"])
def test_a_run_is_not_begun_over_files_of_others(cohort, split, tiny_config, tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    with pytest.raises(InputError, match=r"no setup\.json says that this program wrote it; nothing was"):
        train_run(cohort, tmp_path, config=tiny_config, split=split, device="cpu")
    assert tree(tmp_path) == {path: b"mine"}


@pytest.mark.parametrize("name", ["split.json", "member_0/notes.txt", "member_3/best.safetensors"])
def test_a_bag_is_not_begun_over_files_of_others(cohort, split, tiny_config, tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("{}")
    with pytest.raises(InputError, match=r"no bag\.json says that this program|make the split again"):
        train_bag(cohort, tmp_path, config=tiny_config, split=split, members=2, device="cpu")
    assert tree(tmp_path) == {path: b"{}"}


class _Killed(BaseException):
    pass


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_run_killed_while_it_is_begun_is_begun_by_the_same_command(
    cohort, split, tiny_config, tmp_path, monkeypatch, after
):
    """After config.json; after split.json; after setup.json."""
    left = [after]
    written = Path.replace

    def killed(self, target):
        written(self, target)
        left[0] -= 1
        if left[0] == 0:
            raise _Killed

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(_Killed):
        train_run(cohort, tmp_path, config=tiny_config, split=split, device="cpu")
    monkeypatch.setattr(Path, "replace", written)
    with pytest.raises(InputError, match=r"this program wrote it|other seed|other settings"):
        other = override(tiny_config, ["epochs=3"])
        train_run(cohort, tmp_path, config=other, split=split, device="cpu")
    monkeypatch.setattr(Trainer, "run", lambda *args, **more: False)
    assert train_run(cohort, tmp_path, config=tiny_config, split=split, device="cpu") is False


@pytest.mark.parametrize("name", ["log.csv", "validation.csv"])
def test_a_run_that_goes_on_leaves_a_foreign_table_alone(
    cohort, split, tiny_config, tiny_run, tmp_path, name
):
    run = shutil.copytree(tiny_run, tmp_path / "run")
    (run / "run.json").unlink()
    (run / name).write_text("day,patients\n1,2\n")
    with pytest.raises(InputError, match=rf"{name} is there, and no head of a run's curves"):
        train_run(cohort, run, config=tiny_config, split=split, device="cpu")


def test_event_files_of_others_stay(cohort, split, tiny_config, tiny_run, tmp_path):
    run = shutil.copytree(tiny_run, tmp_path / "run")
    (run / "run.json").unlink()
    mine = run / "tensorboard" / "events.out.tfevents.1.mine"
    mine.write_bytes(b"mine")
    assert train_run(cohort, run, config=tiny_config, split=split, device="cpu")
    assert mine.read_bytes() == b"mine" and len(list(mine.parent.iterdir())) == 2


# ---- predict -------------------------------------------------------------------------------------


@pytest.mark.parametrize("file_format", predicting.FORMATS)
@pytest.mark.parametrize("kind", ["la", "probability"])
def test_a_mask_that_somebody_drew_is_kept(segmenter, two, tmp_path, kind, file_format):
    mine = tmp_path / f"{two.names[0]}_{kind}.{file_format}"
    mine.write_bytes(b"drawn by hand")
    words = {"file_format": file_format, "probabilities": True}
    first, second = predict_cohort(segmenter, two, tmp_path, **words)
    assert "predictions.json does not say that this model made it; it was kept" in first.problem
    assert mine.read_bytes() == b"drawn by hand" and second.mask_path.is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [mine.name, "predictions.json", *(f"{two.names[1]}_{k}.{file_format}" for k in ("la", "probability"))]
    )
    first, second = predict_cohort(segmenter, two, tmp_path, overwrite=True, **words)
    assert first.problem is None and mine.read_bytes() != b"drawn by hand"


def test_a_mask_that_was_corrected_by_hand_is_kept_when_probabilities_are_asked_for(segmenter, two, tmp_path):
    (first, _) = predict_cohort(segmenter, two, tmp_path)
    first.mask_path.write_bytes(b"corrected by hand")
    again = predict_cohort(segmenter, two, tmp_path, probabilities=True)
    assert first.mask_path.read_bytes() == b"corrected by hand"
    assert not any(outcome.problem for outcome in again)
    assert len(list(tmp_path.glob("*_probability.nii.gz"))) == 2


def test_overwriting_replaces_what_was_asked_for_alone(segmenter, other, two, tmp_path):
    predict_cohort(segmenter, two, tmp_path, probabilities=True)
    predict_cohort(segmenter, two, tmp_path, file_format="nrrd")
    before = tree(tmp_path)
    one = two.subset(two.names[:1])
    predict_cohort(other, one, tmp_path, overwrite=True)
    changed = {path.name for path, content in tree(tmp_path).items() if before[path] != content}
    assert "predictions.json" in changed <= {"predictions.json", f"{one.names[0]}_la.nii.gz"}
    # what the model of before made of that scan is not taken for the other one's
    (outcome,) = predict_cohort(other, one, tmp_path, probabilities=True)
    assert (
        "_probability.nii.gz is there, and predictions.json does not say that this model" in outcome.problem
    )
    (outcome,) = predict_cohort(other, one, tmp_path, file_format="nrrd")
    assert "_la.nrrd is there" in outcome.problem


def test_a_scan_is_never_replaced_by_its_mask(segmenter, cohort, tmp_path):
    case = cohort.cases[0]
    truth = tmp_path / f"{case.name}_la.nrrd"
    shutil.copy(case.mask_path, truth)
    drawn = replace(cohort, cases=(replace(case, mask_path=truth),))
    before = tree(tmp_path)
    (outcome,) = predict_cohort(segmenter, drawn, tmp_path, file_format="nrrd", overwrite=True)
    assert "it was kept" in outcome.problem and tree(tmp_path) == before


def test_a_killed_prediction_is_made_again(segmenter, two, tmp_path, monkeypatch):
    """Between the notes and the mask, and between the mask and the notes, as SIGKILL does it."""
    write_volume, write_json = predicting.write_volume, predicting.write_json

    def killed(*args, **more):
        raise _Killed

    monkeypatch.setattr(predicting, "write_volume", killed)
    with pytest.raises(_Killed):
        predict_cohort(segmenter, two, tmp_path)
    monkeypatch.setattr(predicting, "write_volume", write_volume)
    noted = []

    def killed_at_the_second(*args):
        noted.append(args)
        if len(noted) == 2:
            raise _Killed
        write_json(*args)

    monkeypatch.setattr(predicting, "write_json", killed_at_the_second)
    with pytest.raises(_Killed):
        predict_cohort(segmenter, two, tmp_path)
    assert (tmp_path / f"{two.names[0]}_la.nii.gz").is_file()
    monkeypatch.setattr(predicting, "write_json", write_json)
    outcomes = predict_cohort(segmenter, two, tmp_path)
    assert not any(outcome.problem or outcome.kept for outcome in outcomes)
    assert all(outcome.kept for outcome in predict_cohort(segmenter, two, tmp_path))


def test_another_scan_of_the_same_name_is_told(segmenter, cohort, tmp_path):
    shutil.copy(cohort.cases[0].image_path, tmp_path / "scan.nrrd")
    predict_cohort(segmenter, open_cohort(tmp_path / "scan.nrrd"), tmp_path / "out")
    shutil.copy(cohort.cases[1].image_path, tmp_path / "scan.nrrd")
    with pytest.raises(InputError, match="holds masks of another scan of the same name"):
        predict_cohort(segmenter, open_cohort(tmp_path / "scan.nrrd"), tmp_path / "out")


def test_notes_of_an_older_version_are_believed(segmenter, two, tmp_path):
    predict_cohort(segmenter, two, tmp_path)
    notes = json.loads((tmp_path / "predictions.json").read_text())
    older = {
        name: {k: v for k, v in note.items() if k not in ("scan", "files")} for name, note in notes.items()
    }
    (tmp_path / "predictions.json").write_text(json.dumps(older))
    assert all(outcome.kept for outcome in predict_cohort(segmenter, two, tmp_path))


# ---- evaluate ------------------------------------------------------------------------------------


def test_all_cases_then_the_held_out_is_not_one_table(segmenter, cohort, split, tmp_path):
    path = tmp_path / "t.csv"
    held_out = cohort.subset(split.test)
    whole = evaluate_cohort(segmenter, cohort, path)
    note = read_json(tmp_path / "t.json", way_out="")
    assert set(note["scans"]) == set(cohort.names) and note["trained_on"] == sorted(split.train)
    before = tree(tmp_path)
    with pytest.raises(InputError, match=r"t\.csv holds scores of another choice of cases; name another"):
        evaluate_cohort(segmenter, held_out, path)
    assert tree(tmp_path) == before
    alone = evaluate_cohort(segmenter, held_out, tmp_path / "held.csv")
    assert list(alone.table["name"]) == list(split.test)
    row = whole.table.set_index("name").loc[list(split.test)]
    assert alone.table["dice"].tolist() == row["dice"].tolist()
    with pytest.raises(InputError, match=r"another choice of cases \(some were trained on\)"):
        evaluate_cohort(segmenter, cohort, tmp_path / "held.csv")


def test_a_cohort_that_grew_goes_on_with_its_table(segmenter, cohort, split, tmp_path):
    first = evaluate_cohort(segmenter, cohort.subset(split.train[:1]), tmp_path / "t.csv")
    both = evaluate_cohort(segmenter, cohort.subset(split.train[:2]), tmp_path / "t.csv")
    assert len(first.table) == 1 and len(both.table) == 2


@pytest.mark.parametrize("what", ["scan", "mask", "label"])
def test_other_data_under_the_same_names_are_not_one_table(segmenter, cohort, phantom_folder, tmp_path, what):
    folder = shutil.copytree(phantom_folder, tmp_path / cohort.name)
    one, two = open_cohort(folder).cases[:2]
    chosen = [one.name]
    evaluate_cohort(segmenter, open_cohort(folder).subset(chosen), tmp_path / "t.csv")
    again = open_cohort(folder).subset(chosen)
    if what == "scan":
        shutil.copy(two.image_path, one.image_path)
    elif what == "mask":
        shutil.copy(two.mask_path, one.mask_path)
    else:
        again = replace(again, cases=(replace(again.cases[0], post_ablation=not one.post_ablation),))
    with pytest.raises(InputError, match="holds scores of another scan, mask or label under the same name"):
        evaluate_cohort(segmenter, again, tmp_path / "t.csv")


@pytest.mark.parametrize("name", ["t.json", "t", "t.tsv", "folder.csv"])
def test_a_table_needs_a_name_of_its_own(segmenter, cohort, tmp_path, name):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match=r"name ends in \.csv, got"):
        evaluate_cohort(segmenter, cohort, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.csv"]


@pytest.mark.parametrize(
    "content", ["{}", "[]", '{"model": 1}', '{"name": "my project"}', '{"resampling": null}', "not json"]
)
@pytest.mark.parametrize("table", [None, "name,dice\nmine,1.0\n"])
def test_a_note_and_a_table_of_others_are_kept(segmenter, cohort, tmp_path, content, table):
    (tmp_path / "t.json").write_text(content)
    if table is not None:
        (tmp_path / "t.csv").write_text(table)
    before = tree(tmp_path)
    with pytest.raises(InputError, match=r"t\.json is damaged: .*; if it is not the note of a table, name"):
        evaluate_cohort(segmenter, cohort, tmp_path / "t.csv")
    assert tree(tmp_path) == before


def test_a_killed_evaluation_goes_on(segmenter, two, tmp_path, monkeypatch):
    write_whole = evaluate.write_whole
    for when in ("before", "after"):  # the table is written, its note having been
        path = tmp_path / f"{when}.csv"
        evaluate_cohort(segmenter, two.subset(two.names[:1]), path)

        def killed(target, text, when=when):
            if when == "after":
                write_whole(target, text)
            raise _Killed

        monkeypatch.setattr(evaluate, "write_whole", killed)
        with pytest.raises(_Killed):
            evaluate_cohort(segmenter, two, path)
        monkeypatch.setattr(evaluate, "write_whole", write_whole)
        assert len(evaluate_cohort(segmenter, two, path).table) == 2


# ---- one case's failure --------------------------------------------------------------------------

FAILURES = {
    "memory": (MemoryError("Unable to allocate 9 GiB"), "not enough memory"),
    "torch's memory": (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "not enough memory"),
    "name": (OSError(errno.ENAMETOOLONG, "File name too long", "x" * 300), "File name too long"),
    "input": (InputError("this scan is odd"), "this scan is odd"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_one_case_stops_no_other(tiny_run, two, tmp_path, monkeypatch, failure):
    segmenter = Segmenter(open_model(tiny_run), device="cpu")
    error, said = FAILURES[failure]
    calls = []
    predicted = Segmenter.__call__

    def fails_first(self, image, **more):
        calls.append(1)
        if len(calls) == 1:
            raise error
        return predicted(self, image, **more)

    monkeypatch.setattr(Segmenter, "__call__", fails_first)
    first, second = predict_cohort(segmenter, two, tmp_path / "out")
    assert said in first.problem and second.problem is None and second.mask_path.is_file()
    calls.clear()
    result = evaluate_cohort(segmenter, two, tmp_path / "t.csv")
    assert said in result.problems[two.names[0]] and list(result.table["name"]) == [two.names[1]]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_full_disk_ends_the_work_with_what_is_there_kept(segmenter, two, tmp_path, monkeypatch, code):
    writes = []
    write_volume, write_whole = predicting.write_volume, evaluate.write_whole

    def full(write):
        def second(*args, **more):
            writes.append(1)
            if len(writes) == 2:
                raise OSError(code, os.strerror(code))
            return write(*args, **more)

        return second

    monkeypatch.setattr(predicting, "write_volume", full(write_volume))
    with pytest.raises(OSError, match=os.strerror(code)):
        predict_cohort(segmenter, two, tmp_path)
    writes.clear()
    monkeypatch.setattr(evaluate, "write_whole", full(write_whole))
    with pytest.raises(OSError, match=os.strerror(code)):
        evaluate_cohort(segmenter, two, tmp_path / "t.csv")
    assert len(read_table(tmp_path / "t.csv")) == 1
    monkeypatch.undo()
    kept, made = predict_cohort(segmenter, two, tmp_path)
    assert kept.kept and made.problem is None and not made.kept
    assert len(evaluate_cohort(segmenter, two, tmp_path / "t.csv").table) == 2


def test_a_fault_of_the_program_is_not_taken_for_a_case_s():
    with pytest.raises(KeyError):
        why_this_case(KeyError("x"))
    assert not out_of_memory(RuntimeError("an illegal memory access was encountered"))


def test_a_network_that_says_nan_gives_no_empty_mask(tiny_run, two, tmp_path, monkeypatch):
    """Its weights are finite and their products are not: every voxel would be background."""
    segmenter = Segmenter(open_model(tiny_run), device="cpu")
    with torch.no_grad():
        for weight in segmenter._load(0).parameters():
            weight.fill_(1e30)
    outcomes = predict_cohort(segmenter, two, tmp_path)
    assert all("says NaN or infinity of this scan" in outcome.problem for outcome in outcomes)


def test_names_that_no_console_shows_are_predicted_and_scored(segmenter, cohort, rng, tmp_path):
    name = os.fsdecode(b"scan-\xff-\xe7")  # Latin-1, on a system of UTF-8
    grey = rng.integers(0, 255, (20, 22, 9)).astype(np.uint8)
    try:
        (tmp_path / f"{name}.nii.gz").write_bytes(b"")
    except OSError:
        pytest.skip("this file system takes UTF-8 names alone")
    nibabel.save(nibabel.Nifti1Image(grey, np.diag([-1.5, 1.5, 2.0, 1.0])), tmp_path / "plain.nii.gz")
    shutil.copy(tmp_path / "plain.nii.gz", tmp_path / f"{name}.nii.gz")
    scans = open_cohort(tmp_path)
    for kept in (False, True):
        outcomes = predict_cohort(segmenter, scans, tmp_path / "out")
        assert [(outcome.kept, outcome.problem) for outcome in outcomes] == [(kept, None)] * 2
    case = replace(cohort.cases[0], name=name)
    for _ in range(2):
        result = evaluate_cohort(segmenter, replace(cohort, cases=(case,)), tmp_path / "t.csv")
        assert result.problems == {} and len(result.table) == 1


# ---- locks, folders, rights ----------------------------------------------------------------------


def hold(folder, ready, end):
    with held(folder, "train"):
        ready.set()
        end.wait(60)


@pytest.mark.slow
@pytest.mark.parametrize("ends", ["by itself", "killed"])
def test_a_folder_is_held_by_one_command_and_a_dead_one_holds_nothing(
    cohort, split, tiny_config, tmp_path, ends
):
    context = multiprocessing.get_context("spawn")
    ready, end = context.Event(), context.Event()
    holder = context.Process(target=hold, args=(tmp_path / "run", ready, end))
    holder.start()
    try:
        assert ready.wait(60)
        with pytest.raises(InputError, match=r"another command is at work on .*run \(train\); let it end"):
            train_run(cohort, tmp_path / "run", config=tiny_config, split=split, device="cpu")
        with held(tmp_path / "run", "predict"):  # other work is let in
            pass
        if ends == "killed":
            holder.kill()
        else:
            end.set()  # never after a kill: it would wait for the dead one's answer
        holder.join(60)
    finally:
        holder.kill()
        holder.join()
    with held(tmp_path / "run", "train"):
        pass
    assert [path.name for path in tmp_path.iterdir()] in ([], ["run"])
    assert list(tmp_path.rglob("*.lock")) == []


def test_each_kind_of_work_holds_its_folder(segmenter, two, cohort, split, tiny_config, tmp_path):
    for what, work in (
        ("bag", lambda: train_bag(cohort, tmp_path, config=tiny_config, split=split, device="cpu")),
        ("predict", lambda: predict_cohort(segmenter, two, tmp_path)),
        ("t.csv", lambda: evaluate_cohort(segmenter, two, tmp_path / "t.csv")),
    ):
        with held(tmp_path, what), pytest.raises(InputError, match="another command is at work"):
            work()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_file_where_a_folder_is_needed_is_told(segmenter, two, cohort, split, tiny_config, tmp_path, place):
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / place
    for work in (
        lambda: train_run(cohort, folder, config=tiny_config, split=split, device="cpu"),
        lambda: train_bag(cohort, folder, config=tiny_config, split=split, device="cpu"),
        lambda: predict_cohort(segmenter, two, folder),
        lambda: evaluate_cohort(segmenter, two, folder / "t.csv"),
    ):
        with pytest.raises(InputError, match="file is a file and no folder; name another folder"):
            work()


@pytest.mark.parametrize("error", [PermissionError(errno.EACCES, "no"), OSError(errno.EROFS, "no")])
def test_a_folder_that_may_not_be_written_is_told_and_one_without_locks_is_used(
    segmenter, two, tmp_path, monkeypatch, error
):
    def refuse(self, *args, **more):
        raise error

    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    with pytest.raises(InputError, match="may not be written to; name another with --out"):
        predict_cohort(segmenter, two, tmp_path)
    for odd in (OSError(errno.ENOLCK, "no locks"), NotImplementedError()):
        error = odd
        with held(tmp_path, "predict"):
            pass


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_all_of_a_run_follows_the_umask(cohort, split, tiny_config, tmp_path):
    before = os.umask(0o027)
    try:
        train_run(cohort, tmp_path / "run", config=tiny_config, split=split, device="cpu")
    finally:
        os.umask(before)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "run").rglob("*")}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o640}
    assert len(modes) >= 9


# ---- another way of computing --------------------------------------------------------------------


class Listening(Silent):
    def __init__(self):
        self.said = []

    def say(self, text):
        self.said.append(text)


@pytest.mark.parametrize("what", [None, "threads", "device", "precision", "torch", "all"])
def test_a_run_that_goes_on_in_another_way_says_that_it_is_not_bit_for_bit(
    cohort, split, tiny_config, tiny_run, tmp_path, monkeypatch, what
):
    run = shutil.copytree(tiny_run, tmp_path / "run")
    (run / "run.json").unlink()
    setup = json.loads((run / "setup.json").read_text())
    assert setup["how"]["threads"] == torch.get_num_threads() or "threads" in setup["how"]
    setup["how"]["threads"] = torch.get_num_threads()
    for name in setup["how"] if what == "all" else {what} - {None}:
        setup["how"][name] = 97 if name == "threads" else "another"
    (run / "setup.json").write_text(json.dumps(setup))
    listening = Listening()
    monkeypatch.setattr(Trainer, "run", lambda *args, **more: False)
    train_run(cohort, run, config=tiny_config, split=split, device="cpu", watcher=listening)
    warnings = [said for said in listening.said if said.startswith("warning: ")]
    assert len(warnings) == (what is not None)
    if what == "threads":
        assert f"begun with threads 97, now {torch.get_num_threads()}" in warnings[0]
        assert "will not end with the weights of a run left alone" in warnings[0]
