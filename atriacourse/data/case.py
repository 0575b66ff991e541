"""A case, which is one scan on disk with what is known of it, and a cohort, which is a list of cases.

After data/volume.py; made by data/cohort.py, used by everything that works case by case. Nothing is loaded
until a case is asked for its image or mask."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from atriacourse.data.damage import errors_naming
from atriacourse.data.grid import LPS_TO_RAS, MOST_VOXELS, Grid, checked_field
from atriacourse.data.volume import Volume, read_grid, read_mask, read_volume
from atriacourse.errors import InputError

Noted = TypeVar("Noted", Grid, Volume)
SAME_PLACE = 0.1  # voxel: so far apart may the corners of image and mask lie that other programs rounded
NO_SCAN, HIDDEN, PREDICTED = "no scan", "hidden", "written by `atriacourse predict`"
NO_LOSS = (NO_SCAN, HIDDEN, PREDICTED)  # reasons of `Cohort.unused` that no command need tell; an audit does


@dataclass(frozen=True, kw_only=True)
class Case:
    """One scan on disk."""

    name: str
    image_path: Path
    mask_path: Path | None = None
    post_ablation: bool | None = None  # None: not known
    site: str | None = None  # the phantom's "A" or "B"
    spacing_mm: tuple[float, float, float] | None = None  # (z, y, x), overrides the file's
    orientation: str | None = None  # overrides the file's, where a dataset's headers are known to be wrong
    most_voxels: int = MOST_VOXELS  # a larger file is refused by its header
    # Told (case, note) whenever a file is read of which something had to be assumed, cut off or rounded.
    on_note: Callable[[str, str], None] | None = field(default=None, compare=False, repr=False)

    def image(self) -> Volume:
        """Read the scan, (z, y, x). Raises: InputError, naming the file, if it cannot be used."""
        self.grid()  # refuses what cannot be a scan of the heart before its voxels are read
        return self._told(read_volume(self.image_path, **self._as_known))

    def grid(self) -> Grid:
        """Read the scan's header alone. Raises: InputError, naming the file, if it cannot be used."""
        grid = read_grid(self.image_path, **self._as_known)
        with errors_naming(self.image_path):
            return self._told(checked_field(grid))

    def mask(self) -> Volume:
        """Read the mask, bool (z, y, x). Raises: InputError if there is none or it does not fit the image."""
        if self.mask_path is None:
            raise InputError(f"case {self.name} has no mask; use a labelled case")
        # By their own headers first: what a caller knows better of spacing or axes holds for both alike.
        by_header = self._as_known | {"orientation": None}
        drawn, grid = read_mask(self.mask_path, **by_header), self.grid()
        header = read_grid(self.image_path, **by_header) if self.orientation else grid
        notes = self.mask_notes(drawn.grid, header)
        native = (drawn.grid if notes else header).to_native(drawn.voxels)
        # what the mask's header leaves open is no matter where the scan's is followed
        of_labels = tuple(note for note in drawn.notes if not notes or note not in drawn.grid.notes)
        return self._told(
            replace(drawn, voxels=grid.to_canonical(native), grid=grid, notes=(*of_labels, *notes))
        )

    def mask_notes(self, mask: Grid, scan: Grid) -> tuple[str, ...]:
        """What has to be said when the mask is laid on the scan; nothing where it lies there by its header.

        A header that only says "identity" is what programs write that know nothing of the scan. Then the
        arrays are laid on each other voxel by voxel, as they stand in their files.

        Args: mask, scan: by their own headers. Raises: InputError if the mask does not fit the scan.
        """
        if lies_on(mask, scan):
            return ()
        silent = [name for name, grid in (("mask", mask), ("scan", scan)) if says_nothing(grid)]
        if silent and mask.native_shape == scan.native_shape:
            return (
                f"the header of the {' and that of the '.join(silent)} says nothing of where its voxels "
                "lie, so the mask is laid on the scan voxel by voxel, as both stand in their files",
            )
        mask_name, scan_name = self.mask_path.name if self.mask_path else "mask", self.image_path.name
        if mask.shape != scan.shape:
            raise InputError(
                f"case {self.name}: {mask_name} is {mask.shape} but {scan_name} is {scan.shape} (z, y, x); "
                "give the mask that was drawn on this image"
            )
        raise InputError(
            f"case {self.name}: {mask_name} and {scan_name} lie at different places in space (their affines "
            "differ); resample the mask to the image, or correct its header"
        )

    @property
    def _as_known(self) -> dict[str, Any]:
        """The options of the readers."""
        return {
            "spacing_mm": self.spacing_mm,
            "orientation": self.orientation,
            "most_voxels": self.most_voxels,
        }

    def _told(self, found: Noted) -> Noted:
        if self.on_note is not None:
            for note in found.notes:
                self.on_note(self.name, note)
        return found


