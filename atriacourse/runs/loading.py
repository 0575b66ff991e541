"""Read and prepare the training cases, and fingerprint what a run is trained on.

Before runs/train.py.
"""

import hashlib
from collections.abc import Callable, Sequence

import numpy as np

from atriacourse.augment.prepare import prepare_grey, prepare_mask
from atriacourse.data.bank import BankCase
from atriacourse.data.case import Case, Cohort
from atriacourse.data.volume import grey_levels
from atriacourse.runs.config import RunConfig
from atriacourse.runs.watcher import Watcher


def load_bank_cases(
    cohort: Cohort,
    names: Sequence[str],
    config: RunConfig,
    watcher: Watcher,
    *,
    read: Callable[[Case, RunConfig], BankCase] | None = None,
) -> list[BankCase]:
    """Read and prepare the training cases; a name that stands several times shares its arrays.

    Args: read: in place of `load_bank_case`, for a caller that has the cases at hand.
    """
    loaded: dict[str, BankCase] = {}
    different = list(dict.fromkeys(names))
    for number, name in enumerate(different, start=1):
        loaded[name] = (read or load_bank_case)(cohort.case(name), config)
        watcher.loading(number, len(different))
    return [loaded[name] for name in names]


def load_bank_case(case: Case, config: RunConfig) -> BankCase:
    """Read one case and prepare it as the config says. Raises: InputError naming the case."""
    return BankCase(
        name=case.name,
        grey=prepare_grey(grey_levels(case.image()), config.prepare),
        mask=prepare_mask(case.mask().voxels, config.prepare),
        post_ablation=case.post_ablation,
    )


def median_spacing_mm(cohort: Cohort) -> list[float]:
    """The median voxel size (z, y, x) of a cohort, from the headers."""
    return np.median([case.grid().spacing_mm for case in cohort], axis=0).tolist()


def data_hash(bank_cases: Sequence[BankCase], held: Sequence[tuple[str, np.ndarray, np.ndarray]]) -> str:
    """Sixteen hex digits of the names and bytes trained and validated on."""
    digest = hashlib.sha256()
    for case in bank_cases:
        digest.update(case.name.encode() + repr(case.post_ablation).encode())
        digest.update(np.ascontiguousarray(case.grey).data)
        digest.update(np.ascontiguousarray(case.mask).data)
    for name, grey, truth in held:
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(grey).data)
        digest.update(np.ascontiguousarray(truth).data)
    return digest.hexdigest()[:16]
