"""Files that appear complete or not at all, and the one door that notes are read through."""

import os
import socket
import stat
import subprocess
import sys
import threading
from typing import NotRequired  # pydantic wants its own before Python 3.12

import pytest
from typing_extensions import TypedDict

from atriacourse.errors import InputError
from atriacourse.files import read_json, write_whole, written_whole


def test_the_folder_is_made_and_no_draft_is_left(tmp_path):
    path = tmp_path / "new" / "table.csv"
    with written_whole(path, ending=".csv") as draft:
        assert draft.parent == path.parent and draft.suffix == ".csv" and draft != path
        draft.write_text("a,b\n")
        assert not path.exists()
    assert [one.name for one in path.parent.iterdir()] == ["table.csv"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_what_fails_in_the_middle_leaves_the_file_from_before(tmp_path, error):
    path = tmp_path / "notes.txt"
    path.write_text("before")
    with pytest.raises(error), written_whole(path) as draft:
        draft.write_text("half of wh")
        raise error
    assert path.read_text() == "before"
    assert [one.name for one in tmp_path.iterdir()] == ["notes.txt"]


def test_a_reader_never_sees_half_of_it(tmp_path):
    path, sizes, done = tmp_path / "long.txt", set(), threading.Event()
    write_whole(path, "0" * 100_000)

    def read():
        while not done.is_set():
            sizes.add(len(path.read_text()))

    reader = threading.Thread(target=read)
    reader.start()
    for digit in "123456789":
        write_whole(path, digit * 100_000)
    done.set()
    reader.join()
    assert sizes == {100_000}


def test_text_is_written_byte_for_byte(tmp_path):
    write_whole(tmp_path / "one.txt", "ä\nb\udc80")
    # UTF-8 of ä is C3 A4, the line end is one byte, half of a character is its number
    assert (tmp_path / "one.txt").read_bytes() == b"\xc3\xa4\nb\\udc80"


def test_a_new_file_follows_the_umask_whatever_its_writer_does(tmp_path):
    before = os.umask(0o027)
    try:
        with written_whole(tmp_path / "weights") as draft:
            draft.unlink()
            os.close(os.open(draft, os.O_CREAT, 0o600))  # as safetensors does
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "weights").stat().st_mode) == 0o640  # 0666 without 0027


def test_a_file_that_was_there_keeps_its_rights(tmp_path):
    path = tmp_path / "notes"
    write_whole(path, "before")
    path.chmod(0o604)
    write_whole(path, "after")
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


def test_drafts_of_killed_programs_go_and_those_of_running_ones_stay(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    host = socket.gethostname()
    kept = [f".t.csv.{host}-{os.getppid()}", f".t.csv.elsewhere-{dead.pid}", f".other.csv.{host}-{dead.pid}"]
    for name in (*kept, f".t.csv.{host}-{dead.pid}", f".t.csv.{dead.pid}"):
        (tmp_path / name).write_text("half")
    write_whole(tmp_path / "t.csv", "whole")
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted([*kept, "t.csv"])


class Run(TypedDict):
    done: bool
    seconds: NotRequired[float]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "EOF"),
        (b"[]", "be an object"),
        (b"null", "be an object"),
        (b"7", "be an object"),
        (b'{"done": true', "EOF"),
        (b'{"done": "yes"}', "done: Input should be a valid boolean"),
        (b'{"seconds": 1}', "done: Field required"),
        (b'{"done": true, "seconds": "3"}', "seconds: Input should be a valid number"),
        (b"[" * 10_000 + b"]" * 10_000, "recursion"),
        (b"\xff\xfe{}", "UTF-8"),
        (b"\x00" * 20, "is damaged"),
    ],
)
def test_whatever_is_wrong_with_notes_is_one_sentence_with_the_file_and_the_way_out(tmp_path, content, says):
    path = tmp_path / "run.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=says) as caught:
        read_json(path, Run, way_out="train again")
    text = str(caught.value)
    assert text.startswith(str(path)) and text.endswith("train again") and "\n" not in text


def test_notes_are_read_with_a_spreadsheets_mark_and_further_keys(tmp_path):
    path = tmp_path / "run.json"
    path.write_bytes(b'\xef\xbb\xbf{"done": true, "later": [1]}')
    assert read_json(path, Run, way_out="")["done"] is True
    assert read_json(path, way_out="")["later"] == [1]


def test_what_is_no_ordinary_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "fifo.json")
    for path, says in ((tmp_path / "fifo.json", "no ordinary file"), (tmp_path, "no ordinary file")):
        with pytest.raises(InputError, match=says):
            read_json(path, way_out="give another")
    with pytest.raises(InputError, match="there is no"):
        read_json(tmp_path / "none.json", way_out="give another")
