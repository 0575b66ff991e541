"""Scans read once for many cells: a cohort whose cases remember what was read and prepared.

Before work.py. Reading and CLAHE take longer than training a small network; a worker that goes through
forty cells does them once. A case of 200x140x88 voxels takes five megabytes.
"""

from dataclasses import dataclass, field, replace

from atriacourse.data.bank import BankCase
from atriacourse.data.case import Case, Cohort
from atriacourse.data.volume import Volume
from atriacourse.runs.config import RunConfig
from atriacourse.runs.loading import load_bank_case


@dataclass(frozen=True, kw_only=True)
class RememberedCase(Case):
    """A case that reads its files at the first question only."""

    read: dict[str, Volume] = field(default_factory=dict, repr=False, compare=False)

    def image(self) -> Volume:
        """The scan, (z, y, x); do not write into its voxels."""
        if "image" not in self.read:
            self.read["image"] = super().image()
        return self.read["image"]

    def mask(self) -> Volume:
        """The mask, bool (z, y, x); do not write into its voxels."""
        if "mask" not in self.read:
            self.read["mask"] = super().mask()
        return self.read["mask"]


def remembering(cohort: Cohort) -> Cohort:
    """The same cohort, each case of which remembers what it read."""
    cases = (RememberedCase(**{name: getattr(case, name) for name in FIELDS}) for case in cohort)
    return replace(cohort, cases=tuple(cases))


FIELDS = tuple(Case.__dataclass_fields__)


class Shelf:
    """Prepared cases by name and preparation; stands in for `load_bank_case`."""

    def __init__(self) -> None:
        self._prepared: dict[tuple, BankCase] = {}

    def __call__(self, case: Case, config: RunConfig) -> BankCase:
        """The case as the config prepares it. Raises: InputError naming the case."""
        key = (case.name, replace(config.prepare, offsets=(0,)))  # which neighbours are shown changes nothing
        if key not in self._prepared:
            self._prepared[key] = load_bank_case(case, config)
        return self._prepared[key]
