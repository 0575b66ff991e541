"""Train the networks that come with the course, and write their cards: atriacourse/models/.

    nice python tools/train_models.py                   all of them, about half an hour on one thread
    nice python tools/train_models.py phantom-coarse    this one

On phantoms alone: nothing here has seen a patient. What is half done lies in _build/models; the same command
goes on there, and does nothing for a network that is done. A folder below atriacourse/models is a run's, with
weights in half precision, and card.json: what it was trained on, and what these very weights score on the
phantoms held out, as they are and with their contrast changed.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch

from atriacourse.cli.bars import TrainingBar, advance, bar
from atriacourse.data.case import Case, Cohort
from atriacourse.data.cohort import open_cohort
from atriacourse.data.phantom import PhantomConfig, write_phantom_cohort
from atriacourse.data.phantom.write import RECORD, Record
from atriacourse.data.splits import Split, holdout_split
from atriacourse.data.volume import Volume, grey_levels
from atriacourse.evaluation.overlap import dice
from atriacourse.files import read_json
from atriacourse.network.unet import MultiTaskUNet
from atriacourse.runs.config import RunConfig, override, write_json
from atriacourse.runs.describe import parameters
from atriacourse.runs.evaluate import score
from atriacourse.runs.folder import is_done, open_model
from atriacourse.runs.profiles import profile
from atriacourse.runs.recipes import NO_GAMMA, ON_PHANTOMS, widths
from atriacourse.runs.segmenter import Segmenter
from atriacourse.runs.shipped import CARD, MODELS
from atriacourse.runs.train import train_run
from atriacourse.training.checkpoint import load_model, save_checkpoint

WORK = Path(__file__).parents[1] / "_build" / "models"
GAMMAS = (0.3, 0.4, 0.6, 1.0, 1.6, 2.5)  # of the scans shown; the paper trains with 0.8 to 2
BRIGHTEST = 99.9  # per cent of the voxels are darker than what becomes white: or a dark scan would be black
SWEPT = 8  # held-out cases whose contrast is changed, the first ones
LARGEST = 1_000_000  # bytes of weights


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One network: what it is for, its phantoms, its settings."""

    name: str
    says: str
    phantom: PhantomConfig
    cases: int
    phantom_seed: int  # the chapters' are 2018 and up: no chapter's phantom is among these
    fraction: float  # held out
    settings: Sequence[str]  # over the chapters' own of the profile "smoke"
    seed: int = 0

    @property
    def config(self) -> RunConfig:
        """The run's settings; float32 at prediction, so that every processor gives the same masks."""
        always = (*ON_PHANTOMS, "prediction.precision=float32")
        return override(profile("smoke"), (*always, *self.settings))


COARSE = Planned(
    name="phantom-coarse",
    says="small and quick, on the coarse phantoms of the chapters: for pages that use a network",
    phantom=PhantomConfig(),
    cases=96,
    phantom_seed=71,
    fraction=0.25,
    settings=(
        *widths(6, hidden=16),
        "epochs=20",
        "validation=0.1",
        "training.validations=2",
        "prepare.offsets=[-2, 0, 2]",
        "augmentation.statistics=inside",
    ),
)
FINE_SETTINGS = (
    *widths(10, hidden=16),
    "epochs=12",
    "validation=0.1",
    "training.validations=2",
    "prepare.offsets=[-2, 0, 2]",
    "training.loss.label_weight=1",
    "training.curriculum.sizes=[96, 128]",
)
FINE = PhantomConfig(matrix=288, site_a_fraction=2 / 3)
GAMMA = Planned(
    name="phantom-gamma",
    says="one of a pair: trained with gamma augmentation, so a darkened scan costs it less",
    phantom=FINE,
    cases=96,
    phantom_seed=72,
    fraction=0.25,
    settings=(
        *FINE_SETTINGS,
        "augmentation.gamma.probability=0.7",
        "augmentation.gamma.low=0.25",  # brightening harms neither of the two, darkening does
        "augmentation.gamma.high=2",
    ),
)
PLAIN = replace(
    GAMMA,
    name="phantom-plain",
    says="the other of the pair: trained without gamma augmentation, all else the same",
    settings=(*FINE_SETTINGS, *NO_GAMMA),
)
PLANNED = {one.name: one for one in (COARSE, GAMMA, PLAIN)}


