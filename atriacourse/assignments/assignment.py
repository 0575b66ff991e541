"""What an assignment is: its title, its budget, the ablation behind it, and how it is marked.

Before listing.py, which reads one declaration from each file of declared/.
"""

from dataclasses import dataclass

from atriacourse.errors import InputError
from atriacourse.evaluation.metrics import compared

SCALE = "class"  # of the studies (scales.py): at which assignments are graded
PART_KINDS = ("hypothesis", "tests", "result", "claim", "report", "clinic")  # how a part is graded
FULL_MARKS = 100


@dataclass(frozen=True, kw_only=True)
class Part:
    """One line of the rubric; the cells that belong to it name it."""

    name: str  # "# part: NAME" in a cell
    points: int
    says: str  # what earns the points, for students to read
    kind: str  # one of PART_KINDS

    def __post_init__(self) -> None:
        if self.kind not in PART_KINDS:
            raise InputError(
                f"part {self.name}: its kind must be one of {', '.join(PART_KINDS)}, got {self.kind!r}"
            )
        if self.points <= 0:
            raise InputError(f"part {self.name}: its points must be above 0, got {self.points}")


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """One assignment, as students may know it; its text with the solution is the school's."""

    name: str
    title: str
    chapter: str  # that it belongs to, e.g. "03_contrast"
    hours: str  # a student's time: "1 hour" ... "1 week"
    minutes: float  # the most that all cells take, on one CPU thread
    memory_gb: float
    goals: tuple[str, ...]
    rubric: tuple[Part, ...]
    study: str | None = None  # of the studies' catalogue; None: no network is trained
    levels: tuple[tuple[str, str], ...] = ()  # pairs of variants; each student gets one
    metric: str = "dice"

    def __post_init__(self) -> None:
        names = [part.name for part in self.rubric]
        points = sum(part.points for part in self.rubric)
        if points != FULL_MARKS or len(set(names)) < len(names):
            raise InputError(
                f"assignment {self.name}: the parts of its rubric need a name of their own each and "
                f"{FULL_MARKS} points together, got {', '.join(names)} with {points}"
            )
        if (self.study is None) != (not self.levels):
            raise InputError(f"assignment {self.name}: a study needs levels, and levels need a study")
        if self.metric not in compared():
            raise InputError(f"assignment {self.name}: metric {self.metric!r} has no better and worse")

    @property
    def ablation(self) -> str:
        """The study behind it. Raises: InputError where no network is trained."""
        if self.study is None:
            raise InputError(f"assignment {self.name} trains nothing; there is no study behind it")
        return self.study

    def part(self, name: str) -> Part:
        """The part of that name. Raises: InputError naming those there are."""
        for part in self.rubric:
            if part.name == name:
                return part
        known = ", ".join(part.name for part in self.rubric)
        raise InputError(f"assignment {self.name} has no part {name!r}; it has {known}")
