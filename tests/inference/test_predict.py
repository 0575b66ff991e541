"""Whole-volume prediction against the same thing done slice by slice with plain numpy."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from atriacourse.augment.prepare import PrepareConfig
from atriacourse.errors import InputError
from atriacourse.inference.predict import PredictConfig, predict_volume, probabilities_to_mask
from atriacourse.network.unet import MultiTaskOutput, MultiTaskUNet, NetworkConfig

NETWORK = NetworkConfig(encoder=(4, 4, 4), decoder=(4, 4), hidden=3, grids=(2, 1), label_stage=2)
FLOAT32 = PredictConfig(precision="float32")


def make_model(**changes):
    torch.manual_seed(3)
    model = MultiTaskUNet(dataclasses.replace(NETWORK, **changes))
    for module in model.modules():  # as after training: large weights, running statistics neither 0 nor 1
        if isinstance(module, nn.Conv2d):
            module.weight.data *= 3
        elif isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.5, 0.5)
            module.running_var.uniform_(0.5, 2.0)
    return model


def make_grey(rng, shape):
    return rng.integers(0, 256, shape).astype(np.uint8)


def by_hand(model, grey, offsets=(0,), *, pad_first=False):
    """Slice by slice: neighbours, z-score and mirror padding by numpy, one image a batch."""
    multiple, (depth, height, width) = model.config.multiple, grey.shape
    down, across = -height % multiple, -width % multiple
    pad = ((0, 0), (down // 2, down - down // 2), (across // 2, across - across // 2))
    atrium, labels = np.empty(grey.shape), []
    model.eval()
    for z in range(depth):
        image = np.stack([grey[np.clip(z + offset, 0, depth - 1)] for offset in offsets]) / 255.0
        if pad_first:
            image = np.pad(image, pad, mode="reflect")
        image = (image - image.mean((1, 2), keepdims=True)) / image.std((1, 2), keepdims=True)
        if not pad_first:
            image = np.pad(image, pad, mode="reflect")
        with torch.no_grad():
            output = model(torch.from_numpy(image[None]).float())
        mask = torch.softmax(output.mask_logits, 1)[0, 1].numpy()
        atrium[z] = mask[pad[1][0] : pad[1][0] + height, pad[2][0] : pad[2][0] + width]
        if output.label_logits is not None:
            labels.append(torch.softmax(output.label_logits, 1)[0, 1].item())
    return atrium, np.mean(labels) if labels else None


@pytest.mark.parametrize("pad_first", [False, True])
@pytest.mark.parametrize("shape", [(3, 16, 20), (5, 17, 23), (1, 5, 8), (2, 31, 6)])
def test_it_equals_slice_by_slice_by_hand(rng, shape, pad_first):
    model, grey = make_model(), make_grey(rng, shape)
    atrium, post = by_hand(model, grey, pad_first=pad_first)
    config = PredictConfig(batch_size=2, pad_first=pad_first, precision="float32")
    result = predict_volume(model, grey, prepare=PrepareConfig(), config=config)
    assert result.atrium.shape == shape and result.atrium.dtype == np.float32
    np.testing.assert_allclose(result.atrium, atrium, atol=1e-4)
    assert result.post_ablation == pytest.approx(post, abs=1e-4)
    assert result.atrium.std() > 0.02  # the comparison is not of constants


@pytest.mark.parametrize("offsets", [(-1, 0, 1), (-6, -3, 0, 3, 6), (2,)])
def test_neighbouring_slices_repeat_the_edge_slice(rng, offsets):
    model, grey = make_model(inputs=len(offsets)), make_grey(rng, (5, 16, 16))
    atrium, _ = by_hand(model, grey, offsets)
    result = predict_volume(model, grey, prepare=PrepareConfig(offsets=offsets), config=FLOAT32)
    np.testing.assert_allclose(result.atrium, atrium, atol=1e-4)


@pytest.mark.parametrize("batch_size", [1, 2, 3, 7, 100])
def test_batch_size_does_not_matter(rng, batch_size):
    model, grey = make_model(), make_grey(rng, (7, 18, 13))
    told = []
    config = PredictConfig(batch_size=batch_size, precision="float32")
    result = predict_volume(
        model, grey, prepare=PrepareConfig(), config=config, progress=lambda *args: told.append(args)
    )
    one = predict_volume(
        model, grey, prepare=PrepareConfig(), config=PredictConfig(batch_size=1, precision="float32")
    )
    np.testing.assert_allclose(result.atrium, one.atrium, atol=1e-4)
    assert result.post_ablation == pytest.approx(one.post_ablation, abs=1e-4)
    assert told == [(min(done, 7), 7) for done in range(batch_size, 7 + batch_size, batch_size)]


@pytest.mark.parametrize("factor", [1, 2, 3])
@pytest.mark.parametrize("size", [(24, 30), (25, 31), (23, 29)])
def test_a_coarser_grid_comes_back_on_the_input_grid(rng, factor, size):
    grey = make_grey(rng, (2, *size))
    prepare = PrepareConfig(downsample=factor)
    result = predict_volume(make_model(), grey, prepare=prepare, config=FLOAT32)
    assert result.atrium.shape == grey.shape
    assert 0 <= result.atrium.min() <= result.atrium.max() <= 1


class Copycat(nn.Module):
    """Calls every pixel brighter than its slice's mean atrium: where the result must lie is known."""

    config = NETWORK

    def __init__(self):
        super().__init__()
        self.seen, self.scale = [], nn.Parameter(torch.tensor(50.0))

    def forward(self, images):
        self.seen.append(tuple(images.shape[-2:]))
        return MultiTaskOutput(
            torch.cat([torch.zeros_like(images[:, :1]), images[:, :1] * self.scale], 1), None
        )


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_what_is_found_lies_where_it_was_seen(factor):
    grey = np.full((2, 41, 50), 10, np.uint8)
    grey[0, 12:30, 6:24] = 200  # edges on whole blocks of 2 and of 3
    grey[1, 12:30, 24:42] = 200
    result = predict_volume(Copycat(), grey, prepare=PrepareConfig(downsample=factor), config=FLOAT32)
    wrong = probabilities_to_mask(result.atrium) != (grey == 200)
    # interpolation rounds the corners of a square: at factor 3 the outermost pixel of each goes
    corners = np.zeros_like(wrong)
    for z, x in ((0, 6), (0, 23), (1, 24), (1, 41)):
        corners[z, [12, 29], x] = factor == 3
    np.testing.assert_array_equal(wrong, corners)
    assert result.post_ablation is None


