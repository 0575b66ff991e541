"""The slices shown to a network here are those that prediction shows it."""

import numpy as np
import pytest
import torch

from atriacourse.data.grid import Grid
from atriacourse.data.volume import Volume
from atriacourse.inference.predict import predict_volume
from atriacourse.network.unet import MultiTaskUNet
from atriacourse.pages.bench.network_inputs import network_input
from atriacourse.runs.config import override
from atriacourse.runs.profiles import smoke

GRID = Grid(
    shape=(5, 40, 70),
    spacing_mm=(1.0, 1.0, 1.0),
    spacing_source="caller",
    orientation="RAS",
    affine=tuple(map(tuple, np.eye(4))),
)


@pytest.mark.parametrize("pad_first", ["true", "false"])
def test_the_network_answers_as_in_prediction(rng, pad_first):
    config = override(
        smoke(),
        [
            "prepare.offsets=[-1, 0, 1]",
            "prepare.downsample=1",
            "prediction.precision=float32",
            f"prediction.pad_first={pad_first}",
        ],
    )
    torch.manual_seed(0)
    network = MultiTaskUNet(config.network).eval()
    grey = rng.integers(0, 256, size=(5, 40, 70)).astype(np.uint8)
    image = Volume(voxels=grey, grid=GRID)
    images, padding = network_input(image, [0, 3], config)
    assert images.shape == (2, 3, 64, 96)
    with torch.no_grad():
        atrium = torch.softmax(padding.undo(network(images).mask_logits), dim=1)[:, 1]
    whole = predict_volume(network, grey, prepare=config.prepare, config=config.prediction)
    np.testing.assert_allclose(atrium, whole.atrium[[0, 3]], atol=1e-5)
