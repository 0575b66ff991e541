"""Which scans are copies of one another, and which are probably of one patient.

After data/case.py, before data/audit.py and data/splits.py. Two cases are *duplicates* when their images are
equal voxel for voxel, or their masks are once cut to their bounding boxes (the mirror cuts each scan with
another random margin), or when the images around the masks' centres correlate by 0.95 or more (one scan saved
with other grey values, or outlined twice). They are *lookalikes* from a correlation of 0.8 on, or when their
masks, laid centre on centre, have a Dice of 0.87 or more.

The thresholds come from the 3,160 pairs of the 80 development cases. One scan stands there twice (image
correlation 0.999 as measured here, mask Dice 1); every other pair stays below 0.91 in both, and 99 % of them
below 0.70 and 0.84. The 17 lookalikes among them are mostly one scan before and one after an ablation, and
side by side they show the same spine, aorta and veins: probably the same patient. No patient map is
published, so this is a warning, not a fact."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from atriacourse.data.case import Cohort
from atriacourse.data.masks import bounding_box
from atriacourse.data.volume import Volume, grey_levels

LOOKALIKE_DICE, LOOKALIKE_CORRELATION = 0.87, 0.80
COPY_CORRELATION = 0.95
STEP_MM = 2.0  # of the samples taken around the atrium's centre
SAMPLES = (48, 56, 72)  # (z, y, x): a window of 96 x 112 x 144 mm, larger than any atrium of the 80


class Fingerprint(NamedTuple):
    """What is kept of a case for comparing it with all others."""

    name: str
    image_hash: str
    mask_hash: str  # "" without a mask, or with an empty one
    mask: np.ndarray | None  # bool SAMPLES, centred on the atrium
    image: np.ndarray | None  # float32 SAMPLES / 2, mean 0, and 0 outside the scan
    seen: np.ndarray | None  # bool SAMPLES / 2, where the scan has voxels


class ScanPair(NamedTuple):
    """Two cases that are more alike than different patients are."""

    first: str
    second: str
    mask_dice: float  # centres aligned, 2 mm samples; nan without masks
    image_correlation: float  # the same window, 4 mm samples; nan without masks
    copy: bool  # a duplicate, not just a lookalike
    same_image: bool  # voxel for voxel
    same_mask: bool  # voxel for voxel, within the bounding box


def fingerprint(name: str, image: Volume, mask: Volume | None) -> Fingerprint:
    """Take the fingerprint of one case; the comparison around the centre needs a mask that is not empty."""
    grey = grey_levels(image)
    image_hash = hash_of(grey)
    if mask is None or not mask.voxels.any():
        return Fingerprint(name, image_hash, "", None, None, None)
    box = bounding_box(mask.voxels)
    inside = mask.voxels[box]
    # Centre of mass from the three projections: the full grid of coordinates would take ten times as long.
    centre = [
        edge.start + np.average(np.arange(inside.shape[axis]), weights=inside.sum(axis=others))
        for axis, (edge, others) in enumerate(zip(box, ((1, 2), (0, 2), (0, 1)), strict=True))
    ]
    samples = window(mask.voxels, centre, image.spacing_mm)
    seen = blocks(window(np.broadcast_to(np.True_, grey.shape), centre, image.spacing_mm)).all(axis=(1, 3, 5))
    looks = blocks(window(grey, centre, image.spacing_mm)).mean(axis=(1, 3, 5), dtype=np.float32)
    looks = np.where(seen, looks - looks[seen].mean(), 0)
    return Fingerprint(name, image_hash, hash_of(inside), samples, looks, seen)


def window(voxels: np.ndarray, centre: Sequence[float], spacing_mm: tuple[float, float, float]) -> np.ndarray:
    """Nearest voxels every 2 mm around a centre (in voxels), 0 outside the volume; shape SAMPLES."""
    places = [
        np.round(middle + (np.arange(count) - count // 2) * STEP_MM / spacing).astype(int)
        for middle, count, spacing in zip(centre, SAMPLES, spacing_mm, strict=True)
    ]
    inside = [(place >= 0) & (place < size) for place, size in zip(places, voxels.shape, strict=True)]
    samples = np.zeros(SAMPLES, dtype=voxels.dtype)
    samples[np.ix_(*inside)] = voxels[np.ix_(*(place[ok] for place, ok in zip(places, inside, strict=True)))]
    return samples


def blocks(samples: np.ndarray) -> np.ndarray:
    """A view of SAMPLES as 2 x 2 x 2 blocks on axes 1, 3, 5; their mean averages the noise away."""
    z, y, x = (size // 2 for size in SAMPLES)
    return samples.reshape(z, 2, y, 2, x, 2)


def hash_of(array: np.ndarray) -> str:
    """A digest of an array's shape and bytes."""
    digest = hashlib.sha256(repr((array.shape, array.dtype.str)).encode())
    digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()


