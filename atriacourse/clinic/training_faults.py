"""Faults of network, loss and training loop.

Beside data_faults.py and result_faults.py; faults.py lists them all.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import nn

from atriacourse.augment.batch import Batch
from atriacourse.clinic import probes
from atriacourse.clinic.fault import Fault, Reference
from atriacourse.clinic.pipeline import LossFunction, Pipeline
from atriacourse.network.unet import MultiTaskOutput, MultiTaskUNet
from atriacourse.training.curriculum import Step
from atriacourse.training.losses import Loss, total_loss


def decoder_in_a_list(sound: Pipeline) -> Callable[[], MultiTaskUNet]:
    """The decoder's blocks are kept in a Python list, which torch does not look into."""

    def network() -> MultiTaskUNet:
        model = sound.network()
        blocks = list(model.decoder)
        del model.decoder
        vars(model)["decoder"] = blocks
        return model

    return network


def double_softmax(sound: Pipeline) -> LossFunction:
    """The network's output goes through a softmax before a loss that has one of its own."""

    def loss(output: MultiTaskOutput, masks: torch.Tensor, labels: torch.Tensor) -> Loss:
        squashed = output._replace(mask_logits=torch.softmax(output.mask_logits, dim=1))
        return sound.loss(squashed, masks, labels)

    return loss


def sigmoid_before_softmax(sound: Pipeline) -> LossFunction:
    """The label's logits go through a sigmoid before the softmax cross-entropy, as in the authors' code."""
    return partial(total_loss, config=replace(sound.settings.loss, label="softmax_of_sigmoid"))


def gradient_not_zeroed(
    sound: Pipeline,
) -> Callable[[nn.Module, torch.optim.Optimizer, Batch, LossFunction, float], float]:
    """The gradients of all steps before are still there."""

    def train_step(
        model: nn.Module, optimiser: torch.optim.Optimizer, batch: Batch, loss: LossFunction, rate: float
    ) -> float:
        for group in optimiser.param_groups:
            group["lr"] = rate
        model.train()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            value = loss(model(batch.images), batch.masks, batch.labels).total
        value.backward()
        optimiser.step()
        return float(value.detach())

    return train_step


def schedule_six_times(sound: Pipeline) -> Callable[[int], float]:
    """The schedule moves on with every pass, and an epoch has six of them."""
    return lambda epoch: sound.rate(6 * epoch)


def same_epoch_again(sound: Pipeline) -> Callable[[Sequence[int], int], list[Step]]:
    """Every epoch starts from the same random state, so it draws the same slices and the same changes."""
    return lambda depths, epoch: sound.steps(depths, 0)


def chosen_on_test(sound: Pipeline) -> Callable[[Sequence[float], Sequence[float]], int]:
    """The epoch that is kept is the one that is best on the test cases."""
    return lambda validation, test: int(np.argmax(test))