def test_mirror_images_are_averaged(rng):
    model, grey = make_model(), make_grey(rng, (3, 17, 22))
    config = PredictConfig(mirrored_too=True, precision="float32")
    even = grey[:, :16, :20]  # no padding, or as much on both sides: then each view is a volume mirrored
    assert predict_volume(model, grey, prepare=PrepareConfig(), config=config).atrium.shape == grey.shape
    result = predict_volume(model, even, prepare=PrepareConfig(), config=config)
    views = []
    for axes in ((), (2,), (1,), (1, 2)):
        one = predict_volume(model, np.flip(even, axes), prepare=PrepareConfig(), config=FLOAT32)
        views.append((np.flip(one.atrium, axes), one.post_ablation))
    np.testing.assert_allclose(result.atrium, np.mean([view for view, _ in views], axis=0), atol=1e-4)
    assert result.post_ablation == pytest.approx(np.mean([post for _, post in views]), abs=1e-4)
    np.testing.assert_raises(
        AssertionError, np.testing.assert_allclose, result.atrium, views[0][0], atol=1e-3
    )


def test_a_network_without_a_label_head_says_nothing_of_the_label(rng):
    result = predict_volume(
        make_model(label_head=False), make_grey(rng, (2, 8, 8)), prepare=PrepareConfig(), config=FLOAT32
    )
    assert result.post_ablation is None


def test_a_black_slice_is_no_accident():
    result = predict_volume(
        make_model(), np.zeros((2, 9, 9), np.uint8), prepare=PrepareConfig(), config=FLOAT32
    )
    assert np.isfinite(result.atrium).all()


