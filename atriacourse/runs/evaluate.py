"""Score a run or a bag on the labelled cases of a cohort: one row a case, kept as soon as it is known.

After runs/segmenter.py and evaluation/. Interrupted, the same call goes on with the next case.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from atriacourse.data.case import Case, Cohort
from atriacourse.data.splits import Split
from atriacourse.errors import InputError
from atriacourse.evaluation.case_row import read_table, score_case, write_table
from atriacourse.runs.config import read_json, write_json
from atriacourse.runs.folder import SavedModel
from atriacourse.runs.provenance import provenance
from atriacourse.runs.segmenter import Segmenter, other_voxels


class Evaluation(NamedTuple):
    """What was scored, and what could not be."""

    table: pd.DataFrame  # one row a case; see evaluation/case_row.py
    problems: dict[str, str]  # name -> why there is no row


def evaluate_cohort(
    segmenter: Segmenter,
    cohort: Cohort,
    csv_path: Path | str,
    *,
    raw: bool = False,
    on_case: Callable[[str, dict[str, Any] | str], None] = lambda name, row: None,
) -> Evaluation:
    """Predict and score every case; rows scored before with the same model are kept.

    Args:
        csv_path: the per-case table, rewritten after every case; a .json of the same name says where it
            comes from.
        raw: score the masks before post-processing.
        on_case: told the name and the row, or why there is none.
    Raises: InputError if the table is there and belongs to another model, cohort, spacing or resampling, or
        no case could be scored.
    """
    csv_path = Path(csv_path)
    csv_path.parent.mkdir(parents=True, exist_ok=True)
    spacing = cohort.cases[0].spacing_mm  # the caller's, or None
    origin = {
        "model": segmenter.saved.fingerprint(),
        "raw": raw,
        "cohort": cohort.name,
        "spacing_mm": list(spacing) if spacing else None,
        # None where no scan is resampled: then every choice of it gives this table
        "resampling": list(segmenter.trained_mm) if other_voxels(segmenter, cohort).resampled else None,
    }
    rows = _rows_before(csv_path, origin, cohort)
    write_json(csv_path.with_suffix(".json"), origin | provenance(segmenter.device))
    problems: dict[str, str] = {}
    for case in cohort:
        if case.name not in rows:
            try:
                rows[case.name] = score(segmenter, case, raw=raw)
                write_table(csv_path, list(rows.values()))
            except InputError as error:
                problems[case.name] = str(error)
        on_case(case.name, rows.get(case.name) or problems[case.name])
    if not rows:
        reasons = "; ".join(list(problems.values())[:3])
        raise InputError(f"none of the {len(cohort)} cases could be scored: {reasons}")
    return Evaluation(read_table(csv_path), problems)


def score(segmenter: Segmenter, case: Case, *, raw: bool = False) -> dict[str, Any]:
    """Predict one case and score it; the row also says what was known and predicted of its label."""
    truth = case.mask()
    image = case.image()
    result = segmenter(image)
    row = score_case(
        case.name,
        truth.voxels,
        result.raw_mask if raw else result.mask,
        image.spacing_mm,
        spacing_source=image.grid.spacing_source,
    )
    return row | {"post_ablation": case.post_ablation, "post_ablation_probability": result.post_ablation}


def cases_to_score(saved: SavedModel, cohort: Cohort, which: str) -> tuple[Cohort, Sequence[str]]:
    """Choose the cases: "held-out" of the model's split, "all", or "auto".

    auto: the held-out cases if this is the cohort it was trained on, else all.
    Returns: the cases, and the names among them that the model was trained on (a leak to be told).
    Raises: InputError if there is none to score.
    """
    if which not in ("auto", "held-out", "all"):
        raise InputError(f"cases must be auto, held-out or all, got {which!r}")
    split: Split = saved.split()
    trained = set(split.train) & set(cohort.names)
    if which == "held-out" or (which == "auto" and trained):
        names = [name for name in cohort.names if name in set(split.test)]
        if not names:
            raise InputError(
                f"none of the {len(split.test)} held-out cases of {saved.folder} is in {cohort.root}; "
                f"give the folder it was trained on, or score all cases"
            )
        return cohort.subset(names), ()
    return cohort, sorted(trained)


def _rows_before(csv_path: Path, origin: dict[str, Any], cohort: Cohort) -> dict[str, dict[str, Any]]:
    note = csv_path.with_suffix(".json")
    if not csv_path.is_file():
        return {}
    before = {"resampling": None} | (read_json(note) if note.is_file() else {"model": None})
    other = [key for key, value in origin.items() if before.get(key, value) != value]
    if other:
        raise InputError(
            f"{csv_path} holds scores of another {', '.join(other)}; name another file, or remove it"
        )
    table = read_table(csv_path)
    return {row["name"]: row for row in table.to_dict("records") if row["name"] in set(cohort.names)}
