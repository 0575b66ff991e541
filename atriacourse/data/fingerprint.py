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
import itertools
import math
from collections.abc import Sequence
from functools import reduce
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
HALF = tuple(size // 2 for size in SAMPLES)
TOGETHER = 64  # cases compared with as many others at a time: 0.1 GB, however large the cohort


class Window(NamedTuple):
    """A case around its atrium's centre, packed into 75 kB: a thousand of them are kept at a time."""

    mask_bits: np.ndarray  # of bool SAMPLES
    seen_bits: np.ndarray  # of bool HALF, where the scan has voxels
    sums: np.ndarray  # uint16 HALF, of the eight grey levels of a block

    @property
    def mask(self) -> np.ndarray:
        """The mask, bool SAMPLES, centred on the atrium."""
        return np.unpackbits(self.mask_bits).view(np.bool_).reshape(SAMPLES)  # both sizes are whole bytes

    @property
    def seen(self) -> np.ndarray:
        """Where the scan has voxels, bool HALF."""
        return np.unpackbits(self.seen_bits).view(np.bool_).reshape(HALF)

    @property
    def image(self) -> np.ndarray:
        """Mean grey level of each block, float32 HALF, less their mean; 0 outside the scan."""
        looks, seen = self.sums.astype(np.float32) / 8, self.seen
        mean = looks[seen].mean() if seen.any() else 0  # a scan of a few millimetres fills no block
        return np.where(seen, looks - mean, np.float32(0))


class Fingerprint(NamedTuple):
    """What is kept of a case for comparing it with all others."""

    name: str
    image_hash: str
    mask_hash: str  # "" without a mask, or with an empty one
    window: Window | None = None  # None without a mask, or with an empty one

    @property
    def image(self) -> np.ndarray | None:
        """The scan around the atrium's centre, float32 HALF, mean 0; None without a mask."""
        return None if self.window is None else self.window.image


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
    box = None if mask is None else bounding_box(mask.voxels)
    if mask is None or box is None:
        return Fingerprint(name, image_hash, "")
    inside = mask.voxels[box]
    # Centre of mass from the three projections: the full grid of coordinates would take ten times as long.
    centre = [
        edge.start + np.average(np.arange(inside.shape[axis]), weights=inside.sum(axis=others))
        for axis, (edge, others) in enumerate(zip(box, ((1, 2), (0, 2), (0, 1)), strict=True))
    ]
    samples = window(mask.voxels, centre, image.spacing_mm)
    _, inside_scan = places(grey.shape, centre, image.spacing_mm)
    z, y, x = (np.all(ok.reshape(-1, 2), axis=1) for ok in inside_scan)  # blocks that lie in the scan
    seen = z[:, None, None] & y[:, None] & x
    sums = block_sums(window(grey, centre, image.spacing_mm))
    return Fingerprint(
        name, image_hash, hash_of(inside), Window(np.packbits(samples), np.packbits(seen), sums)
    )


def places(
    shape: tuple[int, int, int], centre: Sequence[float], spacing_mm: tuple[float, float, float]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Nearest voxels every 2 mm around a centre (in voxels), along z, y and x; and which of them exist."""
    nearest = [
        np.round(middle + (np.arange(count) - count // 2) * STEP_MM / spacing).astype(int)
        for middle, count, spacing in zip(centre, SAMPLES, spacing_mm, strict=True)
    ]
    return nearest, [(place >= 0) & (place < size) for place, size in zip(nearest, shape, strict=True)]


def window(voxels: np.ndarray, centre: Sequence[float], spacing_mm: tuple[float, float, float]) -> np.ndarray:
    """The voxels at `places`, 0 outside the volume; shape SAMPLES."""
    nearest, inside = places(voxels.shape, centre, spacing_mm)
    samples = np.zeros(SAMPLES, dtype=voxels.dtype)
    found = (place[ok] for place, ok in zip(nearest, inside, strict=True))
    samples[np.ix_(*inside)] = voxels[np.ix_(*found)]
    return samples


def block_sums(samples: np.ndarray) -> np.ndarray:
    """Sums over 2 x 2 x 2 samples, uint16 HALF; their mean averages the noise away."""
    corners = itertools.product((0, 1), repeat=3)
    return reduce(np.add, (samples[z::2, y::2, x::2].astype(np.uint16) for z, y, x in corners))


def hash_of(array: np.ndarray) -> str:
    """A digest of an array's shape and bytes."""
    digest = hashlib.sha256(repr((array.shape, array.dtype.str)).encode())
    digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def alike(prints: Sequence[Fingerprint]) -> list[ScanPair]:
    """All pairs that are copies or lookalikes, copies first, the most alike first.

    Parts of `TOGETHER` cases are compared with one another, so that memory does not grow with the cohort.
    """
    parts = [prints[start : start + TOGETHER] for start in range(0, len(prints), TOGETHER)]
    pairs = []
    for number, part in enumerate(parts):
        rows = Opened.of(part)
        pairs += pairs_between(rows, rows, same=True)
        for other in parts[number + 1 :]:
            pairs += pairs_between(rows, Opened.of(other), same=False)
    return sorted(pairs, key=lambda pair: (not pair.copy, -np.nan_to_num(pair.mask_dice), *pair[:2]))


class Opened(NamedTuple):
    """Some fingerprints, unpacked for comparing: one row a case, rows of zeros for cases without a mask."""

    prints: Sequence[Fingerprint]
    having: np.ndarray  # bool (case,): whether there is a window
    masks: np.ndarray  # float32 (case, voxel), as the next two
    looks: np.ndarray
    seen: np.ndarray

    @classmethod
    def of(cls, prints: Sequence[Fingerprint]) -> "Opened":
        """Unpack."""
        masks = np.zeros((len(prints), math.prod(SAMPLES)), np.float32)
        looks, seen = np.zeros((2, len(prints), math.prod(HALF)), np.float32)
        for row, one in enumerate(prints):
            if one.window is not None:
                masks[row] = one.window.mask.ravel()
                looks[row], seen[row] = one.window.image.ravel(), one.window.seen.ravel()
        return cls(prints, np.array([one.window is not None for one in prints]), masks, looks, seen)


def pairs_between(rows: Opened, columns: Opened, *, same: bool) -> list[ScanPair]:
    """The pairs of a case of `rows` with one of `columns`; `same`: these are the same cases."""
    sizes = rows.masks.sum(axis=1)[:, None] + columns.masks.sum(axis=1)
    dice = 2 * (rows.masks @ columns.masks.T) / np.maximum(sizes, 1)
    # Each scan's energy where the other has voxels too
    energy = (rows.looks**2 @ columns.seen.T) * (columns.looks**2 @ rows.seen.T).T
    correlation = rows.looks @ columns.looks.T / np.sqrt(np.maximum(energy, 1e-6))
    absent = ~(rows.having[:, None] & columns.having)
    dice[absent] = correlation[absent] = np.nan
    same_image = equal([one.image_hash for one in rows.prints], [one.image_hash for one in columns.prints])
    same_mask = equal([one.mask_hash for one in rows.prints], [one.mask_hash for one in columns.prints])
    same_mask &= ~absent
    copy = same_image | same_mask | (correlation >= COPY_CORRELATION)
    chosen = copy | (dice >= LOOKALIKE_DICE) | (correlation >= LOOKALIKE_CORRELATION)
    return [
        ScanPair(
            rows.prints[i].name,
            columns.prints[j].name,
            float(dice[i, j]),
            float(correlation[i, j]),
            bool(copy[i, j]),
            bool(same_image[i, j]),
            bool(same_mask[i, j]),
        )
        for i, j in np.argwhere(np.triu(chosen, k=1) if same else chosen)
    ]


def equal(rows: Sequence[str], columns: Sequence[str]) -> np.ndarray:
    """Which of these words are which of those, bool (row, column)."""
    return np.array(rows)[:, None] == np.array(columns)


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
