"""Find a class's submissions, and whose they are.

After reading.py and lists/, before grade_class.py.

    FOLDER/ada/contrast.ipynb          one folder a student, with the journal beside it
    FOLDER/contrast-ada.ipynb          or all in one folder
    FOLDER/doeada_12345_67890_...      or as a platform hands them out: lists/delivery.py

Everything else that lies there is told, with the reason why it is not used.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from atriacourse.assignments.allocation import student_id
from atriacourse.assignments.journal import journal_name
from atriacourse.errors import InputError
from atriacourse.school.fences.jail import read_plain
from atriacourse.school.grading.reading import Found, told_assignment
from atriacourse.school.lists.delivery import Delivery, delivery_of
from atriacourse.school.lists.people import INSTRUCTOR, Student

NOT_STUDENTS = {INSTRUCTOR: "`assign`", "__MACOSX": "archives of a Mac"}  # by whom
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
# contrast (1).ipynb, contrast-Copy1.ipynb, contrast - Copy (2).ipynb
COPY = re.compile(r"(?:[-_ ]+copy[ \d]*| ?\(\d+\))+$", re.IGNORECASE)
NUMBER = re.compile(r" ?\((\d+)\)$")  # a browser's: the file was saved or sent once more


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One file that somebody handed in."""

    path: Path
    owner: str  # id
    file: str  # its name as the student gave it
    home: str  # the folder of the class that it lies in; empty for flat files
    delivery: Delivery | None  # a platform's

    @property
    def stem(self) -> str:
        """The name without its ending."""
        return Path(self.file).stem

    def order(self, assignment: str) -> tuple[int, bool, int, int, str]:
        """Of several the greatest is graded: attempt, named as handed out, the platform's number, `(1)`."""
        found = NUMBER.search(self.stem)
        plain = _composed(NUMBER.sub("", self.stem)) in (assignment, f"{assignment}-{self.owner}")
        given = self.delivery
        where = (given.attempt, given.number) if given else (0, 0)
        return where[0], plain, where[1], int(found[1]) if found else 0, self.file


def find_submissions(
    folder: Path, assignments: Sequence[str], students: Sequence[Student] = ()
) -> list[Found]:
    """Every submission below a folder, by student and assignment.

    Args: assignments: the names there are, to know one in a file's name. students: the roster, with the keys
        of platforms.
    Raises: InputError if the folder is none, or holds nothing that looks like a submission.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; give the one that holds a folder for each student")
    found: dict[tuple[str, str], list[Piece]] = {}
    pieces = [piece for path in _files(folder) if (piece := _piece(path, folder, assignments, students))]
    for piece in pieces:
        name = _assignment_of(piece, assignments)
        if name and piece.owner:
            found.setdefault((piece.owner, name), []).append(piece)
    _add_the_unnamed(pieces, found)
    if not found:
        nobody = {why for path in _files(folder) if (why := _nobodys(path, folder, assignments, students))}
        raise InputError(
            f"{folder} holds no submission; there must be STUDENT/ASSIGNMENT.ipynb or "
            f"ASSIGNMENT-STUDENT.ipynb, with ASSIGNMENT one of {', '.join(assignments)}"
            + "".join(f"; {why}" for why in sorted(nobody)[:3])
        )
    spelled = {one.id: one.shown for one in students}
    journals = [piece for piece in pieces if piece.file.lower().startswith("journal-")]
    return [
        _chosen(owner, name, given, journals, spelled.get(owner, ""))
        for (owner, name), given in sorted(found.items())
    ]


def left_out(
    folder: Path, found: Sequence[Found], assignments: Sequence[str] = (), students: Sequence[Student] = ()
) -> list[tuple[str, str]]:
    """(path, why) of everything below a folder that grading does not use, so that none is missed in silence.

    What lies in a folder that is left out as a whole is not listed one by one.
    """
    graded = {one.path: one for one in found}
    beside = {path: one for one in found for path in one.others}
    journals = {one.journal for one in found}
    told = []
    for path, why in _everything(folder):
        if path in beside:
            one = beside[path]
            name, chosen = one.path.relative_to(folder).as_posix(), f", {one.chosen}" if one.chosen else ""
            why = one.problem or f"{name} is graded as {one.assignment} of {one.student}{chosen}"
        elif not why and path not in graded and path not in journals:
            why = _nobodys(path, folder, assignments, students) or _why_not(path, flat=path.parent == folder)
        if why and path not in graded:
            told.append((path.relative_to(folder).as_posix(), why))
    return sorted(told)


def _piece(path: Path, folder: Path, assignments: Sequence[str], students: Sequence[Student]) -> Piece | None:
    """Whose a file is, by a platform's form of its name or by ours; None for what no student handed in."""
    home = path.relative_to(folder).parts[0] if path.parent != folder else ""
    own = _own_file(path, assignments)
    given = None if not home and own in {one.id for one in students} else delivery_of(path, folder, students)
    if given is not None:
        return Piece(path=path, owner=given.student, file=given.file, home=home, delivery=given)
    owner = _spelled(home) if home else own
    return Piece(path=path, owner=owner, file=path.name, home=home, delivery=None)


