"""Files that appear complete or not at all."""

import threading

import pytest

from atriacourse.files import write_whole, written_whole


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
