"""What each fault of the silent-bug clinic does to the Dice of a small run: reported, and on new patients.

Cited by 13_silent_bugs. All on the clinic's own phantoms; `--data` names the folder of the phantoms' source.
Faults behind the training are put into a sound run after it, so that both share one network.
"""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch

from atriacourse.clinic.faults import FAULTS, faulty
from atriacourse.clinic.pipeline import healthy
from atriacourse.clinic.study import Outcome, report, train
from atriacourse.training.device import keep_cpu_fast

SEED = 2018  # the first of SEEDS
SEEDS = (2018, 0)
EPOCHS = 20
AFTER_TRAINING = ("predict", "clean", "score", "mean_dice")  # stages: these faults share the sound network
RETRAINED = (  # each of these costs a training of its own
    "image_flipped",
    "mask_one_slice_off",
    "image_only_augmented",
    "mask_truncated",
    "decoder_in_a_list",
    "double_softmax",
    "gradient_not_zeroed",
    "schedule_six_times",
)


def measure(data: Path) -> dict:
    """Mean Dice over the seeds for the sound pipeline and for the faults, and by how much it changes."""
    with ProcessPoolExecutor(len(SEEDS), mp_context=get_context("spawn")) as pool:
        runs = list(pool.map(one_seed, SEEDS))
    sound = [run.pop("sound") for run in runs]
    return {
        "seeds": len(SEEDS),
        "epochs": EPOCHS,
        "sound": summary(sound, sound),
        "broken": {name: summary([run[name] for run in runs], sound) for name in runs[0]},
    }


def one_seed(seed: int) -> dict[str, Outcome]:
    """The sound run and every faulty one."""
    torch.set_num_threads(1)
    keep_cpu_fast()
    trained = train(healthy(seed), epochs=EPOCHS)
    outcomes = {"sound": report(healthy(seed), trained)}
    for name, fault in FAULTS.items():
        if fault.stage in AFTER_TRAINING:
            outcomes[name] = report(faulty(name, seed), trained)
        elif name in RETRAINED:
            outcomes[name] = report(faulty(name, seed), train(faulty(name, seed), epochs=EPOCHS))
    return outcomes


def summary(outcomes: list[Outcome], sound: list[Outcome]) -> dict:
    """Means over the seeds; changes against the sound run of the same seed."""
    reported = np.array([one.reported for one in outcomes])
    honest = np.array([one.honest for one in outcomes])
    changes = honest - [one.honest for one in sound]
    return {
        "reported": f"{reported.mean():.2f}",
        "honest": f"{honest.mean():.2f}",
        "reported_change": f"{(reported - [one.reported for one in sound]).mean():+.2f}",
        "honest_change": f"{changes.mean():+.2f}",
        "honest_changes": ", ".join(f"{change:+.2f}" for change in changes),
    }
