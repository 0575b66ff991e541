"""What each fault of the silent-bug clinic does to the Dice of a small run: reported, and on new patients.

Cited by 13_silent_bugs. All on the clinic's own phantoms; `--data` names the folder of the phantoms' source.
Faults behind the training are put into a sound run after it, so that both share one network.
"""

from pathlib import Path

import numpy as np

from atriacourse.teaching.clinic.faults import FAULTS, faulty
from atriacourse.teaching.clinic.pipeline import healthy
from atriacourse.teaching.clinic.study import Outcome, report, train

SEED = 0  # the first of SEEDS
SEEDS = (0, 1, 2)
EPOCHS = 32
AFTER_TRAINING = ("predict", "clean", "score", "mean_dice")  # stages


def measure(data: Path) -> dict:
    """Mean Dice over the seeds for the sound pipeline and for every fault, and by how much it changes."""
    sound, broken = [], {name: [] for name in FAULTS}
    for seed in SEEDS:
        trained = train(healthy(seed), epochs=EPOCHS)
        sound.append(report(healthy(seed), trained))
        for name, fault in FAULTS.items():
            pipeline = faulty(name, seed)
            again = trained if fault.stage in AFTER_TRAINING else train(pipeline, epochs=EPOCHS)
            broken[name].append(report(pipeline, again))
    return {
        "seeds": len(SEEDS),
        "epochs": EPOCHS,
        "faults": len(FAULTS),
        "sound": summary(sound, sound),
        "broken": {name: summary(outcomes, sound) for name, outcomes in broken.items()},
    }


def summary(outcomes: list[Outcome], sound: list[Outcome]) -> dict:
    """Means over the seeds; changes against the sound run of the same seed, with the smallest and largest."""
    reported = np.array([one.reported for one in outcomes])
    honest = np.array([one.honest for one in outcomes])
    assd = np.array([one.rows["assd_mm"].replace(np.inf, np.nan).mean() for one in outcomes])
    changes = honest - [one.honest for one in sound]
    return {
        "reported": reported.mean(),
        "honest": honest.mean(),
        "assd_mm": float(np.nanmean(assd)) if np.isfinite(assd).any() else "none",
        "reported_change": (reported - [one.reported for one in sound]).mean(),
        "honest_change": changes.mean(),
        "honest_change_low": changes.min(),
        "honest_change_high": changes.max(),
    }
