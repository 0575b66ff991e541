"""An ablation that a reader writes in one line: a study's base with one override, beside the base itself.

After chapter.py; chapters 11 and 14 use it. The cells are those of every study, so what was trained under
another name is not trained again.
"""

from collections.abc import Sequence
from pathlib import Path

from atriacourse.errors import InputError
from atriacourse.studies.cells import plan_study
from atriacourse.studies.data import StudyData
from atriacourse.studies.declare import Study, Variant
from atriacourse.studies.results import Results, study_results
from atriacourse.studies.runner import run_units


def run_override(
    override: str | None,
    *,
    base: Sequence[str],
    found: StudyData,
    folder: Path,
    scale: str,
    seeds: Sequence[int],
) -> Results | None:
    """Train the base and the base with one override; a record that is there is read.

    Args:
        override: "name=value"; None is not answered yet, and trains nothing.
        base: overrides of both. found, folder, scale, seeds: as of any study.
    Returns: results whose variants are "base" and "changed".
    Raises: InputError for an override that no setting takes, or a training that failed.
    """
    if override is None:
        return None
    mine = Study(
        name="mine",
        question="What does this override change?",
        base=tuple(base),
        variants=(
            Variant(name="base", label="the base"),
            Variant(name="changed", label=override, set=(override,)),
        ),
    )
    units = plan_study(mine, scale_name=scale, data=found.fingerprint, seeds=seeds)
    end = run_units(units, found, folder, threads=1)
    if end.failed:
        raise InputError(f"a training failed: {'; '.join(map(str, end.failed))}")
    return study_results(mine, folder=folder, scale=scale, seeds=seeds)


def changed_by(results: Results | None) -> set[str] | None:
    """What the override changed, as "name=value", from the records themselves; None without results."""
    if results is None:
        return None
    base, changed = (
        next(record.settings for (name, _), record in results.records.items() if name == one)
        for one in ("base", "changed")
    )
    return {f"{name}={value}" for name, value in changed.items() if base.get(name) != value}
