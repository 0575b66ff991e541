"""`describe`: the numbers of the paper's network, and the settings as `--set` takes them."""

import json
import re

import pytest

from atriacourse.network.unet import MultiTaskUNet
from atriacourse.runs.config import override, to_json
from atriacourse.runs.describe import activation_bytes, describe_config, forward_flops, parameters
from atriacourse.runs.profiles import PROFILES, profile


@pytest.mark.slow
@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_describes_itself(name):
    config = profile(name)
    text = describe_config(config)
    assert text.startswith(f"profile {name}: ")
    curriculum = config.training.curriculum
    for crop, batch in zip(curriculum.sizes, curriculum.batch_sizes, strict=True):
        assert re.search(rf"^ *{crop} +{batch} +[\d.]+ +[\d.]+$", text, re.MULTILINE)
    settings = [line.strip() for line in text.splitlines() if "=" in line and line.startswith("  ")]
    assert override(profile("smoke"), settings) == config  # every line works with --set as it stands


@pytest.mark.slow
def test_the_papers_network_has_its_known_size_and_cost():
    config = profile("paper")
    text = describe_config(config)
    assert "parameters: 46,432,068 (25,196,866 without the label head)" in text
    assert parameters(MultiTaskUNet(config.network)) == 46_432_068
    # 66 GFLOP a slice at 256 and 412 at 640, multiply and add counted as two
    assert forward_flops(config, 256) / 1e9 == pytest.approx(66, abs=1)
    assert forward_flops(config, 640) / 1e9 == pytest.approx(412, abs=4)
    # SGD with momentum: weight, gradient, velocity, 4 bytes each: 46.432 M * 12 = 0.557 GB
    assert "weights, gradients and optimiser: 0.56 GB" in text


def test_flops_of_convolutions_by_hand():
    config = override(
        profile("paper"),
        ["network.encoder=[2, 3]", "network.decoder=[2]", "network.label_head=false"],
    )
    # at 32 x 32: 3x3 convolutions 1->2, 2->2 there, 2->3, 3->3 at 16 x 16, 5->2, 2->2 and 1x1 2->2 back there
    full = 2 * 32 * 32 * (9 * (1 * 2 + 2 * 2 + 5 * 2 + 2 * 2) + 2 * 2)
    half = 2 * 16 * 16 * 9 * (2 * 3 + 3 * 3)
    assert forward_flops(config, 32) == full + half


def test_activations_grow_with_the_batch_and_the_area():
    config = profile("smoke")
    one = activation_bytes(config, 64, 1)
    assert activation_bytes(config, 64, 4) == 4 * one
    assert 3.5 * one < activation_bytes(config, 128, 1) < 4.5 * one


def test_a_length_in_minutes_or_in_epochs():
    assert "15 minutes" in describe_config(profile("laptop")).splitlines()[0]
    epochs = describe_config(override(profile("laptop"), ["minutes=null", "epochs=12"]))
    assert "12 epochs" in epochs.splitlines()[0]
    assert json.dumps(to_json(profile("laptop"))["training"]["curriculum"]["sizes"]) in epochs
