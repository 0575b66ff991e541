"""`atriacourse predict`, `evaluate`, `compare`, `describe` and `models`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from atriacourse.cli.bars import Notes, bar, fail, tell_of_left_out
from atriacourse.cli.options import (
    Assign,
    Checkpoint,
    Data,
    Device,
    Labels,
    Model,
    MostVoxels,
    Profile,
    Resample,
    Spacing,
    Threads,
    TrainedSpacing,
    number,
    run_config,
    use_threads,
)
from atriacourse.data.grid import MOST_VOXELS

if TYPE_CHECKING:
    from atriacourse.data.case import Cohort
    from atriacourse.runs.folder import SavedModel
    from atriacourse.runs.segmenter import Segmenter


def predict(
    scans: Annotated[Path, typer.Argument(help="one scan, or a folder of scans in any layout")],
    model: Model,
    out: Annotated[Path, typer.Option(help="folder for the masks")],
    file_format: Annotated[str, typer.Option("--format", help="nii.gz, nii or nrrd")] = "nii.gz",
    probabilities: Annotated[bool, typer.Option("--probabilities", help="write them too")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="predict again what is there")] = False,
    checkpoint: Checkpoint = "best",
    device: Device = "auto",
    threads: Threads = None,
    spacing_mm: Spacing = None,
    resample: Resample = True,
    trained_spacing_mm: TrainedSpacing = None,
    most_voxels: MostVoxels = MOST_VOXELS,
) -> None:
    """Write a mask for each scan, on the scan's own grid."""
    use_threads(threads)
    from atriacourse.data.cohort import open_cohort
    from atriacourse.runs.folder import open_model
    from atriacourse.runs.segmenter import Outcome, Segmenter, predict_cohort

    cohort = open_cohort(scans, spacing_mm=spacing_mm, most_voxels=most_voxels, on_note=Notes())
    tell_of_left_out(cohort)
    saved = open_model(model, checkpoint=checkpoint)
    tell_of_origin(saved)
    segmenter = Segmenter(saved, device=device, resample=resample, trained_mm=trained_spacing_mm)
    tell_of_voxels(segmenter, cohort)
    with bar("predicting", len(cohort), "case") as shown:

        def on_case(outcome: Outcome) -> None:
            post = "" if outcome.post_ablation is None else f", post-ablation {outcome.post_ablation:.2f}"
            where = f"{outcome.mask_path}{' (there already)' if outcome.kept else ''}{post}"
            shown.write(f"{outcome.name}: {outcome.problem or where}", file=sys.stdout)
            shown.update()

        outcomes = predict_cohort(
            segmenter,
            cohort,
            out,
            file_format=file_format,
            probabilities=probabilities,
            overwrite=overwrite,
            on_case=on_case,
        )
    failed = sum(outcome.problem is not None for outcome in outcomes)
    if failed:
        fail(f"{failed} of {len(outcomes)} scans have no mask; the reasons stand above", code=1)


def evaluate(
    model: Model,
    data: Data,
    cases: Annotated[str, typer.Option(help="auto, held-out or all")] = "auto",
    out: Annotated[Path | None, typer.Option(help="per-case table (csv)")] = None,
    raw: Annotated[bool, typer.Option("--raw", help="score before post-processing")] = False,
    checkpoint: Checkpoint = "best",
    device: Device = "auto",
    threads: Threads = None,
    labels: Labels = None,
    spacing_mm: Spacing = None,
    resample: Resample = True,
    trained_spacing_mm: TrainedSpacing = None,
    most_voxels: MostVoxels = MOST_VOXELS,
) -> None:
    """Score a run or a bag case by case.

    "auto" scores the held-out cases of the folder it was trained on, and every case of any other folder. The
    table lies beside the run's weights if --out does not say where, or here for a network of `models`.
    """
    use_threads(threads)
    from atriacourse.data.cohort import open_cohort
    from atriacourse.evaluation.summary import summarise
    from atriacourse.runs.evaluate import cases_to_score, evaluate_cohort
    from atriacourse.runs.folder import open_model
    from atriacourse.runs.segmenter import Segmenter

    cohort = open_cohort(
        data, spacing_mm=spacing_mm, labels_csv=labels, most_voxels=most_voxels, on_note=Notes()
    )
    tell_of_left_out(cohort)
    saved = open_model(model, checkpoint=checkpoint)
    tell_of_origin(saved)
    chosen, leaked = cases_to_score(saved, cohort, cases)
    if leaked:
        fail(f"warning: {len(leaked)} of {len(chosen)} cases were trained on; their scores prove nothing")
    segmenter = Segmenter(saved, device=device, resample=resample, trained_mm=trained_spacing_mm)
    tell_of_voxels(segmenter, chosen)
    ways = f"{'-raw' if raw else ''}{'' if resample else '-as-is'}"
    name = f"{cohort.name}-{cases}{ways}-{checkpoint}.csv"
    beside = Path(f"evaluation-{saved.shipped}-{name}") if saved.shipped else model / f"evaluation-{name}"
    csv_path = out or beside
    with bar("scoring", len(chosen), "case") as shown:

        def on_case(name: str, row: dict[str, Any] | str) -> None:
            text = row if isinstance(row, str) else score_line(row)
            shown.write(f"{name}  {text}", file=sys.stdout)
            shown.update()

        result = evaluate_cohort(segmenter, chosen, csv_path, raw=raw, on_case=on_case)
    summary = summarise(result.table)
    sources = ", ".join(sorted(set(result.table["spacing_source"])))
    print(f"\n{summary.round(4).to_string()}\n\nspacing: {sources}; table: {csv_path}")
    if result.problems:
        fail(f"{len(result.problems)} of {len(chosen)} cases could not be scored; see above", code=1)


