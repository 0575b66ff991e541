"""A case, which is one scan on disk with what is known of it, and a cohort, which is a list of cases.

After data/volume.py; made by data/cohort.py, used by everything that works case by case. Nothing is loaded
until a case is asked for its image or mask."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from atriacourse.data.damage import errors_naming
from atriacourse.data.grid import MOST_VOXELS, Grid, checked_field
from atriacourse.data.volume import Volume, read_grid, read_mask, read_volume
from atriacourse.errors import InputError

Noted = TypeVar("Noted", Grid, Volume)
ORIGIN_TOLERANCE_MM = 0.01  # image and mask of one scan, written by different programs


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
        mask = self._told(read_mask(self.mask_path, **self._as_known))
        grid = self.grid()
        if mask.shape != grid.shape:
            raise InputError(
                f"case {self.name}: {self.mask_path.name} is {mask.shape} but {self.image_path.name} is "
                f"{grid.shape} (z, y, x); give the mask that was drawn on this image"
            )
        # Where both headers mean something they must agree; a placeholder header fits anything of its shape.
        if mask.grid.spacing_source == grid.spacing_source == "file" and not np.allclose(
            mask.grid.affine, grid.affine, rtol=1e-4, atol=ORIGIN_TOLERANCE_MM
        ):
            raise InputError(
                f"case {self.name}: {self.mask_path.name} and {self.image_path.name} lie at different places "
                "in space (their affines differ); resample the mask to the image, or correct its header"
            )
        return mask

    @property
    def _as_known(self) -> dict[str, Any]:
        """The options of the readers."""
        return {
            "spacing_mm": self.spacing_mm,
            "orientation": self.orientation,
            "most_voxels": self.most_voxels,
        }

    def _told(self, found: Noted) -> Noted:
        for note in found.notes if self.on_note else ():
            self.on_note(self.name, note)
        return found


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

    def __post_init__(self):
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
