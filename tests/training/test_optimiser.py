"""Muon against the singular value decomposition, and its other half against torch's own AdamW."""

import copy

import pytest
import torch
from torch import nn

from atriacourse.training.optimiser import OF_ITS_LENGTH, make_optimiser, orthogonalised
from atriacourse.training.training_config import TrainingConfig

RATE = 1e-3
MUON = TrainingConfig(optimiser="muon", learning_rate=RATE, weight_decay=0.1)


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("shape", [(6, 6), (8, 63), (40, 9)])
def test_orthogonalised_keeps_the_singular_vectors_and_brings_the_values_near_one(shape):
    matrix = random(*shape)
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    assert values.max() / values.min() > 1.5  # there is something to do
    seen = left.T @ orthogonalised(matrix) @ right.T  # diagonal, if the vectors are the same
    torch.testing.assert_close(seen, torch.diag(seen.diagonal()), rtol=0, atol=1e-4)
    assert seen.diagonal().min() > 0.6 and seen.diagonal().max() < 1.3


def test_it_is_the_iteration_written_out():
    matrix = random(24, 216)
    wide = (matrix / matrix.norm()).double()
    for _ in range(5):
        gram = wide @ wide.T
        wide = 3.4445 * wide + (-4.7750 * gram + 2.0315 * gram @ gram) @ wide
    torch.testing.assert_close(orthogonalised(matrix), wide.float(), rtol=0, atol=1e-4)


def test_orthogonalised_by_hand():
    # (3, 4) over its norm is (0.6, 0.8): the one singular value is 1, and five times
    # s -> 3.4445 s - 4.775 s**3 + 2.0315 s**5 is 0.701, 1.1201, 0.7273, 1.0803, 0.7011
    expected = torch.tensor([[0.6, 0.8]])
    value = 1.0
    for _ in range(5):
        value = 3.4445 * value - 4.775 * value**3 + 2.0315 * value**5
    torch.testing.assert_close(orthogonalised(torch.tensor([[3.0, 4.0]])), value * expected)
    assert value == pytest.approx(0.70, abs=0.02)


def small_model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 2, 1))


def at_length(weight, length):
    return weight.detach() * (length / weight.detach().norm())


def with_gradients(model, seed):
    for number, weight in enumerate(model.parameters()):
        weight.grad = random(*weight.shape, seed=100 * seed + number)


def test_a_convolution_moves_by_a_part_of_its_length_whatever_the_gradients_size():
    model, larger = small_model(), small_model()
    for one, factor in ((model, 1.0), (larger, 1000.0)):
        optimiser = make_optimiser(one, MUON)
        with_gradients(one, seed=1)
        one[0].weight.grad *= factor
        before = at_length(one[0].weight, 2)  # sqrt(4 outputs) = 2
        optimiser.step()
        moved = one[0].weight.detach() - before
        assert float(moved.norm()) == pytest.approx(2 * OF_ITS_LENGTH * RATE, rel=1e-4)
    torch.testing.assert_close(model[0].weight.detach(), larger[0].weight.detach(), rtol=0, atol=1e-5)


def test_the_first_step_of_a_convolution_is_along_the_orthogonalised_gradient():
    model = small_model()
    optimiser = make_optimiser(model, MUON)
    with_gradients(model, seed=1)
    gradient = model[0].weight.grad.flatten(1)
    before = at_length(model[0].weight, 2)
    optimiser.step()
    left, _, right = torch.linalg.svd(gradient, full_matrices=False)
    moved = (before - model[0].weight.detach()).flatten(1)
    cosine = float((moved * (left @ right)).sum() / moved.norm() / (left @ right).norm())
    assert cosine > 0.97  # the singular values are 0.7 to 1.2 and not 1


def test_all_other_weights_take_the_steps_of_adamw():
    model = small_model()
    twin = copy.deepcopy(model)
    others = [weight for weight in twin.parameters() if weight.shape[-2:] != (3, 3)]
    mine = make_optimiser(model, MUON)
    theirs = torch.optim.AdamW(others, RATE, weight_decay=0.1)
    for seed in range(4):
        with_gradients(model, seed)
        with_gradients(twin, seed)
        mine.step()
        theirs.step()
    for weight, other in zip(model.parameters(), twin.parameters(), strict=True):
        if weight.shape[-2:] != (3, 3):
            torch.testing.assert_close(weight.detach(), other.detach(), rtol=1e-5, atol=1e-7)


def test_a_weight_without_a_gradient_stays_and_is_not_remembered():
    model = small_model()
    optimiser = make_optimiser(model, MUON)
    before = [weight.detach().clone() for weight in model.parameters()]
    optimiser.step()
    assert all(torch.equal(was, now) for was, now in zip(before, model.parameters(), strict=True))
    assert not optimiser.state_dict()["state"]


def test_a_gradient_of_zero_moves_nothing_but_the_length():
    model = small_model()
    optimiser = make_optimiser(model, MUON)
    model[0].weight.grad = torch.zeros_like(model[0].weight)
    before = at_length(model[0].weight, 2)
    optimiser.step()
    torch.testing.assert_close(model[0].weight.detach(), before)
