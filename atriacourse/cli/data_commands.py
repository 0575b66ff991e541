"""`atriacourse audit` and `atriacourse phantom`."""

from pathlib import Path
from typing import Annotated

import typer

from atriacourse.cli.options import Labels, MostVoxels, Seed, Spacing, number
from atriacourse.cli.progress import advance, bar
from atriacourse.data.grid import MOST_VOXELS


def audit(
    folder: Annotated[Path, typer.Argument(help="folder of scans in any layout")],
    csv: Annotated[Path | None, typer.Option(help="write one row a case here")] = None,
    labels: Labels = None,
    spacing_mm: Spacing = None,
    most_voxels: MostVoxels = MOST_VOXELS,
) -> None:
    """Report what a folder of scans holds, and what is wrong with it."""
    from atriacourse.data.audit import audit as audit_cohort
    from atriacourse.data.audit_report import refuse_foreign
    from atriacourse.data.cohort import open_cohort

    cohort = open_cohort(folder, spacing_mm=spacing_mm, labels_csv=labels, most_voxels=most_voxels)
    if csv is not None:
        refuse_foreign(csv)  # before a thousand scans are read
    with bar("reading", len(cohort), "case") as shown:
        report = audit_cohort(cohort, progress=lambda done, total: advance(shown, done))
    print(report.to_text())
    if csv is not None:
        print(f"table: {report.write_csv(csv)}")
    if report.unreadable:
        raise typer.Exit(1)


def phantom(
    folder: Annotated[Path, typer.Argument(help="new folder for the phantom cohort")],
    cases: Annotated[int, number("cases", says="how many")] = 12,
    matrix: Annotated[
        int, number("phantom.matrix", says="voxels along x and y; 576 or 640 are the scans' own")
    ] = 144,
    slices: Annotated[int, number("phantom.slices", says="88 are the scans' own")] = 44,
    file_format: Annotated[str, typer.Option("--format", help="nrrd or nifti")] = "nrrd",
    seed: Seed = 0,
) -> None:
    """Write synthetic scans with known truth: no download, no licence."""
    from atriacourse.data.phantom import PhantomConfig, write_phantom_cohort

    field_mm = 400.0 if matrix == 640 else 360.0
    config = PhantomConfig(matrix=matrix, slices=slices, field_mm=field_mm)
    with bar("phantoms", cases, "case") as shown:
        write_phantom_cohort(
            folder,
            cases=cases,
            config=config,
            seed=seed,
            file_format=file_format,
            progress=lambda done, total: advance(shown, done),
        )
    print(f"{cases} phantoms of {slices} x {matrix} x {matrix} voxels (z, y, x) in {folder}")
