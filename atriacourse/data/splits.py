"""Who trains and who is held out: seeded splits that keep duplicates of one scan on one side.

After data/cohort.py and data/fingerprint.py, before runs/ (which saves the split with the run). A *group* is
a set of scans that must not be parted: copies of one scan, or all scans of one patient where that is known
(for LA2018 it is not: 154 scans of 60 patients, no map published). Groups are drawn, never single scans,
within each pre/post stratum. Draws depend on the seed and the names alone, not on the order of files on disk.

Source: Chen, Bai and Rueckert 2018, section 4: 80 training and 20 held-out cases; bagging over random
subsets."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from atriacourse.bounds import bounded
from atriacourse.data.case import Cohort
from atriacourse.data.fingerprint import scan_groups
from atriacourse.errors import InputError
from atriacourse.files import read_json, write_whole

__all__ = [
    "SUBSETS",
    "Split",
    "bootstrap_subsets",
    "fold_splits",
    "holdout_split",
    "list_split",
    "member_subsets",
    "scan_groups",
]

SUBSETS = ("bootstrap", "folds", "all")  # what the members of a bag are trained on

Groups = Mapping[str, str]  # case name -> group id


@dataclass(frozen=True, kw_only=True)
class Split:
    """Names to train on and names held out."""

    kind: str  # "holdout", "fold", "bootstrap", "all" or "list"
    cohort: str  # the cohort's name
    seed: int | None  # None for a published list
    train: tuple[str, ...]  # in a bootstrap a name may stand several times: as often as it was drawn
    test: tuple[str, ...]  # held out; in a bootstrap the names never drawn ("out of bag")
    groups: dict[str, str]  # name -> group id, of every name above
    member: int = 0  # which fold, which bootstrap, which of those trained on all
    absent: tuple[str, ...] = field(default=())  # listed by the dataset, not on disk

    def __post_init__(self) -> None:
        for label in ("train", "test", "absent"):
            object.__setattr__(self, label, tuple(getattr(self, label)))
        if not self.train:
            raise InputError("a split needs at least one case to train on")
        unknown = (set(self.train) | set(self.test)) - set(self.groups)
        if unknown:
            raise InputError(
                f"no group is known for {', '.join(sorted(unknown))}; scan the groups of all cases"
            )
        both = set(self.train) & set(self.test)
        if both or (self.straddling and self.kind != "list"):
            raise InputError(
                f"cases on both sides of the split: {', '.join(sorted(both) or self.straddling)}; "
                "keep each case, and each group of duplicates, on one side"
            )

    @property
    def straddling(self) -> tuple[str, ...]:
        """Groups with scans on both sides: a leak. Only a published list can have any."""
        trained = {self.groups[name] for name in self.train}
        return tuple(sorted(trained & {self.groups[name] for name in self.test}))

    def save(self, path: Path | str) -> Path:
        """Write it as JSON; the file appears complete or not at all."""
        write_whole(path, json.dumps(asdict(self), indent=2) + "\n")
        return Path(path)

    @classmethod
    def load(cls, path: Path | str) -> "Split":
        """Read what `save` wrote. Raises: InputError, naming the file, if it is not a valid split."""
        return read_json(path, cls, way_out="make the split again")


def holdout_split(cohort: Cohort, *, seed: int, fraction: float = 0.2, groups: Groups | None = None) -> Split:
    """Hold out a fraction of the cases, the same fraction of pre and of post.

    Args: groups: name -> group id; None looks for duplicates with `scan_groups` (it reads every scan).
    Raises: InputError if one side would be empty.
    """
    if not 0 < fraction < 1:
        raise InputError(f"fraction must lie between 0 and 1, got {fraction}")
    groups = known_groups(cohort, groups)
    strata = strata_of(cohort, groups, seed=seed)
    wanted = quotas(
        [sum(map(len, stratum)) for stratum in strata], total=max(1, round(fraction * len(cohort)))
    )
    test: list[str] = []
    for stratum, quota in zip(strata, wanted, strict=True):
        taken = 0
        for group in stratum:  # in random order; a group too big for what is left is passed over
            if taken + len(group) <= quota:
                test += group
                taken += len(group)
    train = sorted(set(cohort.names) - set(test))
    if not test or not train:
        raise InputError(
            f"{len(cohort)} cases in {len(set(groups.values()))} groups cannot give a hold-out of "
            f"{fraction:.0%}; use more cases or another fraction"
        )
    return Split(
        kind="holdout",
        cohort=cohort.name,
        seed=seed,
        train=tuple(train),
        test=tuple(sorted(test)),
        groups=groups,
    )


def fold_splits(
    cohort: Cohort, *, seed: int, folds: int = 5, groups: Groups | None = None
) -> tuple[Split, ...]:
    """Cut the cohort into `folds` parts of about equal size and label mix; each is held out once.

    Raises: InputError if there are fewer groups than folds.
    """
    groups = known_groups(cohort, groups)
    if not 2 <= folds <= len(set(groups.values())):
        raise InputError(
            f"folds must be at least 2 and at most the {len(set(groups.values()))} groups of scans; "
            f"got {folds}"
        )
    parts: list[list[str]] = [[] for _ in range(folds)]
    for stratum in strata_of(cohort, groups, seed=seed):
        dealt = [0] * folds  # scans of this stratum in each part
        for group in sorted(
            stratum, key=len, reverse=True
        ):  # the big ones first, so that the rest can even out
            part = min(range(folds), key=lambda index: (dealt[index], len(parts[index]), index))
            parts[part] += group
            dealt[part] += len(group)
    return tuple(
        Split(
            kind="fold",
            cohort=cohort.name,
            seed=seed,
            member=member,
            train=tuple(sorted(set(cohort.names) - set(part))),
            test=tuple(sorted(part)),
            groups=groups,
        )
        for member, part in enumerate(parts)
    )


def bootstrap_subsets(
    cohort: Cohort,
    *,
    seed: int,
    count: int = 5,
    names: Sequence[str] | None = None,
    groups: Groups | None = None,
) -> tuple[Split, ...]:
    """Draw `count` random subsets for bagging: as many groups as there are, with replacement, per stratum.

    Args: names: draw from these cases only (the training side of another split); None takes all.
    Returns: splits whose `train` repeats a name as often as it was drawn and whose `test` are the cases never
        drawn, about 37 % (it can be empty in a tiny cohort).
    """
    bounded("members", count, called="count")
    cohort = cohort if names is None else cohort.subset(names)
    groups = known_groups(cohort, groups)
    strata = strata_of(cohort, groups, seed=seed)
    subsets = []
    for member in range(count):
        generator = np.random.default_rng([seed, member])  # member 3 is the same however many are asked for
        drawn: list[str] = []
        for stratum in strata:
            for index in generator.integers(len(stratum), size=len(stratum)):
                drawn += stratum[index]
        subsets.append(
            Split(
                kind="bootstrap",
                cohort=cohort.name,
                seed=seed,
                member=member,
                train=tuple(sorted(drawn)),
                test=tuple(sorted(set(cohort.names) - set(drawn))),
                groups=groups,
            )
        )
    return tuple(subsets)


def member_subsets(
    cohort: Cohort, *, subsets: str, seed: int, members: int, groups: Groups | None = None
) -> tuple[Split, ...]:
    """What each member of a bag is trained on.

    Args:
        cohort: the training cases alone.
        subsets: "bootstrap" (the paper's words), "folds" (each member leaves a different fold out; the file
            names of the authors' code) or "all" (all cases: members differ by their seeds alone, a *deep
            ensemble*: Lakshminarayanan, Pritzel and Blundell 2017).
    Raises: InputError for another word, fewer than one member, or more folds than groups.
    """
    if subsets not in SUBSETS:
        raise InputError(f"subsets must be one of {', '.join(SUBSETS)}, got {subsets!r}")
    bounded("members", members)
    if subsets == "bootstrap":
        return bootstrap_subsets(cohort, seed=seed, count=members, groups=groups)
    if subsets == "folds":
        return fold_splits(cohort, seed=seed, folds=members, groups=groups)
    return tuple(
        Split(
            kind="all",
            cohort=cohort.name,
            seed=seed,
            member=member,
            train=tuple(sorted(cohort.names)),
            test=(),
            groups=known_groups(cohort, groups),
        )
        for member in range(members)
    )


def list_split(cohort: Cohort, *, groups: Groups | None = None) -> Split:
    """The dataset's own division, as published: train.list and test.list of the mirror, or the official sets.

    Listed cases that are not on disk are left out and kept in `absent`; duplicates may straddle it (see
    `straddling`), for the list is what it is.
    Raises: InputError if a list is absent, or none of its cases is on disk.
    """
    sides = {}
    for side in ("train", "test"):
        if side not in cohort.lists:
            raise InputError(
                f"{cohort.root}: has no {side} list (found: {', '.join(cohort.lists) or 'none'}); "
                "fetch the dataset's lists, or use a hold-out split"
            )
        sides[side] = tuple(name for name in cohort.lists[side] if name in set(cohort.names))
        if not sides[side]:
            raise InputError(
                f"{cohort.root}: none of the {len(cohort.lists[side])} cases of its {side} list is on disk; "
                "fetch them, or use a hold-out split"
            )
    return Split(
        kind="list",
        cohort=cohort.name,
        seed=None,
        groups=known_groups(cohort, groups),
        absent=cohort.missing,
        train=sides["train"],
        test=sides["test"],
    )


def known_groups(cohort: Cohort, groups: Groups | None) -> dict[str, str]:
    """The group of every case of the cohort, in the order of names."""
    groups = scan_groups(cohort) if groups is None else groups
    unknown = sorted(set(cohort.names) - set(groups))
    if unknown:
        raise InputError(f"groups must name every case; {', '.join(unknown)} missing")
    return {name: groups[name] for name in cohort.names}


def strata_of(cohort: Cohort, groups: Groups, *, seed: int) -> list[list[list[str]]]:
    """Strata (pre, post, unknown, or mixed within a group) of groups in random order, each with its names."""
    members: dict[str, list[str]] = {}
    for name in cohort.names:
        members.setdefault(groups[name], []).append(name)
    label = {case.name: case.post_ablation for case in cohort}
    strata: dict[str, list[list[str]]] = {}
    for names in members.values():  # in the order of their first names
        labels = {label[name] for name in names}
        strata.setdefault(str(labels.pop()) if len(labels) == 1 else "mixed", []).append(names)
    generator = np.random.default_rng(seed)
    return [
        [stratum[index] for index in generator.permutation(len(stratum))]
        for _, stratum in sorted(strata.items())
    ]


def quotas(sizes: Sequence[int], *, total: int) -> list[int]:
    """Share `total` out in proportion to `sizes`, in whole numbers, the largest remainders rounded up."""
    shares = [total * size / sum(sizes) for size in sizes]
    whole = [int(share) for share in shares]
    by_remainder = sorted(range(len(sizes)), key=lambda index: whole[index] - shares[index])
    for index in by_remainder[: total - sum(whole)]:
        whole[index] += 1
    return whole
