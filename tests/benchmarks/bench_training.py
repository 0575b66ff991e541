"""The training step: what feeding it costs, what bf16 with channels-last gains, and whether its rate holds.

    python tests/benchmarks/bench_training.py [--minutes 5]

On a GPU the network has the paper's size, on a CPU a quarter of its widths. `--minutes` adds the long form
of the last question: a real run, its last tenth against its first. The short form makes the numbers small
at once: the loss is multiplied by 1e-15, so that the squared gradients that AdamW keeps are subnormal, as
parts of them become by themselves within minutes. How much subnormals cost depends on the CPU.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from measure import Row, ratio, row, show

from atriacourse.augment.batch import AugmentConfig
from atriacourse.data.bank import BankCase, SliceBank
from atriacourse.network.unet import MultiTaskUNet, NetworkConfig, deep_unet
from atriacourse.training.curriculum import CurriculumConfig, epoch_steps
from atriacourse.training.device import autocast, choose_device, choose_precision
from atriacourse.training.loop import Trainer, TrainingConfig
from atriacourse.training.losses import LossConfig, total_loss
from atriacourse.training.optimiser import make_optimiser
from atriacourse.training.schedule import Plan

CROP, BATCH, STEPS, ROUNDS = 256, 8, 8, 5


def make_bank(device: torch.device) -> SliceBank:
    """Four cases of 24 noisy slices with a bright disc to find, the size of the mirror's."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:200, :140]
    disc = np.broadcast_to((y - 100) ** 2 + (x - 70) ** 2 < 30**2, (24, 200, 140))
    cases = []
    for number in range(4):
        grey = np.clip(60 + 90 * disc + 25 * rng.normal(size=disc.shape), 0, 255).astype(np.uint8)
        mask = 255 * disc.astype(np.uint8)
        cases.append(BankCase(name=f"case{number}", grey=grey, mask=mask, post_ablation=number % 2 == 0))
    return SliceBank(cases, device=device)


def network(device: torch.device) -> NetworkConfig:
    return deep_unet() if device.type == "cuda" else deep_unet().narrowed(4)


class Stopwatch:
    """A report callback that notes when each step ended, and asks to stop when its time is up."""

    def __init__(self, seconds: float = float("inf")) -> None:
        self.ends: list[float] = []
        self.deadline = time.perf_counter() + seconds
        self.trainer: Trainer | None = None

    def __call__(self, report) -> None:
        self.ends.append(time.perf_counter())
        if self.trainer is not None and self.ends[-1] > self.deadline:
            self.trainer.stop_requested = True


def make_trainer(folder: str, watch: Stopwatch, **settings) -> Trainer:
    """A trainer whose epochs are STEPS batches of BATCH slices."""
    device = choose_device()
    torch.manual_seed(0)
    slices = BATCH * STEPS // 4
    curriculum = CurriculumConfig(sizes=(CROP,), batch_sizes=(BATCH,), passes=1, slices_per_case=slices)
    trainer = Trainer(
        MultiTaskUNet(network(device)).to(device),
        make_bank(device),
        config=TrainingConfig(curriculum=curriculum, save_seconds=1e9, validations=1, **settings),
        augmentation=AugmentConfig(),
        seed=0,
        folder=Path(folder),
        validate=lambda model: {"score": 0.0},
        report=watch,
    )
    watch.trainer = trainer
    return trainer


def steps_of(trainer: Trainer, epoch: int):
    return epoch_steps(
        trainer.config.curriculum, depths=trainer.bank.depths, progress=0.0, seed=trainer.seed, epoch=epoch
    )


def bare_rate(trainer: Trainer, batches: list) -> float:
    """Slices a second of forward, backward and update on tensors that are already there."""
    trainer.model.train()
    began = time.perf_counter()
    for batch in batches:
        loss = trainer.train_step(batch, rate=1e-3, seed=0)
        float(loss.total)  # waits for the device
    return BATCH * len(batches) / (time.perf_counter() - began)


def feeding() -> list[Row]:
    """The run as it is, gathering and augmenting included, against its network steps alone."""
    whole, bare = [], []
    with tempfile.TemporaryDirectory() as folder:
        watch = Stopwatch()
        trainer = make_trainer(folder, watch)
        for epoch in range(ROUNDS + 1):  # the first warms up
            watch.ends.clear()
            trainer.run(Plan.straight(epoch + 1))
            # all but the first and last step: each of these also makes one batch, its own or the next
            whole.append(BATCH * (STEPS - 2) / (watch.ends[-2] - watch.ends[0]))
            batches = [trainer.make_batch(step) for step in steps_of(trainer, epoch)]
            bare.append(bare_rate(trainer, batches[1:-1]))
        where = f"{trainer.bank.device.type}, {trainer.precision}, crop {CROP}, batch {BATCH}"
    return [
        row("training: whole step", float(np.median(whole[1:])), "slices/s", note=where),
        row(
            "training: bare network step", float(np.median(bare[1:])), "slices/s", note="on the same tensors"
        ),
        row("training: whole / bare", ratio(whole[1:], bare[1:]), "times", at_least=0.95),
    ]