def make(planned: Planned) -> None:
    """Phantoms, training, weights in half precision, card; what is there already is left."""
    cohort = phantoms_of(planned)
    split = split_of(cohort, planned)
    run = WORK / planned.name
    if not is_done(run):
        with TrainingBar() as shown:
            train_run(cohort, run, config=planned.config, split=split, seed=planned.seed, watcher=shown)
    target = MODELS / planned.name
    if (target / CARD).is_file():
        print(f"{target} is there already; remove it to have it made again from {run}")
        return
    draft = WORK / f"{planned.name}.draft"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    for name in ("config.json", "setup.json", "split.json"):
        shutil.copy(run / name, draft)
    network = MultiTaskUNet(planned.config.network)
    state = load_model(run / "best.safetensors", network)
    save_checkpoint(draft / "best.safetensors", model=network, state=state, half=True)
    size = (draft / "best.safetensors").stat().st_size
    if size > LARGEST:
        sys.exit(f"{planned.name} has {size:,} bytes of weights, at most {LARGEST:,} are allowed")
    write_json(draft / CARD, card_of(planned, draft, run, cohort, split, count=parameters(network)))
    shutil.rmtree(target, ignore_errors=True)
    shutil.move(draft, target)
    print(f"{target}: {size:,} bytes of weights")


def phantoms_of(planned: Planned) -> Cohort:
    """The phantoms, written where they are not."""
    with bar("phantoms", planned.cases, "case") as shown:
        folder = write_phantom_cohort(
            WORK / f"phantoms-{planned.phantom_seed}",
            cases=planned.cases,
            config=planned.phantom,
            seed=planned.phantom_seed,
            progress=lambda done, total: advance(shown, done),
        )
    return open_cohort(folder)


def split_of(cohort: Cohort, planned: Planned) -> Split:
    """Every phantom is a patient of its own."""
    groups = {name: name for name in cohort.names}
    return holdout_split(cohort, seed=planned.seed, fraction=planned.fraction, groups=groups)


def card_of(
    planned: Planned, folder: Path, run: Path, cohort: Cohort, split: Split, *, count: int
) -> dict[str, object]:
    """The record of a network: what the run says of itself, and what the weights in `folder` score."""
    segmenter = Segmenter(open_model(folder), device="cpu")
    known = read_json(cohort.root / RECORD, Record, way_out="make the phantoms again")["cases"]
    cases = [row_of(segmenter, case, str(known[case.name]["site"])) for case in cohort.subset(split.test)]
    sites = {"all": cases} | {
        site: [row for row in cases if row["site"] == site] for site in sorted({row["site"] for row in cases})
    }
    record = {key: value for key, value in read_json(run / "run.json", way_out="train again").items()}
    return {
        "name": planned.name,
        "says": planned.says,
        "phantoms": {
            "config": asdict(planned.phantom),
            "cases": planned.cases,
            "seed": planned.phantom_seed,
        },
        "parameters": count,
        **{key: value for key, value in record.items() if key not in ("config", "done")},
        "held_out": {site: score_of(rows) for site, rows in sites.items()},
        "cases": cases,
        "gamma": {
            f"{gamma:g}": dice_at(segmenter, cohort.subset(split.test[:SWEPT]), gamma) for gamma in GAMMAS
        },
    }


def row_of(segmenter: Segmenter, case: Case, site: str) -> dict[str, object]:
    """What the card says of one held-out case."""
    row = score(segmenter, case)
    kept = ("name", "dice", "truth_ml", "post_ablation", "post_ablation_probability")
    return {"site": site} | {key: rounded(row[key]) for key in kept}


def score_of(rows: Sequence[dict[str, object]]) -> dict[str, object]:
    """Mean Dice, and how often the label is told right."""
    right = [(row["post_ablation_probability"] > 0.5) == row["post_ablation"] for row in rows]
    mean = float(np.mean([row["dice"] for row in rows]))
    return {"cases": len(rows), "dice": rounded(mean), "label_right": sum(right)}


def dice_at(segmenter: Segmenter, cohort: Cohort, gamma: float) -> float:
    """Mean Dice of scans whose grey levels, 1 for the brightest, are raised to 1 / gamma."""
    scores = []
    for case in cohort:
        image = case.image()
        grey = grey_levels(image)
        share = np.clip(grey / np.percentile(grey, BRIGHTEST), 0, 1)
        levels = np.rint(255 * share ** (1 / gamma)).astype(np.uint8)
        scores.append(dice(case.mask().voxels, segmenter(Volume(voxels=levels, grid=image.grid)).mask))
    return rounded(float(np.mean(scores)))


def rounded(value: object) -> object:
    """Four decimals are more than a processor of another kind agrees on."""
    return round(value, 4) if isinstance(value, float) else value


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(PLANNED)}; all of them if none is given")
    names = parser.parse_args().names or list(PLANNED)
    if unknown := sorted(set(names) - PLANNED.keys()):
        sys.exit(f"there is no {', '.join(unknown)}; known: {', '.join(PLANNED)}")
    torch.set_num_threads(1)  # networks so small are not worth sharing out, and sums stay the same
    for name in names:
        make(PLANNED[name])
