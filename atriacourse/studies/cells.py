"""Cells: the networks that a study needs, each trained once however many studies share it.

After declare.py, scales.py and identity.py, before work.py. A cell is settings, data, split and seed; its
key is a hash of these, so "gamma augmentation" of Table 1 and "Deep U-Net" of Table 2 are one network and one
record. What only matters after prediction (which mask is read, voting) is no part of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from atriacourse.runs.config import RunConfig
from atriacourse.studies.declare import Study, Variant
from atriacourse.studies.identity import bag_key, key_of, refuse, shaping_settings
from atriacourse.studies.scales import apply, scale

SEEDS = (1, 2, 3)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One network to train."""

    config: RunConfig
    data: str  # the cohort's fingerprint
    split: str
    subsets: str | None
    member: int  # 0 unless of a bag
    seed: int

    @property
    def identity(self) -> dict[str, Any]:
        """What makes it this cell (identity.py: PARTS)."""
        return {
            "settings": shaping_settings(self.config),
            "data": self.data,
            "split": self.split,
            "subsets": self.subsets,
            "member": self.member,
            "seed": self.seed,
        }

    @cached_property  # a run that waits asks for it twice a second
    def key(self) -> str:
        """Sixteen hex digits of the identity."""
        return key_of(self.identity)

    @property
    def training_seed(self) -> int:
        """Of weights, batches and augmentation: another for each member of a bag."""
        return self.seed if self.subsets is None else 1000 * self.seed + self.member


@dataclass(frozen=True, kw_only=True)
class Unit:
    """What one row of a report needs for one seed: cells, how they are combined, which mask is read."""

    study: str
    variant: str
    seed: int
    cells: tuple[Cell, ...]
    combine: str
    reading: str

    @cached_property
    def key(self) -> str:
        """The key of the record: the cell's own, or a hash of the members'."""
        if len(self.cells) == 1:
            return self.cells[0].key
        return bag_key([cell.key for cell in self.cells], self.combine)


def variant_config(
    study: Study, variant: Variant, *, scale_name: str, extra: Sequence[str] = ()
) -> RunConfig:
    """The settings of a variant: the scale's, the study's, the caller's, then the variant's own.

    Raises: InputError for a setting that has no say in a study, and as `apply`.
    """
    refuse((*study.base, *extra, *variant.set))
    return apply(scale(scale_name).settings(), (*study.base, *extra, *variant.set))


def plan_study(
    study: Study,
    *,
    scale_name: str,
    data: str,
    seeds: Sequence[int] = SEEDS,
    variants: Sequence[str] | None = None,
    extra: Sequence[str] = (),
) -> list[Unit]:
    """Every row of a study, all variants of the first seed first: an interrupted study is balanced.

    Args: data: the cohort's fingerprint; variants: names, None for all; extra: overrides for a trial run.
    """
    chosen = study.variants if variants is None else [study.variant(name) for name in variants]
    configs = [variant_config(study, variant, scale_name=scale_name, extra=extra) for variant in chosen]
    units = []
    for seed in seeds:
        for variant, config in zip(chosen, configs, strict=True):
            cells = tuple(
                Cell(
                    config=config,
                    data=data,
                    split=variant.split,
                    subsets=variant.subsets,
                    member=member,
                    seed=seed,
                )
                for member in range(variant.members)
            )
            units.append(
                Unit(
                    study=study.name,
                    variant=variant.name,
                    seed=seed,
                    cells=cells,
                    combine=variant.combine,
                    reading=variant.reading,
                )
            )
    return units


def cells_of(units: Sequence[Unit]) -> Iterator[Cell]:
    """Every cell once, in the order in which it is first needed."""
    seen = set()
    for unit in units:
        for cell in unit.cells:
            if cell.key not in seen:
                seen.add(cell.key)
                yield cell