TRAINING_FAULTS = (
    Fault(
        name="decoder_in_a_list",
        part="network",
        stage="network",
        broken=decoder_in_a_list,
        probe=probes.parameters_missing,
        symptom="It trains, only not as well as hoped. A saved and loaded network predicts noise.",
        story="What lies in a plain list is not registered: the optimiser does not see it, `eval()` does not "
        "reach it, a checkpoint does not hold it.",
        seen=(
            Reference(
                text="PyTorch, issue 59925: module registration permits silent programming errors",
                url="https://github.com/pytorch/pytorch/issues/59925",
            ),
            Reference(
                text="texar-pytorch, issue 72: a layer's variables were missing from training",
                url="https://github.com/asyml/texar-pytorch/issues/72",
            ),
        ),
    ),
    Fault(
        name="double_softmax",
        part="training",
        stage="loss",
        broken=double_softmax,
        probe=probes.mask_loss_floor,
        symptom="The loss flattens out far above zero and looks converged; in a short run masks stay empty.",
        story="A softmax stands at the end of the network, and the loss function brings another. Two numbers "
        "between 0 and 1 cannot differ by more than 1, so no pixel is ever sure.",
        seen=(
            Reference(
                text="NVIDIA DeepLearningExamples, issue 468: softmax into a loss for logits, in a U-Net",
                url="https://github.com/NVIDIA/DeepLearningExamples/issues/468",
            ),
            Reference(
                text="SciCo, issue 2: a double softmax that bounds the loss from below",
                url="https://github.com/ariecattan/SciCo/issues/2",
            ),
        ),
    ),
    Fault(
        name="sigmoid_before_softmax",
        part="training",
        stage="loss",
        broken=sigmoid_before_softmax,
        probe=probes.label_loss_floor,
        symptom="The label's loss never falls below 0.3133; the total loss looks all right.",
        story='"Sigmoid cross-entropy" is read as a cross-entropy of sigmoids.',
        seen=(
            Reference(
                text="The authors' code of our paper (our differences page, Label loss)",
                url="https://github.com/cherise215/atria_segmentation_2018",
            ),
        ),
    ),
    Fault(
        name="gradient_not_zeroed",
        part="training",
        stage="train_step",
        broken=gradient_not_zeroed,
        probe=probes.gradient_grows,
        symptom="The loss falls, then swings; a lower learning rate seems to help.",
        story="`backward()` adds to the gradients that are there. Without `zero_grad()` every step repeats "
        "all the steps before it: a momentum of one.",
        seen=(
            Reference(
                text="PyTorch, issue 47175: a request to be warned of it",
                url="https://github.com/pytorch/pytorch/issues/47175",
            ),
            Reference(
                text="WeKws, pull request 73: a training loop without zero_grad",
                url="https://github.com/wenet-e2e/wekws/pull/73",
            ),
        ),
    ),
    Fault(
        name="schedule_six_times",
        part="training",
        stage="rate",
        broken=schedule_six_times,
        probe=probes.rate_astray,
        symptom="Training stalls early and looks converged.",
        story="`scheduler.step()` stands one loop too deep.",
        seen=(
            Reference(
                text="The authors' code after a commit of 2022 (our differences page, Optimiser)",
                url="https://github.com/cherise215/atria_segmentation_2018",
            ),
            Reference(
                text="ivadomed, pull request 55: the scheduler was stepped in the batch loop",
                url="https://github.com/ivadomed/ivadomed/pull/55",
            ),
        ),
    ),
    Fault(
        name="same_epoch_again",
        part="training",
        stage="steps",
        broken=same_epoch_again,
        probe=probes.epochs_alike,
        symptom="The training loss falls nicely, and further than it should.",
        story="The random state is set at the start of each epoch, or copied into each worker of the data "
        "loader. Augmentation then shows the same few pictures over and over.",
        seen=(
            Reference(
                text="PyTorch, issue 5059: np.random gives every worker the same numbers",
                url="https://github.com/pytorch/pytorch/issues/5059",
            ),
            Reference(
                text="MONAI, issue 1068: random transforms that repeat",
                url="https://github.com/Project-MONAI/MONAI/issues/1068",
            ),
        ),
    ),
    Fault(
        name="chosen_on_test",
        part="training",
        stage="choose_epoch",
        broken=chosen_on_test,
        probe=probes.held_out_cases_choose,
        symptom="The test result is the best of the whole curve, every time.",
        story="The loop has one evaluation function and one held-out set; the best epoch on it is kept, and "
        "reported.",
        seen=(
            Reference(
                text="deep-person-reid, issue 13: no validation set, the best model is the best on the test",
                url="https://github.com/KaiyangZhou/deep-person-reid/issues/13",
            ),
            Reference(
                text="ShapeFormer, issue 2: the epoch is selected on the test set",
                url="https://github.com/xuanmay2701/shapeformer/issues/2",
            ),
        ),
    ),
)
