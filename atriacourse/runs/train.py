"""Train one network on a cohort, into a folder; give the same call again to go on where it stopped.

After runs/{config,profiles,budget}.py; wires data/, augment/, network/, training/, inference/ and
evaluation/ together. The folder's files are listed in runs/folder.py.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch

from atriacourse.bounds import bounded
from atriacourse.data.bank import BankCase, SliceBank
from atriacourse.data.case import Case, Cohort
from atriacourse.data.splits import Split
from atriacourse.data.volume import grey_levels
from atriacourse.errors import InputError
from atriacourse.evaluation.overlap import dice
from atriacourse.files import read_json
from atriacourse.inference.postprocess import postprocess
from atriacourse.inference.predict import predict_volume, probabilities_to_mask
from atriacourse.network.unet import MultiTaskUNet
from atriacourse.runs.budget import Budget, measure_steps
from atriacourse.runs.config import RunConfig, to_json, told_apart, write_json
from atriacourse.runs.flops import training_tflop
from atriacourse.runs.folder import RESTORE, Knots, Setup, is_done, saved_setup
from atriacourse.runs.loading import data_hash, load_bank_cases, median_spacing_mm
from atriacourse.runs.logs import refuse_foreign_logs, write_logs
from atriacourse.runs.memory import refuse_what_cannot_fit
from atriacourse.runs.ours import held, refuse_foreign
from atriacourse.runs.provenance import device_name, provenance
from atriacourse.runs.splitting import inner_split
from atriacourse.runs.watcher import Silent, Watcher
from atriacourse.training.device import choose_device, choose_precision, keep_cpu_fast, subnormals_flushed
from atriacourse.training.loop import Trainer
from atriacourse.training.schedule import Plan

FILES = (  # of a run, beside setup.json
    *("config.json", "split.json", "plan.json", "run.json", "log.csv", "validation.csv", "tensorboard"),
    *("best.safetensors", "last.safetensors"),
)


@subnormals_flushed()
def train_run(
    cohort: Cohort,
    folder: Path | str,
    *,
    config: RunConfig,
    split: Split,
    seed: int = 0,
    device: str = "auto",
    watcher: Watcher | None = None,
    on_trainer: Callable[[Trainer], None] = lambda trainer: None,
    read_case: Callable[[Case, RunConfig], BankCase] | None = None,
) -> bool:
    """Train on `split.train`, keeping a part of it back to pick the best checkpoint.

    Args:
        folder: made if absent; a run of the same settings, split, seed and data is gone on with.
        on_trainer: given the trainer before it starts; setting `stop_requested` on it stops and saves.
        read_case: in place of `load_bank_case`, for a caller that has the cases at hand.
    Returns: True if the run is done, False if it was stopped on request.
    Raises: InputError if the folder holds another run, a case cannot be used, or the loss diverges.
    """
    with held(Path(folder), "train"):
        return _train_run(
            cohort,
            Path(folder),
            config=config,
            split=split,
            seed=seed,
            device=device,
            watcher=watcher or Silent(),
            on_trainer=on_trainer,
            read_case=read_case,
        )


def _train_run(
    cohort: Cohort,
    folder: Path,
    *,
    config: RunConfig,
    split: Split,
    seed: int,
    device: str,
    watcher: Watcher,
    on_trainer: Callable[[Trainer], None],
    read_case: Callable[[Case, RunConfig], BankCase] | None,
) -> bool:
    started = time.monotonic()
    if not keep_cpu_fast():
        watcher.say(
            "torch was at work before this run, so subnormal numbers may slow it; start afresh if they do"
        )
    where = choose_device(device)
    bounded("seed", seed)
    inner = inner_split(cohort, split, fraction=config.validation, seed=seed)
    refuse_what_cannot_fit(config, cases=len(inner.train), device=where)
    bank_cases = load_bank_cases(cohort, inner.train, config, watcher, read=read_case)
    held = [(case.name, grey_levels(case.image()), case.mask().voxels) for case in cohort.subset(inner.test)]
    setup: Setup = {
        "config": to_json(config),
        "seed": seed,
        "data": data_hash(bank_cases, held),
        "spacing_mm": median_spacing_mm(cohort.subset(inner.train)),
        "how": how_computed(where, config),
    }
    going_on = begin_folder(folder, config, split, setup)
    if going_on and is_done(folder):
        watcher.say(f"{folder} is done already")
        return True

    torch.manual_seed(seed)
    model = MultiTaskUNet(config.network).to(where)
    bank = SliceBank(bank_cases, offsets=config.prepare.offsets, device=where)
    trainer = Trainer(
        model,
        bank,
        config=config.training,
        augmentation=config.augmentation,
        seed=seed,
        folder=folder,
        validate=lambda network: validate(network, held, config),
        header={"config": to_json(config), "seed": seed},
        report=watcher.step,
    )
    if going_on and (folder / "last.safetensors").is_file():
        trainer.resume()
        watcher.say(f"going on from epoch {trainer.epoch}, step {trainer.step_in_epoch}")
        tell_of_other_sums(folder, setup["how"], watcher)
    plan, replan = make_plan(trainer, config, folder, started, watcher)
    on_trainer(trainer)
    watcher.say(
        f"{len(bank)} cases to train on, {len(held)} to pick the best checkpoint, "
        f"{len(split.test)} held out; {plan.epochs} epochs on {where} in {trainer.precision}, "
        f"{training_tflop(config, cases=len(bank), plan=plan, seed=seed):.3g} TFLOP of work"
    )

    def replan_and_log(running: Trainer, before: Plan) -> Plan:
        write_logs(folder, running.history, running.validations)
        return replan(running, before) if replan else before

    try:
        done = trainer.run(plan, replan=replan_and_log)
    finally:
        write_logs(folder, trainer.history, trainer.validations)
    ended = plan if config.minutes is None else saved_plan(folder / "plan.json")
    record = {
        **setup,
        **provenance(where),
        "done": done,
        "precision": trainer.precision,
        "seconds": round(trainer.seconds, 3),
        "epochs": trainer.epoch,
        "tflop": float(f"{training_tflop(config, cases=len(bank), plan=ended, seed=seed):.6g}"),
        "best_validation_dice": trainer.best,
        "trained_on": list(inner.train),
        "validated_on": list(inner.test),
    }
    write_json(folder / "run.json", record)
    return done


def validate(
    model: MultiTaskUNet, held: Sequence[tuple[str, np.ndarray, np.ndarray]], config: RunConfig
) -> dict[str, Any]:
    """3D Dice of the cleaned mask on whole, un-augmented volumes.

    Args: held: (name, grey levels uint8 (z, y, x), truth bool (z, y, x)).
    Returns: "score", the mean over cases with a defined Dice, and "dice" by case.
    """
    once = replace(config.prediction, zooms=(1.0,))  # enough to tell checkpoints apart, and training waits
    scores = {}
    for name, grey, truth in held:
        prediction = predict_volume(model, grey, prepare=config.prepare, config=once)
        scores[name] = dice(
            truth, postprocess(probabilities_to_mask(prediction.atrium), config.postprocessing)
        )
    defined = [score for score in scores.values() if score == score]  # both masks empty: nan
    return {"score": float(np.mean(defined)) if defined else 0.0, "dice": scores}


def begin_folder(folder: Path, config: RunConfig, split: Split, setup: Setup) -> bool:
    """Write the run's settings, or check that the run already there has the same.

    Returns: True if there was a run of the same settings.
    Raises: InputError if it was another, or files lie there under a run's names that are no run's.
    """
    if (folder / "bag.json").is_file():
        raise InputError(f"{folder} holds a bag, not a run; name another folder")
    if not (folder / "setup.json").is_file():
        names = set(FILES)
        if _begun_before(folder, config, split):
            names -= {"config.json", "split.json"}
        refuse_foreign((folder / name for name in sorted(names)), notes="setup.json")
        write_json(folder / "config.json", to_json(config))
        split.save(folder / "split.json")
        write_json(folder / "setup.json", setup)  # last: a folder without it is begun anew
        return False
    before, settings = saved_setup(folder)
    refuse_foreign_logs(folder)
    other = []
    if settings != config:
        other.append(f"settings ({told_apart(settings, config)})")
    if before["seed"] != setup["seed"]:
        other.append(f"seed {before['seed']}")
    if before["data"] != setup["data"]:
        other.append("data")
    if Split.load(folder / "split.json") != split:
        other.append("split")
    if other:
        raise InputError(
            f"{folder} holds a run with other {', '.join(other)}; name another folder, or repeat the command "
            f"it was started with to go on with it, in the version of the course of then if a profile changed"
        )
    return True


def _begun_before(folder: Path, config: RunConfig, split: Split) -> bool:
    """Whether a killed call of the same settings left the first two files of a run, or the first."""
    try:
        if Split.load(folder / "split.json") != split:
            return False
    except InputError:
        if (folder / "split.json").exists():
            return False
    try:
        return json.loads((folder / "config.json").read_text(encoding="utf-8")) == to_json(config)
    except (OSError, ValueError, RecursionError):
        return False


def how_computed(device: torch.device, config: RunConfig) -> dict[str, Any]:
    """What decides about the last bits of a run's sums, and so about its weights, beside its settings."""
    return {
        "threads": torch.get_num_threads(),
        "device": device_name(device),
        "precision": choose_precision(config.training.precision, device),
        "torch": torch.__version__,
    }


