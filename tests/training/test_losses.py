"""The losses by hand, their limits, and labels nobody knows."""

import math

import pytest
import torch

from atriacourse.errors import InputError
from atriacourse.network.unet import MultiTaskOutput
from atriacourse.training.losses import (
    LABEL_LOSSES,
    MASK_LOSSES,
    LossConfig,
    label_loss,
    mask_loss,
    total_loss,
)


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


# one slice of two pixels with logits (background, atrium) = (0, 1) and (2, 0); the first is atrium
LOGITS = torch.tensor([[0.0, 2.0], [1.0, 0.0]]).view(1, 2, 1, 2)
MASKS = torch.tensor([1, 0]).view(1, 1, 2)
# -log p of the right class: log(1 + exp(-1)) = 0.3133 and log(1 + exp(-2)) = 0.1269; their mean
CROSS_ENTROPY = (math.log1p(math.exp(-1)) + math.log1p(math.exp(-2))) / 2


def test_mask_loss_by_hand():
    assert mask_loss(LOGITS, MASKS).item() == pytest.approx(CROSS_ENTROPY)


def test_soft_dice_by_hand():
    # atrium probabilities sigmoid(1) and sigmoid(-2); soft Dice (2 p1 + 1) / (p1 + p2 + 1 + 1)
    p1, p2 = sigmoid(1), sigmoid(-2)
    expected = CROSS_ENTROPY + 1 - (2 * p1 + 1) / (p1 + p2 + 2)
    assert mask_loss(LOGITS, MASKS, kind="cross_entropy_dice").item() == pytest.approx(expected)


@pytest.mark.parametrize("kind", MASK_LOSSES)
@pytest.mark.parametrize("atrium", [0, 1])
def test_a_perfect_mask_costs_nothing_even_an_empty_one(kind, atrium):
    masks = torch.full((2, 4, 4), atrium)
    sure = 50 * torch.nn.functional.one_hot(masks, 2).permute(0, 3, 1, 2).float()
    assert mask_loss(sure, masks, kind=kind).item() == pytest.approx(0, abs=1e-6)


# one slice, logits (pre, post) = (1, -1), which is "pre"
BY_HAND = {
    # two yes/no questions, the second answered "no": log(1 + e**-1) each; the mean is 0.3133
    "sigmoid_bce": math.log1p(math.exp(-1)),
    # softmax: log(1 + e**-2) = 0.1269
    "softmax": math.log1p(math.exp(-2)),
    # sigmoids 0.7311 and 0.2689, softmax of those: log(1 + e**-(0.7311 - 0.2689)) = 0.4885
    "softmax_of_sigmoid": math.log1p(math.exp(-(sigmoid(1) - sigmoid(-1)))),
}


@pytest.mark.parametrize("kind", LABEL_LOSSES)
def test_label_losses_by_hand(kind):
    logits = torch.tensor([[1.0, -1.0]])
    assert label_loss(logits, torch.tensor([0]), kind=kind).item() == pytest.approx(BY_HAND[kind])
    # the same logits turned round for the other label
    assert label_loss(logits.flip(1), torch.tensor([1]), kind=kind).item() == pytest.approx(BY_HAND[kind])


def test_the_authors_loss_cannot_fall_below_0_3133():
    floor = math.log1p(math.exp(-1))
    assert floor == pytest.approx(0.3133, abs=5e-5)
    for sureness in (1, 10, 100, 1e6):
        logits, labels = sureness * torch.tensor([[1.0, -1.0], [-1.0, 1.0]]), torch.tensor([0, 1])
        assert label_loss(logits, labels, kind="softmax_of_sigmoid").item() >= floor - 1e-6
    assert label_loss(logits, labels, kind="softmax_of_sigmoid").item() == pytest.approx(floor)
    # so that no class is given more than exp(-0.3133) = 0.731; the other two readings go to 0
    assert math.exp(-floor) == pytest.approx(0.731, abs=5e-4)
    for kind in ("sigmoid_bce", "softmax"):
        assert label_loss(logits, labels, kind=kind).item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("kind", LABEL_LOSSES)
def test_slices_of_unknown_label_are_left_out(kind):
    logits = torch.tensor([[1.0, -1.0], [40.0, -3.0], [0.5, 0.2]], requires_grad=True)
    loss = label_loss(logits, torch.tensor([0, -1, 1]), kind=kind)
    assert loss.item() == pytest.approx(label_loss(logits[[0, 2]], torch.tensor([0, 1]), kind=kind).item())
    loss.backward()
    assert logits.grad[1].tolist() == [0, 0]
    assert logits.grad[[0, 2]].ne(0).all()


@pytest.mark.parametrize("kind", LABEL_LOSSES)
def test_no_known_label_costs_nothing_and_can_be_differentiated(kind):
    logits = torch.randn(3, 2, requires_grad=True)
    loss = label_loss(logits, torch.tensor([-1, -1, -1]), kind=kind)
    assert loss.item() == 0
    loss.backward()
    assert not logits.grad.any()


@pytest.mark.parametrize("weight", [0.0, 1.0, 2.5])
def test_lambda_weighs_the_label(weight):
    output = MultiTaskOutput(LOGITS, torch.tensor([[1.0, -1.0]]))
    loss = total_loss(output, MASKS, torch.tensor([0]), LossConfig(label="softmax", label_weight=weight))
    assert loss.mask.item() == pytest.approx(CROSS_ENTROPY)
    assert loss.label.item() == pytest.approx(BY_HAND["softmax"])
    assert loss.total.item() == pytest.approx(CROSS_ENTROPY + weight * BY_HAND["softmax"])


def test_the_paper_has_lambda_1_and_pixel_cross_entropy():
    output = MultiTaskOutput(LOGITS, torch.tensor([[1.0, -1.0]]))
    loss = total_loss(output, MASKS, torch.tensor([0]), LossConfig())
    assert loss.total.item() == pytest.approx(CROSS_ENTROPY + BY_HAND["sigmoid_bce"])


def test_a_single_task_network_has_the_mask_loss_alone():
    config = LossConfig(mask="cross_entropy_dice")
    loss = total_loss(MultiTaskOutput(LOGITS, None), MASKS, torch.tensor([0]), config)
    assert loss.label.item() == 0
    assert loss.total.item() == mask_loss(LOGITS, MASKS, kind="cross_entropy_dice").item()


def test_losses_are_computed_in_float32():
    output = MultiTaskOutput(LOGITS.bfloat16(), torch.tensor([[1.0, -1.0]]).bfloat16())
    loss = total_loss(output, MASKS, torch.tensor([0]), LossConfig())
    assert {part.dtype for part in loss} == {torch.float32}
    assert loss.total.item() == pytest.approx(CROSS_ENTROPY + BY_HAND["sigmoid_bce"])


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"mask": "dice"}, "mask loss must be one of cross_entropy, cross_entropy_dice, got 'dice'"),
        ({"label": "bce"}, "label loss must be one of sigmoid_bce, softmax, softmax_of_sigmoid, got 'bce'"),
        ({"label_weight": -1.0}, "label_weight must be a number from 0 .*lambda.*, got -1.0"),
        ({"label_weight": math.nan}, "got nan"),
    ],
)
def test_bad_settings_are_refused(settings_, message):
    with pytest.raises(InputError, match=message):
        LossConfig(**settings_)
