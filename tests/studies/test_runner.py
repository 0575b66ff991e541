"""Studies run: by one worker or two, killed and gone on with, with a cell that fails; the same records."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from atriacourse.errors import InputError
from atriacourse.studies import runner
from atriacourse.studies.cells import Cell
from atriacourse.studies.jobs import jobs_of
from atriacourse.studies.progress import forget_failures, is_done, status
from atriacourse.studies.records import read_records
from atriacourse.studies.results import gather
from atriacourse.studies.runner import run_units

CHILD = """
import sys, pickle
from atriacourse.studies.runner import run_units
units, data = pickle.load(open(sys.argv[1], "rb"))
run_units(units, data, sys.argv[2], device="cpu", threads=1, workers=int(sys.argv[3]))
"""


def same(one, other):
    assert set(one) == set(other)
    return all(one[key].same_result(other[key]) for key in one)


def test_jobs_are_shared_and_ordered(tiny_units):
    jobs = jobs_of(tiny_units[1])
    # plain, gamma, two members; the bag; plain's further reading
    assert len(jobs) == 6
    assert [isinstance(job.work, Cell) for job in jobs] == [True, True, False, True, True, False]
    assert jobs[2].key == jobs[0].key  # closed is read from plain's network
    assert jobs[5].needs == (jobs[3].key, jobs[4].key)


def test_one_worker_leaves_whole_records(tiny_study, tiny_units):
    records = read_records(tiny_study / "records")
    study, units = tiny_units
    results = gather(units, study, records, scale="smoke", cohort="phantoms")
    assert not results.missing
    assert results.variants == ("plain", "gamma", "closed", "bag")
    bag = records[units[3].key]
    assert bag.kind == "bag" and len(bag.members) == 2
    plain = records[units[0].key]
    assert set(plain.scores) == {"raw", "clean", "closing:1"}
    assert plain.curve["loss"] and plain.seconds["training"] > 0 and plain.memory_gb > 0.01
    assert plain.made["threads"] == 1


def test_a_finished_study_is_left_alone(tiny_study, tiny_units, tiny_data):
    before = {path: path.stat().st_mtime_ns for path in (tiny_study / "records").iterdir()}
    run_units(tiny_units[1], tiny_data, tiny_study, device="cpu")
    assert before == {path: path.stat().st_mtime_ns for path in (tiny_study / "records").iterdir()}


@pytest.mark.slow
def test_two_workers_leave_the_same_records(tiny_study, tiny_units, tiny_data, tmp_path):
    end = run_units(tiny_units[1], tiny_data, tmp_path, workers=2, device="cpu", threads=1)
    assert end.done == end.total and not end.failed
    assert same(read_records(tiny_study / "records"), read_records(tmp_path / "records"))


@pytest.mark.slow
def test_two_workers_of_a_queue_leave_the_same_records(tiny_study, tiny_units, tiny_data, tmp_path):
    pytest.importorskip("submitit")
    from atriacourse.studies.submit import submit_units

    end = submit_units(
        tiny_units[1], tiny_data, tmp_path, cluster="local", workers=2, device="cpu", threads=1
    )
    assert end.done == end.total and not end.failed
    assert same(read_records(tiny_study / "records"), read_records(tmp_path / "records"))


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_killed_and_gone_on_with_it_leaves_the_same_records(
    workers, tiny_study, tiny_units, tiny_data, tmp_path
):
    import pickle

    work, folder = tmp_path / "work.pickle", tmp_path / "study"
    work.write_bytes(pickle.dumps((tiny_units[1], tiny_data)))
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(work), str(folder), str(workers)])
    deadline = time.monotonic() + 600
    while not list((folder / "records").glob("*.json")):
        assert child.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    while (stand := status(tiny_units[1], folder)).running and time.monotonic() < deadline:
        time.sleep(0.05)  # workers end with the process that started them, and work nothing off
    assert 0 < stand.done < stand.total and stand.running == ()
    run_units(tiny_units[1], tiny_data, folder, device="cpu", threads=1)
    assert same(read_records(tiny_study / "records"), read_records(folder / "records"))


def test_a_failed_cell_is_reported_and_stops_nobody(tiny_study, tiny_units, tiny_data, tmp_path, monkeypatch):
    jobs = jobs_of(tiny_units[1])

    def do_job(job, bench):
        if job.says.startswith("tiny/gamma"):
            raise ValueError("planted")
        shutil.copy(tiny_study / "records" / f"{job.key}.json", bench.folder / "records")
        return True

    monkeypatch.setattr(runner, "do_job", do_job)
    end = run_units(tiny_units[1], tiny_data, tmp_path)
    assert end.failed == {"tiny/gamma, seed 1": "ValueError: planted"}
    assert end.done == len(jobs) - 1


def test_a_second_command_does_not_leave_the_first_waiting(
    tiny_study, tiny_units, tiny_data, tmp_path, monkeypatch
):
    jobs = jobs_of(tiny_units[1])

    def do_job(job, bench):
        if job.says.endswith("member 0"):
            raise ValueError("planted")
        if job.says.endswith("member 1"):
            forget_failures(jobs, bench.folder)  # as a second `study run` does when it begins
        shutil.copy(tiny_study / "records" / f"{job.key}.json", bench.folder / "records")
        return True

    monkeypatch.setattr(runner, "do_job", do_job)
    first = threading.Thread(target=run_units, args=(tiny_units[1], tiny_data, tmp_path), daemon=True)
    first.start()
    first.join(timeout=600)  # the bag needs member 0, whose failure nobody remembers any more but this worker
    assert not first.is_alive()


def test_a_command_forgets_its_own_failures_alone(tiny_study, tiny_units, tiny_data, tmp_path):
    folder = shutil.copytree(tiny_study, tmp_path / "study")
    own, other = (folder / "failed" / f"{name}.json" for name in (jobs_of(tiny_units[1])[0].name, "other"))
    for path in (own, other):
        path.write_text('{"says": "x", "error": "y"}')
    run_units(tiny_units[1], tiny_data, folder)
    assert not own.exists() and other.exists()


@pytest.mark.parametrize("damage", ["{", "{}", ""])
@pytest.mark.parametrize("place", [0, 1])  # plain, which is read once more; gamma
def test_a_damaged_record_is_named_kept_and_stops_nobody(
    damage, place, tiny_study, tiny_units, tiny_data, tmp_path
):
    folder = shutil.copytree(tiny_study, tmp_path / "study")
    jobs = jobs_of(tiny_units[1])
    record = folder / "records" / f"{jobs[place].key}.json"
    record.write_text(damage)
    member = folder / "records" / f"{jobs[4].key}.json"
    member.unlink()  # something is left to do: its weights are there, so it is predicted again
    end = run_units(tiny_units[1], tiny_data, folder, device="cpu", threads=1)
    hang_on_it = sum(job.key == jobs[place].key for job in jobs)
    assert end.done == end.total - hang_on_it and member.is_file()
    assert all(str(record) in reason for reason in end.failed.values()) and end.failed
    assert record.read_text() == damage
    assert status(tiny_units[1], folder).failed == end.failed


def test_what_hangs_on_a_failure_is_not_waited_for(tiny_units, tiny_data, tmp_path, monkeypatch):
    def do_job(job, bench):
        raise ValueError("planted")

    monkeypatch.setattr(runner, "do_job", do_job)
    end = run_units(tiny_units[1], tiny_data, tmp_path)  # would wait for ever
    assert end.done == 0 and len(end.failed) == 4


def test_a_locked_cell_is_waited_for_and_not_taken(tiny_units, tiny_data, tmp_path, monkeypatch):
    from filelock import FileLock

    job = jobs_of(tiny_units[1])[0]
    taken = []
    monkeypatch.setattr(runner, "do_job", lambda job, bench: taken.append(job.name) or True)
    (tmp_path / "locks").mkdir()
    with FileLock(tmp_path / "locks" / f"{job.key}.lock"):
        assert runner._try_job(job, runner.Bench(data=tiny_data, folder=tmp_path), lambda *_: None) == "held"
        assert status(tiny_units[1], tmp_path).running == (job.says, "tiny/closed, seed 1, closing:1")
    assert not taken and not is_done(job, tmp_path)


def test_less_than_one_worker_is_refused(tiny_units, tiny_data, tmp_path):
    with pytest.raises(InputError, match="workers at once must be a whole number"):
        run_units(tiny_units[1], tiny_data, tmp_path, workers=0)


def test_what_another_worker_did_meanwhile_is_not_done_again(tiny_units, tiny_data, tmp_path, monkeypatch):
    job, words = jobs_of(tiny_units[1])[0], []
    (tmp_path / "locks").mkdir()
    monkeypatch.setattr(runner, "do_job", lambda job, bench: pytest.fail("done twice"))
    monkeypatch.setattr(runner, "is_done", lambda job, folder: True)
    bench = runner.Bench(data=tiny_data, folder=tmp_path)
    assert runner._try_job(job, bench, lambda job, word: words.append(word)) == "done"
    assert words == []


@pytest.mark.parametrize("full", ["records", "failed", "locks"])
def test_a_full_disk_is_told_and_never_taken_for_the_end(full, tiny_units, tiny_data, tmp_path, monkeypatch):
    from atriacourse import files

    whole = files.written_whole

    def no_space(path, *, ending=""):
        if full in Path(path).parts or full == "locks":
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return whole(path, ending=ending)

    def do_job(job, bench):
        files.write_whole(bench.record_path(job.key), "{}")
        raise ValueError("planted")

    monkeypatch.setattr(files, "written_whole", no_space)
    monkeypatch.setattr(runner, "do_job", do_job)
    if full == "records":  # the reasons are small, and may still find room
        end = run_units(tiny_units[1], tiny_data, tmp_path)
        assert end.done == 0 and all("No space left" in reason for reason in end.failed.values())
        return
    with pytest.raises(
        InputError, match=r"tiny/plain, seed 1 failed \(.*takes no note of it \(No space left"
    ):
        run_units(tiny_units[1], tiny_data, tmp_path)


def test_a_worker_that_cannot_go_on_says_so_in_a_line(tiny_units, tiny_data, tmp_path, monkeypatch):
    def fails(*words, **settings):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(runner, "work_through", fails)
    monkeypatch.setattr(runner, "_end_with_parent", lambda: None)
    with pytest.raises(SystemExit, match=r"a worker ended: .*No space left"):
        runner.worker([], tiny_data, tmp_path, "cpu", None)


@pytest.mark.parametrize("text", ["", "[]", "null", '{"says": 3}', '{"error": "x"}', "[" * 10_000])
def test_a_damaged_reason_is_told_by_its_file(text, tiny_units, tmp_path):
    job = jobs_of(tiny_units[1])[0]
    (tmp_path / "failed").mkdir()
    note = tmp_path / "failed" / f"{job.name}.json"
    note.write_text(text)
    (reason,) = status(tiny_units[1], tmp_path).failed.values()
    assert str(note) in reason and "\n" not in reason