def compare(
    table_a: Annotated[Path, typer.Argument(help="per-case table of run A")],
    table_b: Annotated[Path, typer.Argument(help="per-case table of run B")],
    metric: Annotated[str, typer.Option(help="a column of both tables")] = "dice",
    seed: Annotated[int, number("seed", says="of the bootstrap")] = 0,
) -> None:
    """Compare two runs case by case; no winner is named when the interval spans zero."""
    from atriacourse.evaluation.case_row import read_table
    from atriacourse.evaluation.compare import compare as compare_tables

    result = compare_tables(read_table(table_a), read_table(table_b), metric=metric, seed=seed)
    print(f"A: {table_a} (mean {result.mean_a:.4f})\nB: {table_b} (mean {result.mean_b:.4f})")
    print(result.verdict)


def describe(
    profile: Profile = "laptop",
    model: Annotated[
        Path | None, typer.Option(help="describe a run, a bag or a network of `models` instead")
    ] = None,
    set_: Assign = None,
) -> None:
    """Print every setting of a profile or a run, with parameters, FLOPs and memory."""
    from atriacourse.runs.describe import describe_config
    from atriacourse.runs.folder import open_model

    saved = open_model(model) if model else None
    if saved:
        tell_of_origin(saved)
    print(describe_config(saved.config if saved else run_config(profile, assignments=set_ or [])))


def models() -> None:
    """List the trained networks that come with the course: what each was trained on, and its scores."""
    from atriacourse.runs.shipped import MODELS, origin, read_card, shipped_names

    for name in shipped_names():
        card = read_card(name)
        kilobytes = (MODELS / name / "best.safetensors").stat().st_size / 1000
        print(f"{origin(card)}\n  {card['says']}; {card['parameters']:,} weights, {kilobytes:.0f} kB")
        for group, score in card["held_out"].items():
            rows = [row["post_ablation"] for row in card["cases"] if group in ("all", row["site"])]
            print(
                f"  {'held out' if group == 'all' else f'  site {group}'}: {score['cases']} phantoms, Dice "
                f"{score['dice']:.3f}; pre- or post-ablation told right of {score['label_right']}, always "
                f"saying the commoner of {max(sum(rows), len(rows) - sum(rows))}"
            )
        sweep = ", ".join(f"{dice:.2f} at {gamma}" for gamma, dice in card["gamma"].items())
        print(f"  Dice once the contrast is changed by gamma: {sweep}\n")


def tell_of_origin(saved: "SavedModel") -> None:
    """Say what a network that comes with the course was trained on, and what it is not."""
    from atriacourse.runs.shipped import origin, read_card

    if saved.shipped:
        fail(origin(read_card(saved.shipped)))


def tell_of_voxels(segmenter: "Segmenter", cohort: "Cohort") -> None:
    """Say so where the network meets scans whose voxels are not of the size it was trained on."""
    from atriacourse.runs.segmenter import other_voxels

    other = other_voxels(segmenter, cohort)
    trained = " x ".join(f"{size:g}" for size in segmenter.trained_mm)
    if other.resampled:
        fail(
            f"{len(other.resampled)} of {len(cohort)} scans resampled to the {trained} mm (z, y, x) trained "
            f"on, first {other.resampled[0]}; masks lie on the scans' own grids"
        )
    if other.as_they_are:
        fail(
            f"warning: {len(other.as_they_are)} of {len(cohort)} scans have other voxels than the {trained} "
            f"mm (z, y, x) trained on, first {other.as_they_are[0]}: the network has not seen the atrium at "
            f"that size; leave --no-resample out"
        )
    if other.assumed:
        fail(
            f"warning: {len(other.assumed)} of {len(cohort)} files say no voxel size, first "
            f"{other.assumed[0]}; the one assumed is not the {trained} mm (z, y, x) trained on. They are not "
            f"resampled on an assumption: give --spacing-mm"
        )


def score_line(row: dict[str, Any]) -> str:
    """One case's scores, short."""
    return (
        f"Dice {row['dice']:.3f}  Jaccard {row['jaccard']:.3f}  HD {row['hd_mm']:.1f} mm  "
        f"HD95 {row['hd95_mm']:.1f} mm  ASSD {row['assd_mm']:.2f} mm  "
        f"volume {row['guess_ml']:.1f} mL (truth {row['truth_ml']:.1f})"
    )