def test_predicting_leaves_weights_and_statistics_alone_and_drops_nothing(rng):
    model, grey = make_model().train(), make_grey(rng, (2, 16, 16))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    one = predict_volume(model, grey, prepare=PrepareConfig(), config=FLOAT32)
    two = predict_volume(model, grey, prepare=PrepareConfig(), config=FLOAT32)
    assert one.post_ablation == two.post_ablation and not model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize(
    "grey", [np.zeros((4, 4), np.uint8), np.zeros((2, 4, 4), np.float32), np.zeros((0, 4, 4), np.uint8)]
)
def test_other_than_8_bit_volumes_are_refused(grey):
    with pytest.raises(InputError, match=r"8-bit grey levels \(z, y, x\), got .*grey_levels\(volume\)"):
        predict_volume(make_model(), grey, prepare=PrepareConfig())


def test_an_empty_batch_is_refused():
    with pytest.raises(InputError, match=r"batch_size must be a whole number from 1 to 1024 .*, got 0"):
        PredictConfig(batch_size=0)


def test_half_is_not_atrium():
    np.testing.assert_array_equal(
        probabilities_to_mask(np.array([[[0.5, 0.50001, 0.2]]])), [[[False, True, False]]]
    )


def test_zooms_show_the_slice_at_each_size_and_average_in_place():
    y, x = np.ogrid[:32, :48]
    disc = ((y - 15.5) ** 2 + (x - 20.5) ** 2 < 9**2)[None].repeat(2, axis=0)
    model = Copycat()
    config = PredictConfig(zooms=(0.75, 1.0, 1.25), precision="float32")
    zoomed = predict_volume(model, np.uint8(disc * 200 + 20), prepare=PrepareConfig(), config=config)
    # 32 x 48 times 0.75 is 24 x 36, times 1.25 is 40 x 60; all are multiples of 4 = 2 poolings
    assert model.seen == [(24, 36), (32, 48), (40, 60)]
    assert zoomed.atrium.shape == disc.shape
    wrong = (zoomed.atrium > 0.5) != disc
    rim = (np.abs(np.hypot(y - 15.5, x - 20.5) - 9) < 1)[None].repeat(2, axis=0)
    assert not (wrong & ~rim).any()  # nothing moved: all sizes agree but for the outermost pixels


def test_a_zoom_is_the_mean_of_single_ones(rng):
    model, grey = make_model(), make_grey(rng, (3, 16, 24))
    alone = [
        predict_volume(
            model, grey, prepare=PrepareConfig(), config=PredictConfig(zooms=(zoom,), precision="float32")
        )
        for zoom in (1.0, 1.5)
    ]
    both = predict_volume(
        model, grey, prepare=PrepareConfig(), config=PredictConfig(zooms=(1.0, 1.5), precision="float32")
    )
    np.testing.assert_allclose(both.atrium, (alone[0].atrium + alone[1].atrium) / 2, atol=1e-5)
    assert both.post_ablation == pytest.approx((alone[0].post_ablation + alone[1].post_ablation) / 2)
    assert np.abs(alone[0].atrium - alone[1].atrium).max() > 0.01


@pytest.mark.parametrize("zooms", [(), (0.1,), (1.0, 3.0)])
def test_unfit_zooms_are_refused(zooms):
    with pytest.raises(InputError, match=r"zooms must be (one factor or more|a number from 0.5 to 2)"):
        PredictConfig(zooms=zooms)


def test_an_unknown_precision_is_refused_before_anything_is_trained():
    with pytest.raises(InputError, match="precision must be one of auto, float32, bf16, fp16, got 'int8'"):
        PredictConfig(precision="int8")


def test_smoothing_along_z_by_hand(rng):
    model, grey = make_model(), make_grey(rng, (7, 16, 16))
    plain = predict_volume(model, grey, prepare=PrepareConfig(), config=FLOAT32)
    smooth = predict_volume(
        model, grey, prepare=PrepareConfig(), config=dataclasses.replace(FLOAT32, smooth_z=1.5)
    )
    reach = np.arange(-6, 7)  # four standard deviations
    weights = np.exp(-0.5 * (reach / 1.5) ** 2)
    weights /= weights.sum()
    for z in range(7):  # beyond the first and last slice these are repeated
        shown = plain.atrium[np.clip(z + reach, 0, 6)]
        by_hand = np.tensordot(weights, shown, axes=1)
        np.testing.assert_allclose(smooth.atrium[z], by_hand, atol=1e-6)
    assert np.abs(smooth.atrium - plain.atrium).max() > 0.01
    assert smooth.post_ablation == plain.post_ablation
