"""A training that is scored on its own scans as well as on others: what a leak looks like from inside.

Beside training_killed.py; after bench/workbench.py and runs/train.py.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pandas as pd
from torch import nn

from atriacourse.data.case import Cohort
from atriacourse.data.volume import grey_levels
from atriacourse.network.unet import MultiTaskUNet
from atriacourse.pages.bench.workbench import trainer_for
from atriacourse.runs.config import RunConfig
from atriacourse.runs.train import validate
from atriacourse.training.schedule import Plan


def train_and_score(
    cohort: Cohort,
    groups: Mapping[str, Sequence[str]],
    folder: Path,
    *,
    config: RunConfig,
    seed: int,
    epochs: int,
) -> pd.DataFrame:
    """Train on the cases of the first group and score every group now and then.

    Args: groups: name -> names of cases; the best epoch is chosen by the last group.
    Returns: a row a validation, by epoch, with the Dice of each group.
    """
    held = {
        name: [(case.name, grey_levels(case.image()), case.mask().voxels) for case in cohort.subset(cases)]
        for name, cases in groups.items()
    }

    def score(network: nn.Module) -> dict[str, Any]:
        scores = {
            name: validate(cast(MultiTaskUNet, network), cases, config)["score"]
            for name, cases in held.items()
        }
        return {"score": scores[list(groups)[-1]], **scores}

    train = next(iter(groups.values()))
    trainer = trainer_for(cohort, train, folder, config=config, seed=seed, validate=score)
    trainer.run(Plan.straight(epochs))
    return pd.DataFrame(trainer.validations).set_index("epoch")[list(groups)]