def _own_file(path: Path, assignments: Sequence[str]) -> str:
    """The student whom a flat file's name names, in our own form."""
    name = _named(path.stem, "", assignments)
    return _spelled(COPY.sub("", path.stem)[len(name) + 1 :]) if name else ""


def _assignment_of(piece: Piece, assignments: Sequence[str]) -> str:
    """The assignment of a notebook, by its name or else by what it says; empty for other files."""
    name = piece.file.lower()
    if not name.endswith(".ipynb") or name.endswith(".solution.ipynb"):
        return ""
    named = _named(piece.stem, piece.owner if piece.home or piece.delivery else "", assignments)
    if named or not piece.owner:
        return named
    told = told_assignment(piece.path)
    return told if told in assignments else ""


def _nobodys(path: Path, folder: Path, assignments: Sequence[str], students: Sequence[Student]) -> str:
    """Why a platform's file is nobody's."""
    piece = _piece(path, folder, assignments, students)
    if piece is None or piece.delivery is None:
        return ""
    if not piece.file:
        return "it is the platform's own"
    return piece.delivery.why


def _everything(folder: Path) -> Iterator[tuple[Path, str]]:
    """(file, ""), and (file or folder, why it is not looked into); no link to a folder is followed."""
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            inside = sorted(here.iterdir())
        except OSError as error:
            yield here, f"it may not be looked into ({error.strerror or error})"
            continue
        if not inside and here != folder:
            yield here, "it is empty"
        for path in inside:
            if path.name.startswith("."):
                yield path, "it is hidden: Jupyter and other programs keep copies and settings so"
            elif path.is_symlink() and path.is_dir():
                yield path, "it is a link to a folder, which is not followed"
            elif not path.is_dir() or path.suffix.lower() == ".ipynb":  # what else it is, reading.py tells
                yield path, ""
            elif path.name in NOT_STUDENTS:
                yield path, f"a folder of this name is left by {NOT_STUDENTS[path.name]}"
            elif here == folder and not _spelled(path.name) and delivery_of(path / "any", folder, ()) is None:
                yield path, "its name cannot be a student's id: letters, digits, and between them . _ - + @"
            else:
                waiting.append(path)


def _why_not(path: Path, *, flat: bool) -> str:
    """Why a file is nobody's submission."""
    name = path.name.lower()
    if path.is_symlink():
        return "it is a link"
    if name.endswith(ARCHIVES):
        return "it is an archive: unpack it"
    if name.endswith(".solution.ipynb"):
        return "it is a worked solution"
    if name.endswith(".ipynb"):
        needed = "its name is not ASSIGNMENT-STUDENT.ipynb" if flat else "neither it nor its name names one"
        return f"it belongs to no assignment: {needed}"
    if ".ipynb" in name:
        return "its name does not end in .ipynb: rename it"
    if name.startswith("journal-"):
        return "it is a journal without its notebook"
    return "it is no notebook"


