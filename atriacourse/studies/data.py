"""Which scans a study is run on: their fingerprint, the fixed hold-out, and who is trained on.

Before cells.py. Every variant and seed shares one hold-out, or nothing could be paired: a fifth of the
cases, drawn once with SPLIT_SEED; copies and lookalikes of a held-out scan are never trained on, unless a
variant says so in a word:

    "safe"        all other cases
    "share:0.5"   that share of them; smaller shares are parts of larger ones
    "site:A"      those of one site, as many as the smaller site has
    "twins:out"   cases whose lookalike is held out stay out ...
    "twins:in"    ... or are trained on, in place of as many others
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from atriacourse.data.case import Cohort
from atriacourse.data.splits import Split, holdout_split, member_subsets, scan_groups
from atriacourse.errors import InputError
from atriacourse.studies.declare import FOLDS
from atriacourse.studies.shelf import remembering

SPLIT_SEED = 2018
HELD_OUT = 0.2


@dataclass(frozen=True, kw_only=True)
class StudyData:
    """A cohort, what identifies it, and its hold-out."""

    cohort: Cohort
    fingerprint: str  # sixteen hex digits of the names, labels and voxels
    split: Split  # "safe"


def study_data(cohort: Cohort) -> StudyData:
    """Fingerprint a cohort and draw its hold-out; it reads every scan once.

    Raises: InputError if no case has a mask, or there are too few to hold some out.
    """
    labelled = [case.name for case in cohort if case.mask_path is not None]
    if not labelled:
        raise InputError(f"{cohort.root}: no case has a mask, so there is nothing to study")
    given, cohort = cohort.subset(labelled), remembering(cohort.subset(labelled))
    # phantoms are different patients by construction; of real scans nobody published who is who
    groups = scan_groups(cohort, lookalikes=cohort.layout != "phantom")
    split = holdout_split(cohort, seed=SPLIT_SEED, fraction=HELD_OUT, groups=groups)
    return StudyData(cohort=given, fingerprint=fingerprint(cohort), split=split)


def fingerprint(cohort: Cohort) -> str:
    """Sixteen hex digits that change with any name, label, spacing or voxel of a scan or mask.

    Of the voxels and not of the files: a NRRD header carries the date on which it was written.
    """
    digest = hashlib.sha256()
    for case in cohort:
        image, mask = case.image(), case.mask()
        digest.update(repr((case.name, case.post_ablation, case.site, image.shape)).encode())
        digest.update(np.asarray(image.spacing_mm, float).tobytes())
        digest.update(np.ascontiguousarray(image.voxels).data)
        digest.update(np.packbits(mask.voxels).data)
    return digest.hexdigest()[:16]


def training_split(data: StudyData, word: str) -> Split:
    """The split that a variant's word stands for.

    Raises: InputError for an unknown word, or one that this cohort cannot give.
    """
    kind, _, value = word.partition(":")
    if word == "safe":
        return data.split
    if kind == "share":
        order = np.random.default_rng(SPLIT_SEED).permutation(len(data.split.train))
        count = round(float(value) * len(order))
        return _trained_on(data.split, [data.split.train[index] for index in order[:count]])
    if kind == "site":
        return _trained_on(data.split, _one_site(data, value))
    if kind == "twins" and value in ("in", "out"):
        return _twins(data, keep=value == "in")
    raise InputError(f"there is no split {word!r}; choose safe, share:<part>, site:<name>, twins:in or :out")


def member_split(data: StudyData, split: Split, *, member: int, subsets: str, seed: int) -> Split:
    """What one member of a bag is trained on; the hold-out stays the study's own."""
    training = data.cohort.subset(split.train)
    members = max(FOLDS, member + 1)
    inner = member_subsets(training, subsets=subsets, seed=seed, members=members, groups=split.groups)
    return replace(inner[member], cohort=split.cohort, test=split.test, groups=split.groups)


def _trained_on(split: Split, names: Sequence[str]) -> Split:
    return replace(split, train=tuple(sorted(names)))


def _one_site(data: StudyData, site: str) -> list[str]:
    by_site: dict[str | None, list[str]] = {}
    for name in data.split.train:
        by_site.setdefault(data.cohort.case(name).site, []).append(name)
    if site not in by_site or len(by_site) < 2:
        raise InputError(f"{data.cohort.name} has no two sites with {site!r} among them; phantoms have")
    return by_site[site][
        : min(map(len, by_site.values()))
    ]  # both sites give as many, or size would differ too


def _twins(data: StudyData, *, keep: bool) -> Split:
    """Hold out one scan of every group of lookalikes; train with or without the others of those groups."""
    members: dict[str, list[str]] = {}
    for name, group in data.split.groups.items():
        members.setdefault(group, []).append(name)
    pairs = [sorted(names) for names in members.values() if len(names) > 1]
    if len(pairs) < 2:
        raise InputError(f"{data.cohort.name} has {len(pairs)} groups of lookalikes; two or more are needed")
    test = [names[0] for names in pairs]
    twins = [name for names in pairs for name in names[1:]]
    others = sorted(set(data.cohort.names) - set(test) - set(twins))
    order = np.random.default_rng(SPLIT_SEED).permutation(len(others))
    others = [others[index] for index in order]
    # both variants train on as many cases: the twins take the place of as many others
    train = twins + others[len(twins) :] if keep else others
    # "list": the one kind of split that may part a group, and here it is meant to
    return Split(
        kind="list",
        cohort=data.cohort.name,
        seed=SPLIT_SEED,
        train=tuple(sorted(train)),
        test=tuple(sorted(test)),
        groups=data.split.groups,
    )
