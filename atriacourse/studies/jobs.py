"""What a study's units come to as jobs, each once: cells to train, bags to combine, further readings.

After cells.py, before runner.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from atriacourse.studies.cells import Cell, Unit, cells_of


@dataclass(frozen=True, kw_only=True)
class Job:
    """A cell to train, or a bag or a further reading once its cells are there."""

    name: str  # the key, and the reading if it is one
    key: str
    says: str
    work: Cell | Unit  # a cell to train; a unit, whose bag or further reading it is

    @property
    def needs(self) -> tuple[str, ...]:
        """Keys of the records that must be there first."""
        if isinstance(self.work, Cell):
            return ()
        return (self.key,) if self.name != self.key else tuple(cell.key for cell in self.work.cells)


def jobs_of(units: Sequence[Unit]) -> list[Job]:
    """All jobs of some units, each once: a seed's cells, then its bags and readings, then the next seed."""
    jobs: dict[str, Job] = {}
    for unit in units:
        for cell in cells_of([unit]):
            member = f", member {cell.member}" if cell.subsets else ""
            says = f"{unit.study}/{unit.variant}, seed {unit.seed}{member}"
            jobs.setdefault(cell.key, Job(name=cell.key, key=cell.key, says=says, work=cell))
        says = f"{unit.study}/{unit.variant}, seed {unit.seed}"
        if len(unit.cells) > 1:
            jobs.setdefault(unit.key, Job(name=unit.key, key=unit.key, says=says, work=unit))
        if unit.reading not in ("raw", "clean"):
            name = f"{unit.key}-{unit.reading.replace(':', '-')}"
            says = f"{says}, {unit.reading}"
            jobs.setdefault(name, Job(name=name, key=unit.key, says=says, work=unit))
    return list(jobs.values())
