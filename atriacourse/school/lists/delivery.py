"""Whose a file is, and which of several, by the names that platforms give to what they hand out as a zip.

After people.py; used by grading/finding.py. The documented forms:

    Canvas             doeada_12345_67890_padding-1.ipynb, doeada_LATE_12345_67890_padding.ipynb: user, file
    Moodle             Ada Doe_12345_assignsubmission_file_/padding.ipynb, or as one name without the folder
    Blackboard         Task 1_adoe_attempt_2026-11-30-18-00-00_padding.ipynb, and the same ending in .txt
    GitHub Classroom   padding-adoe/padding.ipynb: a clone of each repository

A file whose name has one of these forms belongs to the student whose key it holds, or to nobody.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath

from atriacourse.school.lists.people import Student, same_name, squeezed

CANVAS = re.compile(
    r"(?:(?P<name>\w+?)_)?(?P<late>LATE_)?(?:(?P<anonymous>anon_\w+?)|(?P<key>\d+))_(?P<order>\d+)_(?P<file>.+)"
)
MOODLE = re.compile(r"(?P<name>.+)_(?P<key>\d+)_assignsubmission_(?P<kind>file|onlinetext)_?(?P<file>.*)")
BLACKBOARD = re.compile(
    r"(?P<before>.+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:\.txt|_(?P<file>.+))", re.IGNORECASE
)
RECEIPT = re.compile(r"^Name:.*\(([^()]+)\)\s*$", re.MULTILINE)  # of Blackboard's .txt
WAY_OUT = "give --export, the table that"
LONGEST_RECEIPT = 100_000  # bytes


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One file as a platform handed it out."""

    student: str  # id; empty: see `why`
    file: str  # its name as the student gave it; empty for the platform's own
    attempt: int = 0  # of two attempts the greater is the newer one
    number: int = 0  # and of two files of one name
    handed_in: str = ""  # ISO 8601; empty where the name does not say
    late: bool = False  # by the platform's word
    why: str = ""  # why it is nobody's


def delivery_of(path: Path, folder: Path, students: Sequence[Student]) -> Delivery | None:
    """What a file's name, or its folder's, says in the form of a platform; None if it has none of them.

    Args: folder: the one that the platform's zip became. students: see `with_keys`.
    """
    parts = path.relative_to(folder).parts
    for at, part in enumerate(parts):
        rest = PurePath(*parts[at + 1 :]).name if at + 1 < len(parts) else ""
        if found := MOODLE.fullmatch(part):
            return _of_moodle(found, rest or found["file"], students)
        if found := BLACKBOARD.fullmatch(part):
            return _of_blackboard(found, path, students)
        if not rest and (found := CANVAS.fullmatch(part)):
            return _of_canvas(found, students)
        if rest and (given := _of_github(part, rest, students)):
            return given
    return None


def _of_canvas(found: re.Match[str], students: Sequence[Student]) -> Delivery:
    number, late = int(found["order"]), found["late"] is not None
    if found["key"] is None:
        return Delivery(student="", file=found["file"], why="Canvas left out whose it is (anonymous grading)")
    student, why = _owner("Canvas", found["key"], found["name"] or "", students)
    return Delivery(student=student, file=_unnumbered(found["file"]), number=number, late=late, why=why)


def _unnumbered(name: str) -> str:
    """Without the number that Canvas adds to a file handed in again; the file's own number orders them."""
    return re.sub(r"-\d{1,3}(?=\.(?:ipynb|jsonl)$)", "", name, flags=re.IGNORECASE)


def _of_moodle(found: re.Match[str], file: str, students: Sequence[Student]) -> Delivery:
    if found["kind"] == "onlinetext":
        return Delivery(student="", file=file, why="it is a text typed into Moodle, no file")
    student, why = _owner("Moodle", found["key"], found["name"].replace("_", " "), students)
    return Delivery(student=student, file=file, why=why)


def _of_blackboard(found: re.Match[str], path: Path, students: Sequence[Student]) -> Delivery:
    before, when = found["before"], datetime.strptime(found["time"], "%Y-%m-%d-%H-%M-%S").astimezone()
    told = _receipt(path.with_name(f"{before}_attempt_{found['time']}.txt"))
    known = {key: one.id for one in students for name, key in one.keys if name == "Blackboard"}
    meant = {key for key in known if before.casefold().endswith(f"_{key}")}
    if told:
        meant = {told} & set(known)
    which = told or before.rpartition("_")[2]
    one = known[next(iter(meant))] if len(meant) == 1 else ""
    return Delivery(
        student=one,
        file=found["file"] or "",
        attempt=int(when.timestamp()),
        handed_in=when.isoformat(timespec="seconds"),
        why="" if one else _nobody("Blackboard", which, "", several=len(meant) > 1),
    )


def _receipt(path: Path) -> str:
    """The user's name in Blackboard's receipt of an attempt; empty without."""
    try:
        if path.is_symlink() or path.stat().st_size > LONGEST_RECEIPT:
            return ""
        found = RECEIPT.search(path.read_bytes().decode("utf-8-sig", errors="replace"))
    except OSError:
        return ""
    return "" if found is None else squeezed(found[1])


def _of_github(folder: str, file: str, students: Sequence[Student]) -> Delivery | None:
    """A clone `ASSIGNMENT-USER`; only where the roster knows users of GitHub."""
    known = {key: one.id for one in students for name, key in one.keys if name == "GitHub Classroom"}
    meant = {key for key in known if folder.casefold().endswith(f"-{key}")}
    if not meant:
        return None
    several = len(meant) > 1
    return Delivery(
        student="" if several else known[next(iter(meant))],
        file=file,
        why=_nobody("GitHub Classroom", folder, "", several=True) if several else "",
    )


def _owner(platform: str, key: str, name: str, students: Sequence[Student]) -> tuple[str, str]:
    """(id, "") or ("", why nobody): by the key; by the name alone where the roster has none of these keys."""
    keyed = any(known == platform for one in students for known, _ in one.keys)
    meant = [one for one in students if (platform, key) in one.keys]
    hidden = name.casefold() in ("", "participant")
    if not keyed and not hidden:
        meant = [one for one in students if same_name(one.name, name)]
    if len(meant) == 1 and keyed and not hidden and meant[0].name and not same_name(meant[0].name, name):
        return "", f"{platform}'s number {key} is {meant[0].name!r} on the roster, and {name!r} here"
    return (meant[0].id, "") if len(meant) == 1 else ("", _nobody(platform, key, name, several=bool(meant)))


def _nobody(platform: str, key: str, name: str, *, several: bool) -> str:
    who = f"{name} ({key})" if name else key
    if several:
        return f"{platform}'s {who} may be several on the roster: {WAY_OUT} {platform} exports"
    return f"{platform}'s {who} is not on the roster: {WAY_OUT} {platform} exports"