def alike(prints: Sequence[Fingerprint]) -> list[ScanPair]:
    """All pairs that are copies or lookalikes, copies first, the most alike first."""
    count = len(prints)
    dice = np.full((count, count), np.nan, dtype=np.float32)
    correlation = dice.copy()
    having = [index for index, print_ in enumerate(prints) if print_.mask is not None]
    if having:
        masks = np.stack([prints[index].mask.ravel() for index in having]).astype(np.float32)
        looks = np.stack([prints[index].image.ravel() for index in having])
        seen = np.stack([prints[index].seen.ravel() for index in having]).astype(np.float32)
        sizes = masks.sum(axis=1)
        dice[np.ix_(having, having)] = 2 * (masks @ masks.T) / np.maximum(sizes[:, None] + sizes, 1)
        energy = looks**2 @ seen.T  # of row's image where column's scan has voxels too
        correlation[np.ix_(having, having)] = looks @ looks.T / np.sqrt(np.maximum(energy * energy.T, 1e-6))
    pairs = []
    for i, j in zip(*np.triu_indices(count, k=1), strict=True):
        a, b = prints[i], prints[j]
        same_image = a.image_hash == b.image_hash
        same_mask = a.mask_hash == b.mask_hash != ""
        copy = bool(same_image or same_mask or correlation[i, j] >= COPY_CORRELATION)
        if copy or dice[i, j] >= LOOKALIKE_DICE or correlation[i, j] >= LOOKALIKE_CORRELATION:
            pairs.append(
                ScanPair(
                    a.name, b.name, float(dice[i, j]), float(correlation[i, j]), copy, same_image, same_mask
                )
            )
    return sorted(pairs, key=lambda pair: (not pair.copy, -np.nan_to_num(pair.mask_dice), pair.first))


def scan_groups(cohort: Cohort, *, lookalikes: bool = False) -> dict[str, str]:
    """Group the cases that must stay on one side of a split: name -> alphabetically first name of its group.

    It reads every scan and mask once (about 0.1 s a case of the mirror); nothing is written.
    Args: lookalikes: also keep probable scans of one patient together, the stricter split.
    Raises: InputError for a scan or mask that cannot be read.
    """
    prints = [
        fingerprint(case.name, case.image(), case.mask() if case.mask_path is not None else None)
        for case in cohort
    ]
    return grouped(cohort.names, [pair for pair in alike(prints) if pair.copy or lookalikes])


def grouped(names: Sequence[str], pairs: Sequence[ScanPair]) -> dict[str, str]:
    """Chains of pairs become groups, called after their alphabetically first member."""
    place = {name: index for index, name in enumerate(names)}
    rows, columns = [place[pair.first] for pair in pairs], [place[pair.second] for pair in pairs]
    links = csr_matrix((np.ones(len(pairs)), (rows, columns)), shape=(len(names), len(names)))
    group_of = connected_components(links, directed=False)[1]
    first: dict[int, str] = {}
    for name in sorted(names):
        first.setdefault(group_of[place[name]], name)
    return {name: first[group_of[place[name]]] for name in names}
