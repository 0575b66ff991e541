"""What copies of the held-out scans among the training scans are worth to a small network, on phantoms.

Cited by 02_audit. The data is a folder of 24 phantoms: `atriacourse phantom FOLDER --cases 24 --matrix 96
--slices 24 --seed 0`. They are held out in three parts of eight. For each part two networks of the same seed
are trained on sixteen scans: the sixteen others, or eight of those and copies of the eight held-out ones.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from atriacourse.data.cohort import Cohort, open_cohort
from atriacourse.data.splits import Split
from atriacourse.evaluation.case_row import score_case
from atriacourse.evaluation.compare import compare
from atriacourse.pages.chapters.audit_planted import recoded, saved_case, write_cohort
from atriacourse.runs.config import override
from atriacourse.runs.folder import open_model
from atriacourse.runs.profiles import profile
from atriacourse.runs.recipes import ON_PHANTOMS
from atriacourse.runs.segmenter import Segmenter
from atriacourse.runs.train import train_run

SEED = 0
PARTS, EPOCHS = 3, 20


def measure(data: Path) -> dict:
    """Dice of the held-out phantoms with and without their copies in training, paired over the cases."""
    originals = open_cohort(data)
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        scans = {case.name: saved_case(case) for case in originals}
        copies = {f"{name}-copy": recoded(scan) for name, scan in scans.items()}
        cohort = open_cohort(write_cohort(folder / "scans", scans | copies))
        rows = {"without": [], "with": []}
        for part in range(PARTS):
            held = originals.names[part::PARTS]
            others = [name for name in originals.names if name not in held]
            trained_on = {
                "without": others,
                "with": others[: len(others) - len(held)] + [f"{name}-copy" for name in held],
            }
            for variant, train in trained_on.items():
                run = folder / f"{variant}-{part}"
                rows[variant] += scores(cohort, train=train, held=held, run=run)
    tables = {variant: pd.DataFrame(found) for variant, found in rows.items()}
    both = compare(tables["without"], tables["with"], metric="dice", labels=("without", "with"), seed=SEED)
    return {
        "cases": both.n,
        "epochs": EPOCHS,
        "trained_on": len(trained_on["with"]),
        "copies": len(held),
        "dice_without": both.mean_a,
        "dice_with": both.mean_b,
        "difference": both.mean_difference,
        "low": both.low,
        "high": both.high,
        "verdict": both.verdict,
    }


def scores(cohort: Cohort, *, train: list[str], held: tuple[str, ...], run: Path) -> list[dict]:
    """Train on `train`, score the scans of `held`."""
    split = Split(
        kind="holdout",
        cohort=cohort.name,
        seed=SEED,
        train=tuple(sorted(train)),
        test=tuple(held),
        groups={name: name for name in cohort.names},
    )
    config = override(profile("smoke"), [*ON_PHANTOMS, f"epochs={EPOCHS}"])
    train_run(cohort, run, config=config, split=split, seed=SEED)
    segment = Segmenter(open_model(run))
    rows = []
    for case in cohort.subset(held):
        image, truth = case.image(), case.mask().voxels
        rows.append(score_case(case.name, truth, segment(image).mask, image.spacing_mm))
    return rows
