"""Score a run or a bag on the labelled cases of a cohort: one row a case, kept as soon as it is known.

After runs/segmenter.py and evaluation/. Interrupted, the same call goes on with the next case.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NotRequired

import pandas as pd
from typing_extensions import TypedDict

from atriacourse.data.case import Case, Cohort
from atriacourse.data.splits import Split
from atriacourse.errors import InputError
from atriacourse.evaluation.case_row import read_table, score_case, table_text
from atriacourse.files import read_json, write_whole
from atriacourse.runs.config import write_json
from atriacourse.runs.folder import SavedModel
from atriacourse.runs.ours import digest_of, held, printable, refuse_foreign, text_digest, why_this_case
from atriacourse.runs.provenance import provenance
from atriacourse.runs.segmenter import Segmenter, other_voxels


class Origin(TypedDict):
    """The .json beside a table: where its rows come from. Provenance stands beside these."""

    model: str
    raw: bool
    cohort: str
    spacing_mm: list[float] | None
    # None where no scan is resampled: then every choice of it gives this table
    resampling: NotRequired[list[float] | None]
    # these three not before 0.1.0
    scans: NotRequired[dict[str, str]]  # the cases asked for, and a digest of scan, mask and label
    trained_on: NotRequired[list[str]]  # those of them that the model was trained on
    table: NotRequired[list[str]]  # digests of the table as last written and as before that


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
        cohort: the cases asked for: the table has a row of each of them and of no other.
        csv_path: the per-case table, rewritten after every case; a .json of the same name says where it
            comes from.
        raw: score the masks before post-processing.
        on_case: told the name and the row, or why there is none.
    Raises: InputError if the table is there and belongs to another model, cohort, spacing, resampling or
        choice of cases, was changed since, or is somebody else's; or no case could be scored.
    """
    csv_path = Path(csv_path)
    if csv_path.suffix.lower() != ".csv" or csv_path.is_dir():
        raise InputError(f"the table is a file whose name ends in .csv, got {csv_path}")
    with held(csv_path.parent, csv_path.name):
        origin = _origin(segmenter, cohort, raw=raw)
        rows, written = _rows_before(csv_path, origin)
        if len(rows) < len(cohort):
            segmenter.check()
        note = {**origin, **provenance(segmenter.device), "table": written}
        write_json(csv_path.with_suffix(".json"), note)
        problems: dict[str, str] = {}
        for case in cohort:
            name = printable(case.name)
            if name not in rows:
                try:
                    row = score(segmenter, case, raw=raw)
                    text = table_text([*rows.values(), row], csv_path.name)
                    # noted first: killed between the two, the table is still known as ours
                    note["table"] = [text_digest(text), *written]
                    write_json(csv_path.with_suffix(".json"), note)
                    write_whole(csv_path, text)
                    rows[name], written = row, note["table"][:1]
                except Exception as error:  # noqa: BLE001  one case must not stop the others
                    problems[case.name] = why_this_case(error)
            on_case(case.name, rows.get(name) or problems[case.name])
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
        printable(case.name),
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


def _origin(segmenter: Segmenter, cohort: Cohort, *, raw: bool) -> Origin:
    """What must be alike for rows to be kept."""
    spacing = cohort.cases[0].spacing_mm  # the caller's, or None
    trained = set(segmenter.saved.split().train)
    return {
        "model": segmenter.saved.fingerprint(),
        "raw": raw,
        "cohort": cohort.name,
        "spacing_mm": list(spacing) if spacing else None,
        "resampling": list(segmenter.trained_mm) if other_voxels(segmenter, cohort).resampled else None,
        "scans": {printable(case.name): _scan(case) for case in cohort},
        "trained_on": sorted(printable(name) for name in trained & set(cohort.names)),
    }


def _scan(case: Case) -> str:
    try:
        files = digest_of(case.image_path, case.mask_path)
    except OSError:  # told when its turn comes
        files = "unreadable"
    return f"{files} {case.orientation} {case.post_ablation}"


def _rows_before(csv_path: Path, origin: Origin) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The rows that are there, by name, and the digests of the table; nothing of another origin."""
    path = csv_path.with_suffix(".json")
    if not path.exists():
        refuse_foreign([csv_path], notes=path.name)
        return {}, []
    elsewhere = "name another file, or move both away"
    before: Origin = read_json(path, Origin, way_out=f"if it is not the note of a table, {elsewhere}")
    if not csv_path.exists():
        return {}, []
    _refuse_other_origin(csv_path, before, origin)
    text = csv_path.read_bytes()
    if "table" in before and text_digest(text) not in before["table"]:
        raise InputError(f"{csv_path} was changed since it was written; {elsewhere}")
    rows = {row["name"]: row for row in read_table(csv_path).to_dict("records")}
    others = [name for name in rows if name not in origin["scans"]]
    if others:
        raise InputError(
            f"{csv_path} holds scores of {len(others)} cases that are not asked for now, first {others[0]}; "
            f"{elsewhere}"
        )
    return rows, [text_digest(text)]


def _refuse_other_origin(csv_path: Path, before: Origin, origin: Origin) -> None:
    keys = ("model", "raw", "cohort", "spacing_mm", "resampling")
    other = [key for key in keys if before.get(key) != origin.get(key)]
    scans = before.get("scans", origin["scans"])
    if any(scans[name] != origin["scans"][name] for name in scans.keys() & origin["scans"].keys()):
        other.append("scan, mask or label under the same name")
    if scans.keys() - origin["scans"].keys():
        other.append("choice of cases")
    elif bool(before.get("trained_on", origin["trained_on"])) != bool(origin["trained_on"]):
        other.append("choice of cases (some were trained on)")
    if other:
        raise InputError(
            f"{csv_path} holds scores of another {', '.join(other)}; name another file, or remove it"
        )
