"""Does gamma augmentation help a small network on phantoms? The exercise of 03_contrast with eight seeds.

Cited by 03_contrast. The folder given holds `site_a` (18 phantoms of site A) and `site_b` (8 of site B), as
`small_phantoms` writes them for that chapter (seeds 2018 and 2019).
"""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from atriacourse.data.case import Cohort
from atriacourse.data.cohort import open_cohort
from atriacourse.data.splits import holdout_split
from atriacourse.data.volume import grey_levels
from atriacourse.evaluation.overlap import dice
from atriacourse.evaluation.uncertainty import bootstrap_interval
from atriacourse.pages.bench.chapter import begin
from atriacourse.pages.bench.small import small_network
from atriacourse.runs.recipes import FIXED_GEOMETRY, NO_GAMMA
from atriacourse.runs.segmenter import Segmenter

SEED = 2018  # of the split and the bootstrap
SEEDS = range(8)  # of the trainings
EPOCHS = 12  # those of the profile "smoke"
GAMMAS = {"darker": 0.5, "same": 1.0, "lighter": 2.0}


def measure(data: Path) -> dict:
    """The gain in Dice by gamma augmentation, test by test and seed by seed."""
    home, away = open_cohort(data / "site_a"), open_cohort(data / "site_b")
    split = holdout_split(home, fraction=8 / 18, seed=SEED)
    tests = {name: (home.subset(split.test), gamma) for name, gamma in GAMMAS.items()}
    tests["site_b"] = (away, 1.0)
    by_seed: dict[str, list] = {name: [] for name in tests}
    with tempfile.TemporaryDirectory() as folder:
        chapter = replace(begin("gamma_seeds", profile="smoke", data=None, seed=SEED), work=Path(folder))
        for seed in SEEDS:
            networks = [
                small_network(
                    chapter, home, split, *FIXED_GEOMETRY, *change, epochs=EPOCHS, seed=seed, name=name
                )
                for name, change in (("without", NO_GAMMA), ("with", ()))
            ]
            for test, (cohort, gamma) in tests.items():
                without, with_gamma = (scores(network, cohort, gamma) for network in networks)
                by_seed[test].append(with_gamma - without)
    return {
        "seeds": len(SEEDS),
        "cases": len(split.test),
        **{test: summary(np.array(gains)) for test, gains in by_seed.items()},
    }


def scores(network: Segmenter, cohort: Cohort, gamma: float) -> np.ndarray:
    """Dice of every case, its contrast changed by gamma."""
    found = []
    for case in cohort:
        image = case.image()
        grey = np.rint(255 * (grey_levels(image) / 255) ** (1 / gamma)).astype(np.uint8)
        found.append(dice(case.mask().voxels, network(replace(image, voxels=grey)).mask))
    return np.array(found)


def summary(gains: np.ndarray) -> dict:
    """Mean over seeds and cases; how many single seeds would have named a winner, and which.

    Args: gains: (seeds, cases).
    """
    low, high = bootstrap_interval(gains.mean(axis=1), seed=SEED)  # over seeds
    single = [bootstrap_interval(one, seed=SEED) for one in gains]
    return {
        "gain": gains.mean(),
        "low": low,
        "high": high,
        "sd_over_seeds": gains.mean(axis=1).std(ddof=1),
        "seeds_for": sum(one_low > 0 for one_low, _ in single),
        "seeds_against": sum(one_high < 0 for _, one_high in single),
        "by_seed": gains.mean(axis=1).tolist(),
    }
