"""A student's journal: what was said and measured, in the order in which it happened.

After allocation.py, before session.py. One JSON object a line, each with the hash of the line before it, so
that a line changed, removed or put in between breaks the chain. A chain can be made anew as a whole: it
proves order to whoever plays fair, and grading runs the notebook again for whoever does not.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from atriacourse.errors import InputError

START = "0" * 64  # what stands before the first entry
KINDS = ("begin", "hypothesis", "result", "claim")
MIMETYPE = "application/vnd.atriacourse.journal+json"  # of an entry in a notebook's outputs


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of a journal."""

    index: int
    kind: str  # one of KINDS
    time: str  # ISO 8601, UTC
    content: dict[str, Any]
    previous: str  # hash of the entry before
    hash: str

    @property
    def whole(self) -> bool:
        """Whether its hash is that of what it says."""
        return self.hash == _hash_of(self.index, self.kind, self.time, self.content, self.previous)


@dataclass(frozen=True, kw_only=True)
class Journal:
    """The entries of a file, and whether they are as they were written."""

    entries: tuple[Entry, ...]
    broken: int | None  # position of the first entry, or line, that does not fit; None: the chain is whole

    def of_kind(self, kind: str) -> list[Entry]:
        """The entries of one kind, in order."""
        return [entry for entry in self.entries if entry.kind == kind]

    def last(self, kind: str) -> Entry | None:
        """The last entry of one kind."""
        found = self.of_kind(kind)
        return found[-1] if found else None


def journal_name(assignment: str, student: str) -> str:
    """The file's name."""
    return f"journal-{assignment}-{student}.jsonl"


def read_journal(path: Path | str) -> Journal:
    """Read a journal and follow its chain (`journal_of`); an absent file is an empty journal.

    Raises: InputError for what is no file, or may not be read.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"{path} should be a journal and is no ordinary file; move it away")
        return journal_of(path.read_bytes().decode("utf-8", errors="replace") if path.exists() else "")
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); ask its owner for the right") from error


def journal_of(text: str) -> Journal:
    """The journal that a text is, line by line.

    Never raises for what stands in it: lines that are no entries end the reading and break the chain.
    """
    entries: list[Entry] = []
    broken, previous = None, START
    for position, line in enumerate(text.splitlines()):
        try:
            entry = _entry_of(json.loads(line))
            fits = entry.whole and entry.index == position and entry.previous == previous
        except (ValueError, TypeError, RecursionError):
            return Journal(entries=tuple(entries), broken=position if broken is None else broken)
        if not fits and broken is None:
            broken = position
        entries.append(entry)
        previous = entry.hash
    return Journal(entries=tuple(entries), broken=broken)


def add_entry(path: Path | str, kind: str, content: dict[str, Any]) -> Entry:
    """Append an entry, unless the last of its kind says the same: running a cell again adds nothing.

    Returns: the entry that now says so. Raises: InputError for an unknown kind.
    """
    if kind not in KINDS:
        raise InputError(f"an entry is of the kind {', '.join(KINDS)}, got {kind!r}")
    journal = read_journal(path)
    content = json.loads(json.dumps(content))  # as it will be read again
    last = journal.last(kind)
    if last is not None and last.content == content:
        return last
    previous = journal.entries[-1].hash if journal.entries else START
    now = datetime.now(UTC).isoformat(timespec="seconds")
    index = len(journal.entries)
    entry = Entry(
        index=index,
        kind=kind,
        time=now,
        content=content,
        previous=previous,
        hash=_hash_of(index, kind, now, content, previous),
    )
    line = json.dumps(vars(entry)) + "\n"  # ASCII alone: no letter in it ends a line or cannot be written
    with Path(path).open("a+b") as file:
        if file.tell() and not _ends_a_line(file):
            line = f"\n{line}"
        file.write(line.encode())
    return entry


def _ends_a_line(file: BinaryIO) -> bool:
    """Whether the last line is ended; an editor may have left it open. What is written goes to the end."""
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _entry_of(fields: Any) -> Entry:
    """An entry from what JSON gave. Raises: TypeError or ValueError when it is none."""
    entry = Entry(**fields)
    texts = (entry.kind, entry.time, entry.previous, entry.hash)
    if type(entry.index) is not int or not isinstance(entry.content, dict):
        raise ValueError("index must be a number, content an object")
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("kind, time, previous and hash must be texts")
    return entry


def _hash_of(index: int, kind: str, time: str, content: dict[str, Any], previous: str) -> str:
    rest = {"index": index, "kind": kind, "time": time, "content": content}
    return hashlib.sha256((previous + json.dumps(rest, sort_keys=True)).encode()).hexdigest()