def _files(folder: Path) -> list[Path]:
    return sorted(path for path, why in _everything(folder) if not why)


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name.lower())


def _spelled(text: str) -> str:
    """As an id, or empty if it cannot be one."""
    try:
        return student_id(text)
    except InputError:
        return ""


def _named(stem: str, student: str, assignments: Sequence[str]) -> str:
    """The assignment that a file's name names."""
    stem = COPY.sub("", stem).lower()
    fitting = [name for name in assignments if stem == name or stem.startswith((f"{name}-", f"{name}_"))]
    return max(fitting, key=len, default="") if student or stem not in fitting else ""


def _add_the_unnamed(pieces: Sequence[Piece], found: dict[tuple[str, str], list[Piece]]) -> None:
    """A student whose only files are none of ours: held against the assignment that the others handed in."""
    names = {name for _, name in found}
    if len(names) != 1:
        return
    known = {owner for owner, _ in found}
    for piece in pieces:
        whole = piece.owner and piece.file and (piece.home or piece.delivery)
        if whole and piece.owner not in known and not piece.file.lower().startswith("journal-"):
            known.add(piece.owner)
            found[piece.owner, next(iter(names))] = [piece]


def _chosen(
    student: str, name: str, given: Sequence[Piece], journals: Sequence[Piece], spelled: str
) -> Found:
    """Of several notebooks the newest attempt's, in it the one named as handed out, or sent again last."""
    plain = [piece for piece in given if piece.delivery is None]
    homes, problem, same = sorted({piece.home for piece in plain}), "", given
    if len(homes) > 1 and len({read_plain(piece.path) for piece in plain}) > 1:
        same = [piece for piece in plain if spelled and piece.home == spelled]
        if not same:
            told = " and ".join(f"`{home}`" if home else "a file beside the folders" for home in homes)
            problem, same = f"{told} are both of {student}, and differ: keep the one that counts", given
    best = max(same, key=lambda piece: piece.order(name))
    others = tuple(piece.path for piece in given if piece is not best)
    journal = _journal(student, name, best, journals)
    return Found(
        student=student,
        assignment=name,
        path=best.path,
        journal=journal,
        others=others,
        chosen=_why_chosen(best, same, name) if others else "",
        spelled=spelled or (best.home if best.delivery is None else ""),
        handed_in=best.delivery.handed_in if best.delivery else "",
        late=best.delivery.late if best.delivery else False,
        problem=problem,
    )


def _why_chosen(best: Piece, given: Sequence[Piece], name: str) -> str:
    """By what one of several was chosen."""
    second = max((one for one in given if one is not best), key=lambda one: one.order(name), default=None)
    if second is None:
        return "whose folder is spelled as the roster has it"
    mine, other = best.order(name), second.order(name)
    words = (
        *("the newest attempt", "named as it was handed out", "the platform's newest file"),
        *("the highest number", "of several names the last: look which one counts"),
    )
    return next((word for word, one, two in zip(words, mine, other, strict=True) if one != two), words[-1])


def _journal(student: str, name: str, best: Piece, journals: Sequence[Piece]) -> Path | None:
    """The journal that lies with a notebook, or came from the same student by the same platform."""
    own = [each for each in journals if each.path.parent == best.path.parent]
    exact = [each for each in own if _composed(each.path.name) == journal_name(name, student)]
    if best.delivery is not None:
        mine = [each for each in journals if each.owner == student and each.delivery is not None]
        exact = [each for each in mine if each.file.lower().startswith(f"journal-{name}-")]
        exact = sorted(exact, key=lambda each: each.order(name), reverse=True)
        exact = [each for each in exact if each.delivery and each.delivery.attempt == best.delivery.attempt]
    elif _spelled(best.path.parent.name) == student:  # in one's own folder another's is taken too, and told
        exact += [each for each in own if each.file.startswith(f"journal-{name}-")]
    files = (each.path for each in exact if each.file.lower().endswith(".jsonl"))
    return next((path for path in files if path.is_file() and not path.is_symlink()), None)
