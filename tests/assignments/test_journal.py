"""The journal: a chain that shows every change by hand, wherever it is made."""

import hashlib
import json

import pytest

from atriacourse.assignments.journal import START, add_entry, journal_name, read_journal
from atriacourse.errors import InputError


@pytest.fixture
def path(tmp_path):
    path = tmp_path / journal_name("contrast", "ada")
    add_entry(path, "begin", {"student": "ada"})
    add_entry(path, "hypothesis", {"winner": "clahe", "low": 0.0})
    add_entry(path, "result", {"means": {"a": 0.7, "b": 0.8}})
    add_entry(path, "claim", {"difference": 0.1})
    return path


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def write(path, lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_a_hash_is_that_of_the_line_and_the_one_before(path):
    first, second = lines_of(path)[:2]
    rest = {name: second[name] for name in ("index", "kind", "time", "content")}
    text = first["hash"] + json.dumps(rest, sort_keys=True)
    assert second["hash"] == hashlib.sha256(text.encode()).hexdigest()
    assert first["previous"] == START and second["previous"] == first["hash"]


def test_what_was_written_is_read_and_whole(path):
    journal = read_journal(path)
    assert journal.broken is None and [entry.index for entry in journal.entries] == [0, 1, 2, 3]
    assert journal.last("hypothesis").content == {"winner": "clahe", "low": 0.0}
    assert journal.last("result").index > journal.last("hypothesis").index
    assert read_journal(path.with_name("none.jsonl")).entries == ()


def test_saying_the_same_again_adds_nothing_and_another_thing_does(path):
    before = path.read_text()
    entry = add_entry(path, "hypothesis", {"low": 0, "winner": "clahe"})
    assert entry.index == 1 and path.read_text() == before
    changed = add_entry(path, "hypothesis", {"winner": "standard", "low": 0.0})
    back = add_entry(path, "hypothesis", {"winner": "clahe", "low": 0.0})
    assert (changed.index, back.index) == (4, 5)
    assert read_journal(path).broken is None


@pytest.mark.parametrize("text", ["a\u2028b", "a\u2029b\x85c", "\x0b\x0c\x1c", "\ud800", "für ß 你"])
def test_what_is_pasted_from_elsewhere_keeps_its_line(path, text):
    entry = add_entry(path, "claim", {"because": text})
    journal = read_journal(path)
    assert journal.broken is None and journal.entries[-1] == entry and entry.content == {"because": text}


def test_a_last_line_that_an_editor_left_open_is_ended_first(path):
    path.write_text(path.read_text().rstrip("\n"))
    add_entry(path, "claim", {"difference": 0.2})
    journal = read_journal(path)
    assert journal.broken is None and len(journal.entries) == 5


def test_line_ends_of_another_system_break_nothing(path):
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_journal(path).broken is None and len(read_journal(path).entries) == 4


def change_content(lines):
    lines[1]["content"]["winner"] = "standard"


def change_time(lines):
    lines[1]["time"] = "2000-01-01T00:00:00+00:00"


def drop(lines):
    del lines[1]


def swap(lines):
    lines[1], lines[2] = lines[2], lines[1]


def insert_a_copy(lines):
    lines.insert(1, dict(lines[1]))


def cut_the_front(lines):
    del lines[0]


def renumber(lines):
    lines[1]["index"] = 7


def hash_one_line_anew(lines):
    line = lines[1]
    line["content"]["winner"] = "standard"
    rest = {name: line[name] for name in ("index", "kind", "time", "content")}
    line["hash"] = hashlib.sha256((line["previous"] + json.dumps(rest, sort_keys=True)).encode()).hexdigest()


@pytest.mark.parametrize(
    ("fault", "broken"),
    [
        (change_content, 1),
        (change_time, 1),
        (drop, 1),
        (swap, 1),
        (insert_a_copy, 2),
        (cut_the_front, 0),
        (renumber, 1),
        (hash_one_line_anew, 2),  # the next line shows it
    ],
)
def test_a_change_by_hand_breaks_the_chain_where_it_was_made(path, fault, broken):
    lines = lines_of(path)
    fault(lines)
    write(path, lines)
    journal = read_journal(path)
    assert journal.broken == broken and len(journal.entries) == len(lines)


ODD = {"index": 4, "kind": "claim", "time": "t", "content": {}, "previous": "\ud800", "hash": "\ud800"}
HALF = json.dumps(ODD)  # half of a character, which no hash is made of
DEEP = json.dumps(ODD | {"previous": ""}).replace("{}", '{"x": ' + "[" * 985 + "]" * 985 + "}")


@pytest.mark.parametrize(
    "line",
    ["not json", "[]", "null", "{}", '{"index": "1"}', "[" * 100_000, "\x00", "9" * 5000, HALF, DEEP],
    ids=range(10),
)
def test_a_line_that_is_no_entry_ends_the_reading(path, line):
    with path.open("a") as file:
        file.write(line + "\n")
    journal = read_journal(path)
    assert journal.broken == 4 and len(journal.entries) == 4
    assert add_entry(path, "claim", {"says": "after it"}).index == 4


def test_what_is_no_file_is_said(tmp_path):
    with pytest.raises(InputError, match="no ordinary file; move it away"):
        add_entry(tmp_path, "begin", {})


def test_bytes_that_are_no_text_are_no_crash(path):
    path.write_bytes(b"\xff\xfe\x00")
    assert read_journal(path).broken == 0


def test_an_entry_needs_a_kind(path):
    with pytest.raises(InputError, match="begin, hypothesis"):
        add_entry(path, "guess", {})
