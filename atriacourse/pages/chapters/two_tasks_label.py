"""How loud the label is in the trunk, and what a linear head can read there: the experiments of chapter 6.

Beside two_tasks_pyramid.py; after training/ and bench/network_inputs.py.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure
from scipy import stats
from torch import Tensor

from atriacourse.augment.batch import Batch
from atriacourse.data.case import Case
from atriacourse.errors import InputError
from atriacourse.network.unet import MultiTaskUNet
from atriacourse.pages.bench.network_inputs import network_input
from atriacourse.pages.pictures.style import BLUE, ORANGE, STYLE, closed
from atriacourse.runs.config import RunConfig
from atriacourse.training.loop import Trainer
from atriacourse.training.losses import LossConfig, total_loss


def pulls(trainer: Trainer, batch: Batch, *, seed: int) -> tuple[Tensor, Tensor]:
    """The gradients of mask and label loss in the part of the encoder that both share, by the paper's loss.

    Args: seed: of what dropout drops.
    """
    network = trainer.model.train()
    torch.manual_seed(seed)
    loss = total_loss(network(batch.images), batch.masks, batch.labels, LossConfig())
    shared = list(network.encoder[: network.config.label_stage + 1].parameters())
    mask, label = (
        torch.cat([part.flatten() for part in torch.autograd.grad(one, shared, retain_graph=True)])
        for one in (loss.mask, loss.label)
    )
    return mask, label


def pyramid_vectors(network: MultiTaskUNet, case: Case, config: RunConfig, *, every: int) -> Tensor:
    """What the label head is given of a scan: a row for each slice taken, every so many."""
    image, caught = case.image(), []
    shown, _ = network_input(image, range(0, image.shape[0], every), config)
    head = network.label_head
    if head is None:
        raise InputError("the network has no label head; train one with network.label_head=true")
    hook = head[0].register_forward_hook(lambda layer, inputs, output: caught.append(output))
    with torch.inference_mode():
        for part in shown.split(8):
            network(part)
    hook.remove()
    return torch.cat(caught)


def area_under_curve(scores: np.ndarray, truth: np.ndarray) -> float:
    """AUC: the share of pairs, one of either kind, that the scores put in the right order."""
    after, before = scores[truth == 1], scores[truth == 0]
    return float(stats.mannwhitneyu(after, before).statistic / (len(after) * len(before)))


def draw_chance(random: np.ndarray, true: float) -> Figure:
    """A histogram of the AUC under random labellings, with a line for the true one."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(6.5, 2.6), layout="constrained")
        axes.hist(random, bins=np.linspace(0, 1, 21).tolist(), color="#BBBBBB")
        axes.axvline(true, color=BLUE, label="true labels")
        axes.set(xlabel="AUC, held-out patients", ylabel="random labellings")
        axes.legend()
        return closed(figure)


def draw_answers(answers: Mapping[str, Sequence[float]], *, every: int) -> Figure:
    """What a head says of the slices of some patients, by slice number. Answers: name -> one a slice."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(6.5, 2.6), layout="constrained")
        for (name, curve), look in zip(answers.items(), ((ORANGE, "-"), (BLUE, "--")), strict=False):
            axes.plot(every * np.arange(len(curve)), curve, look[1], color=look[0], label=name)
        axes.axhline(0.5, color="#777777", linestyle=(0, (2, 4)))
        axes.set(xlabel="slice, from feet to head", ylabel="answer of the head")
        axes.legend()
        return closed(figure)