def tell_of_other_sums(folder: Path, now: dict[str, Any], watcher: Watcher) -> None:
    """Say so where a run goes on in another way of computing than it was begun in: not bit for bit."""
    before = saved_setup(folder)[0].get("how", {})
    other = [
        f"{name} {before[name]}, now {now[name]}" for name in now if before.get(name, now[name]) != now[name]
    ]
    if other:
        watcher.say(
            f"warning: this run was begun with {'; '.join(other)}. Sums are rounded in another way there, so "
            f"it will not end with the weights of a run left alone; for that, go on as it was begun"
        )


def saved_plan(path: Path) -> Plan:
    """The plan that a run follows. Raises: InputError, naming the file, if it is damaged."""
    knots = read_json(path, Knots, way_out=RESTORE)["knots"]
    rising = all(one[0] < next_[0] and one[1] < next_[1] for one, next_ in pairwise(knots))
    if len(knots) < 2 or knots[0] != (0, 0.0) or knots[-1][1] != 1.0 or not rising:
        raise InputError(f"{path} is damaged: knots must rise from (0, 0) to (epochs, 1); {RESTORE}")
    return Plan(knots=tuple(knots))


def make_plan(
    trainer: Trainer, config: RunConfig, folder: Path, started: float, watcher: Watcher
) -> tuple[Plan, Callable[[Trainer, Plan], Plan] | None]:
    """A plan of `config.epochs`, or as many as fit into `config.minutes`; the saved plan if there is one."""
    path = folder / "plan.json"
    if config.minutes is None:
        return Plan.straight(config.epochs), None
    costs = measure_steps(trainer)
    began = time.monotonic()
    trainer.validate(trainer.model)
    validation_seconds = time.monotonic() - began
    budget = Budget(seconds=config.minutes * 60 - (time.monotonic() - started), seconds_of_crop=costs)
    if path.exists():
        plan = saved_plan(path)
    else:
        plan = budget.first_plan(trainer, validation_seconds=validation_seconds)
        write_json(path, {"knots": plan.knots})
    for crop, seconds in costs.items():
        watcher.say(f"crop {crop}: {1 / seconds:.1f} slices a second")

    def replan(running: Trainer, before: Plan) -> Plan:
        if any(epoch == running.epoch for epoch, _ in before.knots[1:-1]):
            return before  # this bend was planned before the run was stopped: follow it
        after = budget.replan(running, before)
        write_json(path, {"knots": after.knots})
        return after

    return plan, replan
