"""What the records say of a study: one long table, and what is still missing.

After records.py and cells.py, before comparison.py and report.py. Records come from the committed atlas or
from a folder in which a study was run; the code is the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from atriacourse.errors import InputError
from atriacourse.evaluation.metrics import METRICS
from atriacourse.studies.cells import SEEDS, Unit, plan_study
from atriacourse.studies.declare import Study
from atriacourse.studies.records import ATLAS, Record, data_sets, read_records
from atriacourse.studies.scales import SCALES

ATLAS_SCALE = "atlas"  # what the book reads unless it says otherwise
ATLAS_COHORT = "la2018"


@dataclass(frozen=True, kw_only=True)
class Results:
    """The records of one study at one scale on one cohort."""

    study: Study
    scale: str
    cohort: str
    table: pd.DataFrame  # a row for each variant, seed and case: variant, seed, name, site, metrics
    records: dict[tuple[str, int], Record]  # by variant and seed
    missing: tuple[str, ...] = field(default=())  # "variant, seed n" without a record

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds for which every variant that has any record has one: those that can be compared."""
        variants = self.variants
        return tuple(
            seed
            for seed in sorted({seed for _, seed in self.records})
            if all((variant, seed) in self.records for variant in variants)
        )

    @property
    def variants(self) -> tuple[str, ...]:
        """Variants with a record, in the study's order."""
        known = {variant for variant, _ in self.records}
        return tuple(variant.name for variant in self.study.variants if variant.name in known)

    @property
    def unknown(self) -> tuple[str, ...]:
        """What the records hold and this version does not know, by name."""
        return tuple(dict.fromkeys(name for record in self.records.values() for name in record.unknown))

    def recorded(self, variant: str, metric: str) -> bool:
        """Whether every record of a variant has a metric; one from before the metric was made has not."""
        return metric not in METRICS or all(
            metric in scores
            for (name, _), record in self.records.items()
            if name == variant
            for scores in record.scores.values()
        )

    def values(self, variant: str, metric: str, *, seeds: Sequence[int] | None = None) -> pd.DataFrame:
        """One metric of a variant: a row a seed, a column a case. Raises: InputError without a record."""
        if variant not in self.variants:
            self.study.variant(variant)  # an unknown word is told apart from a missing record
            raise InputError(
                f"no record of {self.study.name}/{variant} at scale {self.scale} on {self.cohort}; "
                f"`atriacourse study run {self.study.name}` makes it"
            )
        if metric not in self.table.columns:
            raise InputError(f"records have no metric {metric!r}")
        rows = self.table[self.table["variant"] == variant]
        if seeds is not None:
            rows = rows[rows["seed"].isin(list(seeds))]
        return rows.pivot(index="seed", columns="name", values=metric)


def gather(
    units: Sequence[Unit], study: Study, records: dict[str, Record], *, scale: str, cohort: str
) -> Results:
    """Look up the record of every unit; those that are absent are named in `missing`."""
    found, missing, tables = {}, [], []
    for unit in units:
        record = records.get(unit.key)
        if record is None or unit.reading not in record.scores:
            missing.append(f"{unit.variant}, seed {unit.seed}")
            continue
        found[unit.variant, unit.seed] = record
        table = record.table(unit.reading).assign(
            variant=unit.variant,
            seed=unit.seed,
            site=record.sites,
            label_right=label_right(record),
        )
        if study.test != "all":
            table = table[table["site"] == study.test.partition(":")[2]]
        tables.append(table)
    empty = pd.DataFrame(columns=["variant", "seed", "name", "site", study.metric])
    table = pd.concat(tables, ignore_index=True) if tables else empty
    return Results(
        study=study, scale=scale, cohort=cohort, table=table, records=found, missing=tuple(missing)
    )


def label_right(record: Record) -> list[float]:
    """For each case 1 if the label head is right about the ablation, 0 if wrong, NaN if nobody knows."""
    pairs = zip(record.post_ablation, record.post_ablation_probability, strict=True)
    return [
        np.nan if truth is None or said is None else float((float(said) > 0.5) == truth)
        for truth, said in pairs
    ]


def study_results(
    study: Study,
    *,
    folder: Path | None = None,
    scale: str = ATLAS_SCALE,
    cohort: str | None = None,
    seeds: Sequence[int] | None = None,
    extra: Sequence[str] = (),
) -> Results:
    """The results of a study from a folder's records, or from the atlas.

    Args:
        folder: of `study run`; None reads the atlas.
        cohort: its name; None takes LA2018 in the atlas, and in a folder the only one there is.
        seeds: None takes all that any record has.
        extra: the overrides that the study was run with.
    Raises: InputError if the records are of no such scale and cohort, or of several data sets.
    """
    records = records_of(folder)
    cohort = cohort or (ATLAS_COHORT if folder is None else None)
    fitting = {
        record.data: record
        for record in records.values()
        if record.scale == scale and cohort in (None, record.cohort)
    }
    if len(fitting) != 1:
        where = "the atlas" if folder is None else str(folder)
        known = sorted({f"{record.cohort} at {record.scale}" for record in records.values()})
        raise InputError(
            f"{where} has {len(fitting) or 'no'} data sets of {cohort or 'any cohort'} at scale {scale}; "
            f"it has {', '.join(known) or 'no record'}"
        )
    data, any_record = next(iter(fitting.items()))
    if seeds is None:
        seeds = _seeds(records, data)
    units = plan_study(study, scale_name=scale, data=data, seeds=seeds, extra=extra)
    return gather(units, study, records, scale=scale, cohort=any_record.cohort)


def recorded_at(
    study: Study, *, folder: Path | None = None, extra: Sequence[str] = ()
) -> tuple[tuple[str, str], ...]:
    """Cohort and scale of every place where a study has a record; arguments as of `study_results`."""
    records = records_of(folder)
    found = set()
    for data, cohort, scale in {(one.data, one.cohort, one.scale) for one in records.values()}:
        if scale not in SCALES or (cohort, scale) in found:
            continue
        units = plan_study(study, scale_name=scale, data=data, seeds=_seeds(records, data), extra=extra)
        if any(unit.key in records and unit.reading in records[unit.key].scores for unit in units):
            found.add((cohort, scale))
    return tuple(sorted(found))


def _seeds(records: dict[str, Record], data: str) -> list[int]:
    return sorted({record.seed for record in records.values() if record.data == data} | set(SEEDS))


@cache
def scales_in_atlas(study: Study) -> tuple[str, ...]:
    """The scales, shortest first, at which the atlas can compare two variants of a study on LA2018."""
    known = {record.scale for record in atlas().values() if record.cohort == ATLAS_COHORT}
    found = []
    for name in (name for name in SCALES if name in known):
        variants = set(study_results(study, scale=name).variants)
        if any(variants.issuperset(pair) for pair in study.pairs):
            found.append(name)
    return tuple(found)


def records_of(folder: Path | None) -> dict[str, Record]:
    """The records of a folder of `study run`, or of the atlas. Raises: InputError for a damaged file."""
    if folder is None:
        return atlas()
    data_sets(Path(folder))  # damaged notes are told, though the records say the same
    return read_records(Path(folder) / "records")


@cache
def atlas() -> dict[str, Record]:
    """The committed records, read once."""
    return read_records(ATLAS)