def lies_on(mask: Grid, scan: Grid) -> bool:
    """Whether two grids have the same voxels in space, in whatever order of axes their files keep them."""
    if mask.shape != scan.shape:
        return False
    apart = np.linalg.norm(mask.corners_mm() - scan.corners_mm(), axis=1)
    finest = np.linalg.norm(np.array(scan.affine)[:3, :3], axis=0).min()
    return bool(apart.max() <= SAME_PLACE * finest)


def says_nothing(grid: Grid) -> bool:
    """Whether a header has 1 mm along each axis and the origin 0, as NIfTI or as NRRD and ITK count axes."""
    affine = np.array(grid.affine)
    return any(np.allclose(affine, plain, atol=1e-6) for plain in (np.eye(4), LPS_TO_RAS))


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """Cases in alphabetical order, each name once."""

    name: str
    layout: str  # "official", "mirror", "msd", "phantom" or "images"
    root: Path
    cases: tuple[Case, ...]
    # The dataset's own lists, as published: they may name cases that are not on disk.
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    incomplete: tuple[str, ...] = ()  # case folders or masks without an image: no cases, but not forgotten
    unused: tuple[tuple[str, str], ...] = ()  # all else that was found: path from the root, and why

    def __post_init__(self) -> None:
        names = self.names
        if len(set(names)) < len(names):
            repeated = sorted({name for name in names if names.count(name) > 1})
            raise InputError(
                f"{self.root}: the same case name occurs twice: {', '.join(repeated)}; rename one"
            )
        object.__setattr__(self, "cases", tuple(sorted(self.cases, key=lambda case: case.name)))

    def __len__(self) -> int:
        return len(self.cases)

    def __iter__(self) -> Iterator[Case]:
        return iter(self.cases)

    @property
    def names(self) -> tuple[str, ...]:
        """The case names, alphabetically."""
        return tuple(case.name for case in self.cases)

    @property
    def missing(self) -> tuple[str, ...]:
        """Names that stand in a published list but have no case on disk."""
        listed = {name for names in self.lists.values() for name in names}
        return tuple(sorted(listed - set(self.names)))

    @property
    def left_out(self) -> tuple[tuple[str, str], ...]:
        """All that somebody may miss: `unused` without what cannot be a scan, `incomplete` and `missing`."""
        return (
            *((path, reason) for path, reason in self.unused if reason not in NO_LOSS),
            *((name, "no scan beside its other files") for name in self.incomplete),
            *((name, "listed by the dataset, not on disk") for name in self.missing),
        )

    @property
    def without_mask(self) -> tuple[str, ...]:
        """The cases that have no mask."""
        return tuple(case.name for case in self.cases if case.mask_path is None)

    def case(self, name: str) -> Case:
        """The case of that name. Raises: InputError if there is none."""
        for case in self.cases:
            if case.name == name:
                return case
        raise InputError(f"{self.root}: no case {name!r} among the {len(self)} of this cohort")

    def subset(self, names: Iterable[str]) -> "Cohort":
        """The same cohort with these cases only.

        A name given twice, as in a bootstrap, is taken once: how often to draw it is the split's business.
        Raises: InputError for a name that is not there.
        """
        return replace(self, cases=tuple(self.case(name) for name in dict.fromkeys(names)))
