"""Scans read once for many cells: a cohort whose cases remember what was read and prepared.

Before work.py. Reading and CLAHE take longer than training a small network; a worker that goes through
forty cells does them once. A case of the mirror takes five megabytes; full-size scans are read each time.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from atriacourse.augment.prepare import PrepareConfig
from atriacourse.data.bank import BankCase
from atriacourse.data.case import Case, Cohort
from atriacourse.data.volume import Volume
from atriacourse.runs.config import RunConfig
from atriacourse.runs.loading import load_bank_case

LARGEST = 8_000_000  # bytes of a volume that is kept in memory


@dataclass(frozen=True, kw_only=True)
class RememberedCase(Case):
    """A case that reads its files at the first question only."""

    read: dict[str, Volume] = field(default_factory=dict, repr=False, compare=False)

    def image(self) -> Volume:
        """The scan, (z, y, x); do not write into its voxels."""
        return self._remember("image", super().image)

    def mask(self) -> Volume:
        """The mask, bool (z, y, x); do not write into its voxels."""
        return self._remember("mask", super().mask)

    def _remember(self, what: str, read: Callable[[], Volume]) -> Volume:
        if what in self.read:
            return self.read[what]
        volume = read()
        if volume.voxels.nbytes <= LARGEST:
            self.read[what] = volume
        return volume


def remembering(cohort: Cohort) -> Cohort:
    """The same cohort, each case of which remembers what it read."""
    cases = (RememberedCase(**{name: getattr(case, name) for name in FIELDS}) for case in cohort)
    return replace(cohort, cases=tuple(cases))


FIELDS = tuple(Case.__dataclass_fields__)


class Shelf:
    """Prepared cases by name and preparation; stands in for `load_bank_case`."""

    def __init__(self) -> None:
        self._prepared: dict[tuple[str, PrepareConfig], BankCase] = {}

    def __call__(self, case: Case, config: RunConfig) -> BankCase:
        """The case as the config prepares it. Raises: InputError naming the case."""
        key = (case.name, replace(config.prepare, offsets=(0,)))  # which neighbours are shown changes nothing
        if key not in self._prepared:
            self._prepared[key] = load_bank_case(case, config)
        return self._prepared[key]
