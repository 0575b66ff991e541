"""Cells: the networks that a study needs, each trained once however many studies share it.

After declare.py and scales.py, before work.py. A cell is settings, data, split and seed; its key is a hash
of these, so "gamma augmentation" of Table 1 and "Deep U-Net" of Table 2 are one network and one record.
Settings that only matter after prediction (post-processing, voting) are no part of it.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from atriacourse.runs.config import RunConfig, dotted, to_json
from atriacourse.studies.declare import Study, Variant
from atriacourse.studies.scales import apply, scale

SEEDS = (1, 2, 3)
AFTERWARDS = ("profile", "minutes", "postprocessing", "prediction.batch_size", "training.save_seconds")


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
        """What makes it this cell; settings are those that differ from `RunConfig()`, the paper's."""
        return {
            "settings": changed_settings(self.config),
            "data": self.data,
            "split": self.split,
            "subsets": self.subsets,
            "member": self.member,
            "seed": self.seed,
        }

    @cached_property  # a run that waits asks for it twice a second
    def key(self) -> str:
        """Sixteen hex digits of the identity."""
        return hash_of(self.identity)

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
        return hash_of({"members": [cell.key for cell in self.cells], "combine": self.combine})


def hash_of(content: Any) -> str:
    """Sixteen hex digits of plain data, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def changed_settings(config: RunConfig) -> dict[str, Any]:
    """Dotted name -> value, of the settings that differ from the defaults and shape the network."""
    defaults, changed = dotted(to_json(RunConfig())), {}
    for name, value in dotted(to_json(config)).items():
        if value != defaults.get(name) and not name.startswith(AFTERWARDS):
            changed[name] = value
    return changed


def variant_config(
    study: Study, variant: Variant, *, scale_name: str, extra: Sequence[str] = ()
) -> RunConfig:
    """The settings of a variant: the scale's, the study's, the caller's, then the variant's own."""
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
    units = []
    for seed in seeds:
        for variant in chosen:
            config = variant_config(study, variant, scale_name=scale_name, extra=extra)
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