def precision() -> list[Row]:
    """bf16 with channels-last against plain float32: the same network, the same batches, in turns."""
    name = "training: bf16 + channels-last / float32"
    if choose_precision("auto", choose_device()) != "bf16":
        return [row(name, None, "", note="this device has no fast bf16")]
    fast, plain = [], []
    with tempfile.TemporaryDirectory() as folder:
        quick = make_trainer(folder, Stopwatch(), precision="bf16", channels_last=True)
        eager = make_trainer(folder, Stopwatch(), precision="float32", channels_last=False)
        steps = steps_of(quick, 0)
        quick_batches = [quick.make_batch(step) for step in steps]
        eager_batches = [eager.make_batch(step) for step in steps]
        bare_rate(quick, quick_batches[:2])
        bare_rate(eager, eager_batches[:1])
        for _ in range(ROUNDS):
            fast.append(bare_rate(quick, quick_batches))
            plain.append(bare_rate(eager, eager_batches[:2]))
    return [
        row("training: bf16 + channels-last", float(np.median(fast)), "slices/s"),
        row("training: float32, eager", float(np.median(plain)), "slices/s"),
        row(name, ratio(fast, plain), "times", at_least=3),
    ]


def small_number_rates(*, flush: bool) -> dict[str, float]:
    """Slices a second with ordinary and with subnormal numbers in the optimiser.

    To be called first thing in a fresh process: torch sets the mode of the calling thread, and worker
    threads take it over only if they start later.
    """
    torch.set_flush_denormal(flush)
    device = torch.device("cpu")
    torch.manual_seed(0)
    model = MultiTaskUNet(network(device)).to(memory_format=torch.channels_last)
    images = torch.randn(4, 1, 64, 64).contiguous(
        memory_format=torch.channels_last
    )  # the optimiser dominates
    masks, labels = (images[:, 0] > 1).long(), torch.ones(4, dtype=torch.int64)
    found = {}
    for name, scale in (("ordinary", 1.0), ("subnormal", 1e-15)):
        spent = []
        optimiser = make_optimiser(model, TrainingConfig(optimiser="adamw"))
        for _ in range(20):
            began = time.perf_counter()
            with autocast(choose_precision("auto", device), device):
                output = model(images)
            loss = total_loss(output, masks, labels, LossConfig()).total * scale
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            spent.append(time.perf_counter() - began)
        found[name] = 4 / float(np.median(spent[1:]))
    return found


def in_fresh_process(call: str) -> dict[str, float]:
    """The result of `bench_training.<call>`, from a process of its own."""
    code = f"import json, bench_training as b; print(json.dumps(b.{call}))"
    folder = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def small_numbers() -> list[Row]:
    """Does a step slow down once there are subnormals, with and without flushing them to zero?"""
    flushed = in_fresh_process("small_number_rates(flush=True)")
    kept = in_fresh_process("small_number_rates(flush=False)")
    return [
        row(
            "training: subnormal / ordinary numbers, flushed",
            flushed["subnormal"] / flushed["ordinary"],
            "times",
            at_least=0.9,
            note="the rate holds",
        ),
        row(
            "training: subnormal / ordinary numbers, kept",
            kept["subnormal"] / kept["ordinary"],
            "times",
            note="what flushing spares us",
        ),
    ]


def drift(*, minutes: float) -> dict[str, float]:
    """Slices a second in the first and in the last tenth of a run of so many minutes."""
    with tempfile.TemporaryDirectory() as folder:
        watch = Stopwatch(60 * minutes)
        make_trainer(folder, watch, optimiser="adamw").run(Plan.straight(1_000_000))
    spent = np.diff(watch.ends)[1:]
    tenth = len(spent) // 10
    if tenth < 3:
        raise RuntimeError(f"{len(spent)} steps in {minutes:g} minutes are too few to compare tenths")
    return {
        "first": BATCH / float(np.median(spent[:tenth])),
        "last": BATCH / float(np.median(spent[-tenth:])),
    }


def run(*, minutes: float = 0) -> list[Row]:
    rows = feeding() + precision() + small_numbers()
    if minutes:
        rates = in_fresh_process(f"drift(minutes={minutes})")
        note = f"{rates['first']:.1f} slices/s at first, {rates['last']:.1f} in the end"
        name = f"training: last / first tenth of {minutes:g} minutes"
        rows.append(row(name, rates["last"] / rates["first"], "times", at_least=0.9, note=note))
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Time the training step.")
    parser.add_argument("--minutes", type=float, default=0, help="also train so long and watch the rate")
    print(show(run(minutes=parser.parse_args().minutes)))
