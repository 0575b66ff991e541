"""From the word on the command line to a split: holdout, list, fold:K/N or all.

Before runs/train.py, after data/splits.py. Copies of one scan stay on one side, and so do lookalikes:
probably two scans of one patient, of which no list is published.
"""

import re
from dataclasses import replace
from pathlib import Path

from atriacourse.bounds import bounded, parsed, shown
from atriacourse.data.case import Cohort
from atriacourse.data.splits import Split, fold_splits, holdout_split, list_split, scan_groups
from atriacourse.errors import InputError


def make_split(cohort: Cohort, kind: str, *, seed: int, saved: Path | None = None) -> Split:
    """Split a cohort, leaving out cases without a mask.

    Args:
        kind: "holdout" (80:20), "list" (the dataset's own), "fold:2/5" (the second of five folds held
            out) or "all" (nothing held out).
        saved: the split file of a run that is being gone on with: its groups of scans are used, so that
            the scans need not be read again to look for duplicates.
    Raises: InputError for another word, or a cohort without masks.
    """
    bounded("seed", seed)
    parts = _fold_of(kind)  # a slip of the hand is told before the scans are read
    labelled = [case.name for case in cohort if case.mask_path is not None]
    if not labelled:
        raise InputError(f"{cohort.root}: no case has a mask, so there is nothing to train on")
    cohort = cohort.subset(labelled)
    groups = Split.load(saved).groups if saved is not None and saved.is_file() else {}
    if not set(labelled) <= set(groups):
        # phantoms are different patients by construction; of real scans nobody published who is who
        groups = scan_groups(cohort, lookalikes=cohort.layout != "phantom")
    if kind == "holdout":
        return holdout_split(cohort, seed=seed, groups=groups)
    if kind == "list":
        return list_split(cohort, groups=groups)
    if parts is None:  # "all"
        return Split(kind="all", cohort=cohort.name, seed=None, train=cohort.names, test=(), groups=groups)
    number, folds = parts
    return fold_splits(cohort, seed=seed, folds=folds, groups=groups)[number - 1]


def inner_split(cohort: Cohort, split: Split, *, fraction: float, seed: int) -> Split:
    """Keep back a part of the training cases for validation, never parting a group of scans.

    In a bootstrap a name may stand several times; it does so on whichever side it falls.
    """
    names = tuple(dict.fromkeys(split.train))
    inner = holdout_split(cohort.subset(names), fraction=fraction, seed=seed, groups=split.groups)
    validation = set(inner.test)
    return replace(inner, train=tuple(name for name in split.train if name not in validation))


def _fold_of(kind: str) -> tuple[int, int] | None:
    """K and N of fold:K/N; None for the other words. Raises: InputError for a word that is none."""
    if kind in ("holdout", "list", "all"):
        return None
    match = re.fullmatch(r"fold:([^/]*)/([^/]*)", kind)
    if match is None:
        raise InputError(f"split must be holdout, list, fold:K/N or all, got {shown(kind)}")
    folds = parsed("folds", match[2], called="N of fold:K/N")
    number = parsed("folds.number", match[1], called="K of fold:K/N")
    if number > folds:
        raise InputError(f"fold:K/N needs K from 1 to N, got {kind!r}")
    return number, folds
