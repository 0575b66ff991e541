"""Whole data sets: what is there is kept, one failure does not cost the rest, two runs do not collide."""

import dataclasses
import io
import subprocess
import sys
import threading
import time
import zipfile

import pytest

from data_fetch.disk import SPARE_BYTES, check_space, free_bytes
from data_fetch.errors import FetchStoppedError, TermsError
from data_fetch.fetching import address, fetch, survey
from data_fetch.registry import DataSet

A, B, LIST = "some folder/a.h5", "some folder/b.h5", "all.list"


@pytest.fixture
def get(server, tiny, patient, tmp_path, listener):
    """Fetch the tiny data set (or another) from the server into tmp_path/data."""

    def fetch_it(data_set=tiny, **settings):
        settings = {"accept_terms": True, "base_url": server.url, "config": patient} | settings
        return fetch(data_set, tmp_path / "data", watcher=listener, **settings)

    return fetch_it


@pytest.fixture
def zipped(server, remote) -> DataSet:
    """A data set of one zip (two cases) and one plain file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        for case in ("AAA", "BBB"):
            bundle.writestr(f"Training Set/{case}/lgemri.nrrd", case * 100)
    server.files |= {"/zipped/set.zip": buffer.getvalue(), "/zipped/labels.csv": b"a,b\n"}
    return DataSet(
        name="zipped",
        title="a zip",
        licence="none",
        terms="none",
        pages=("http://127.0.0.1/page",),
        files=(remote("labels.csv", b"a,b\n"), remote("set.zip", buffer.getvalue(), unpacked=600)),
    )


def test_everything_arrives_in_a_folder_of_its_name(get, tiny, server, tmp_path, listener):
    done = get()
    assert done.complete and done.errors == ()
    assert [file.path for file in done.present] == [A, B, LIST]
    home = tmp_path / "data/tiny"
    assert {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()} - {".lock"} == {
        A,
        B,
        LIST,
    }
    assert listener.done == tiny.download_bytes


def test_the_second_time_nothing_is_asked_for(get, server):
    get()
    count = len(server.served)
    assert get().complete
    assert len(server.served) == count


def test_without_accepting_the_terms_nothing_happens(get, server, tmp_path):
    with pytest.raises(TermsError, match="Be kind to the atrium"):
        get(accept_terms=False)
    assert server.served == [] and list(tmp_path.iterdir()) == []


def test_one_failure_does_not_cost_the_other_files(get, server, how):
    server.script[f"/tiny/{A}"] = [how.status(404)]
    done = get()
    assert not done.complete
    assert [file.path for file in done.missing] == [A]
    assert [file.path for file in done.present] == [B, LIST]
    assert len(done.errors) == 1 and "404" in done.errors[0]
    count = len(server.served)
    assert get().complete
    assert len(server.served) == count + 1  # the missing one only


def test_a_server_in_trouble_ends_the_run_but_keeps_what_came(get, server, how, patient):
    server.script[f"/tiny/{B}"] = [how.truncate(100)] + [how.status(503)] * 10
    done = get()
    assert [file.path for file in done.present] == [A]
    assert {file.path for file in done.missing + done.partial} == {B, LIST}
    assert not any(request.path.endswith(LIST) for request in server.served)  # not even tried
    assert "gave up" in done.errors[0]
    server.script.clear()
    assert get().complete


def test_a_damaged_file_that_cannot_be_replaced_is_not_called_present(get, server, how, tmp_path):
    get()
    (tmp_path / "data/tiny" / A).write_bytes(bytes(4000))  # "a.h5" * 1000: the same size
    server.script[f"/tiny/{A}"] = [how.status(404)]
    done = get()
    assert not done.complete and [file.path for file in done.missing] == [A]
    assert get().complete
    assert (tmp_path / "data/tiny" / A).read_bytes() == b"a.h5" * 1000


def test_an_archive_is_unpacked_beside_itself(get, zipped, tmp_path):
    done = get(zipped)
    assert done.complete
    home = tmp_path / "data/zipped"
    assert (home / "Training Set/BBB/lgemri.nrrd").read_text() == "BBB" * 100
    assert (home / "set.zip").exists() and (home / "labels.csv").exists()


def test_an_unpacked_archive_may_be_deleted(get, zipped, tmp_path, server):
    get(zipped)
    (tmp_path / "data/zipped/set.zip").unlink()
    count = len(server.served)
    assert get(zipped).complete
    assert len(server.served) == count


def test_a_damaged_list_of_what_was_unpacked_is_told_and_made_anew(get, zipped, tmp_path, server, listener):
    get(zipped)
    home = tmp_path / "data/zipped"
    (home / "set.zip.unpacked.json").write_text("[1]")
    (home / "set.zip").unlink()
    seen = survey(zipped, tmp_path / "data")
    assert [file.path for file in seen.missing] == ["set.zip"]
    assert get(zipped).complete
    assert "set.zip.unpacked.json is damaged" in listener.notes[0]


def test_a_full_disk_while_unpacking_is_said_and_the_archive_kept(get, zipped, tmp_path, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("data_fetch.unpack._write", full)
    done = get(zipped)
    assert "the disk is full: make room" in done.errors[0]
    assert [file.path for file in done.packed] == ["set.zip"]


def test_an_archive_that_cannot_be_unpacked_is_kept_and_said(get, zipped, tmp_path, server):
    mine = tmp_path / "data/zipped/Training Set/AAA/lgemri.nrrd"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    done = get(zipped)
    assert [file.path for file in done.packed] == ["set.zip"]
    assert "is there already" in done.errors[0]
    assert (tmp_path / "data/zipped/set.zip").exists() and mine.read_text() == "mine"
    mine.unlink()
    mine.parent.rmdir()
    mine.parent.parent.rmdir()
    count = len(server.served)
    assert get(zipped).complete
    assert len(server.served) == count  # unpacked from the archive that was kept


def test_an_evil_archive_with_the_right_sum_does_no_harm(get, zipped, remote, server, tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        bundle.writestr("../../evil.txt", "evil")
    server.files["/zipped/set.zip"] = buffer.getvalue()
    evil = dataclasses.replace(zipped, files=(remote("set.zip", buffer.getvalue(), unpacked=4),))
    done = get(evil)
    assert not done.complete and "not safe" in done.errors[0]
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_the_disk_is_checked_for_archive_and_contents_before_the_first_request(
    get, zipped, server, monkeypatch
):
    needed = zipped.disk_bytes
    monkeypatch.setattr("data_fetch.disk.free_bytes", lambda _folder: needed + SPARE_BYTES - 1)
    with pytest.raises(FetchStoppedError, match=r"zipped needs .* GB free: make room"):
        get(zipped)
    assert server.served == []
    monkeypatch.setattr("data_fetch.disk.free_bytes", lambda _folder: needed + SPARE_BYTES)
    assert get(zipped).complete


def test_bytes_already_there_need_no_room_again(get, tiny, monkeypatch):
    get()
    monkeypatch.setattr("data_fetch.disk.free_bytes", lambda _folder: 0)
    assert get().complete


def test_free_space_of_a_folder_yet_to_be_made(tmp_path):
    assert free_bytes(tmp_path / "a/b/c") > 0
    with pytest.raises(FetchStoppedError, match="has only"):
        check_space(10**18, tmp_path / "a/b/c", purpose="an exabyte")


def test_a_folder_that_cannot_be_made_is_named(get, tmp_path):
    (tmp_path / "data").write_text("a file, not a folder")
    with pytest.raises(FetchStoppedError, match="cannot make the folder"):
        get()


def test_two_runs_at_once_fetch_every_byte_once(get, server, how, tiny, listener):
    def once_the_other_waits(handler, body):
        deadline = time.monotonic() + 300
        while not listener.notes and time.monotonic() < deadline:
            time.sleep(0.01)
        how.serve(handler, body)

    server.script[f"/tiny/{A}"] = [once_the_other_waits]
    results = []
    threads = [threading.Thread(target=lambda: results.append(get())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.complete for result in results] == [True, True]
    assert len(server.served) == len(tiny.files)
    assert len(listener.notes) == 1 and "another process is fetching" in listener.notes[0]


def test_the_survey_sees_pieces(tiny, tmp_path):
    home = tmp_path / "data/tiny"
    (home / "some folder").mkdir(parents=True)
    (home / (A + ".part")).write_bytes(b"a.h")
    (home / B).write_bytes(b"b.h5" * 1000)
    (home / LIST).write_bytes(b"wrong size")
    seen = survey(tiny, tmp_path / "data")
    assert [file.path for file in seen.partial] == [A]
    assert [file.path for file in seen.present] == [B]
    assert [file.path for file in seen.missing] == [LIST]


def test_addresses_under_another_base(tiny):
    file = tiny.files[0]
    assert address(file, tiny, None) == file.url
    assert address(file, tiny, "http://room12:8000/") == "http://room12:8000/tiny/some%20folder/a.h5"
    for wrong in ("room12:8000", "", "http:/room12", "ftp://room12", "://[", "file:///etc"):
        with pytest.raises(FetchStoppedError, match="must begin with http"):
            address(file, tiny, wrong)


def test_the_package_stands_alone(child_environment):
    code = (
        "import sys, data_fetch, data_fetch.__main__; "
        "found = {'atriacourse', 'torch', 'numpy'} & set(sys.modules); sys.exit(str(found) if found else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=child_environment)
