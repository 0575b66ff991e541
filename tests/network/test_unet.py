"""The network: the paper's parameter counts, the forward pass spelled out, and what it refuses."""

import math

import pytest
import torch
from torch.nn import functional

from atriacourse.augment.mirror import pad_to_multiple
from atriacourse.errors import InputError
from atriacourse.network.unet import (
    MultiTaskUNet,
    NetworkConfig,
    deep_unet,
    folded,
    vanilla_unet,
    without_finest,
)

SMALL = deep_unet().narrowed(32)  # widths 2 to 16: the same shape, in milliseconds


def count(config):
    """Parameters of a network that is never given memory."""
    with torch.device("meta"):
        return sum(weight.numel() for weight in MultiTaskUNet(config).parameters())


def count_by_hand(encoder, decoder, *, inputs=1):
    """Convolutions 9ab + b, batch normalisations 2b, the 1x1 mask head; without the label head."""
    blocks = list(zip([inputs, *encoder], encoder, strict=False))
    coarse = [encoder[-1], *decoder]
    blocks += [(skip + c, b) for skip, c, b in zip(encoder[-2::-1], coarse, decoder, strict=False)]
    return sum(9 * a * b + b + 2 * b + 9 * b * b + b + 2 * b for a, b in blocks) + 2 * decoder[-1] + 2


# ---- size


def test_the_paper_size_network_has_46_432_068_parameters():
    assert count(deep_unet()) == 46_432_068
    assert count(deep_unet(label_head=False)) == 25_196_866
    # the difference is the two fully connected layers: 41472 -> 512 -> 2
    assert 46_432_068 - 25_196_866 == 41_472 * 512 + 512 + 512 * 2 + 2


def test_the_count_follows_from_the_widths():
    deep = deep_unet(label_head=False)
    assert count_by_hand(deep.encoder, deep.decoder) == 25_196_866
    vanilla = vanilla_unet()
    assert count(vanilla) == count_by_hand(vanilla.encoder, vanilla.decoder)
    assert count(NetworkConfig(inputs=3, label_head=False)) == count_by_hand(
        deep.encoder, deep.decoder, inputs=3
    )


def coarsest(network):
    """The size at which the last encoder block sees a slice of 64x64."""
    seen = []
    network.encoder[-1].register_forward_hook(lambda module, inputs, output: seen.append(output.shape[-1]))
    network.eval()(torch.zeros(1, 1, 64, 64))
    return seen[0]


def test_vanilla_has_four_poolings_and_deep_five():
    assert (vanilla_unet().poolings, vanilla_unet().multiple) == (4, 16)
    assert (deep_unet().poolings, deep_unet().multiple) == (5, 32)
    for config, size in ((vanilla_unet().narrowed(32), 16), (SMALL, 32)):
        assert coarsest(MultiTaskUNet(config)) == 64 // size


def test_narrowed_divides_every_width():
    narrow = deep_unet().narrowed(4)
    assert narrow.encoder == (16, 32, 64, 128, 128, 128)
    assert narrow.decoder == (128, 64, 32, 16, 16)
    assert narrow.hidden == 128
    head = 81 * 128 * 128 + 128 + 128 * 2 + 2  # two fully connected layers
    assert count(narrow) == count_by_hand(narrow.encoder, narrow.decoder) + head
    assert min(deep_unet().narrowed(1000).encoder) == 1


# ---- the forward pass


def forward_by_hand(network, images, *, label_stage):
    """The paper's Fig. 1 with plain functions; dropout and batch statistics as at test time."""

    def block(layers, x):
        for conv, norm in ((layers[0], layers[1]), (layers[3], layers[4])):
            x = functional.conv2d(x, conv.weight, conv.bias, padding=1)
            x = functional.batch_norm(x, norm.running_mean, norm.running_var, norm.weight, norm.bias).relu()
        return x

    levels = [block(network.encoder[0], images)]
    for layers in network.encoder[1:]:
        pooled = functional.max_pool2d(levels[-1], 2)
        levels.append(block(layers, pooled))
    x = levels[-1]
    for layers, skip in zip(network.decoder, levels[-2::-1], strict=True):
        up = functional.interpolate(x, size=skip.shape[-2:], mode="bilinear", align_corners=True)
        x = block(layers.block, torch.cat([skip, up], dim=1))
    mask = functional.conv2d(x, network.mask_head.weight, network.mask_head.bias)
    features = levels[label_stage]
    pyramid = torch.cat([functional.adaptive_max_pool2d(features, g).flatten(1) for g in (8, 4, 1)], dim=1)
    first, second = (layer for layer in network.label_head if isinstance(layer, torch.nn.Linear))
    return mask, (pyramid @ first.weight.T + first.bias) @ second.weight.T + second.bias


def with_random_norms(network):
    """Batch normalisations that do something: random statistics, scale and shift."""
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for part in (module.running_mean, module.bias.data):
                part.normal_(std=0.3)
            for part in (module.running_var, module.weight.data):
                part.uniform_(0.5, 1.5)
    return network


@pytest.mark.parametrize("config", [SMALL, vanilla_unet(label_head=True).narrowed(32)])
def test_the_forward_pass_is_fig_1(config):
    torch.manual_seed(2)
    network, images = with_random_norms(MultiTaskUNet(config)).eval(), torch.randn(2, 1, 96, 64)
    with torch.no_grad():
        output = network(images)
        mask, label = forward_by_hand(network, images, label_stage=4)
    assert output.mask_logits.shape == (2, 2, 96, 64)
    assert output.label_logits.shape == (2, 2)
    torch.testing.assert_close(output.mask_logits, mask)
    torch.testing.assert_close(output.label_logits, label)


@pytest.mark.parametrize("size", [256, 288, 320, 384, 416, 480, 512, 544, 576, 640])
def test_every_size_works(size):
    output = MultiTaskUNet(deep_unet().narrowed(64)).eval()(torch.zeros(1, 1, size, 32))
    assert output.mask_logits.shape == (1, 2, size, 32)
    assert output.label_logits.shape == (1, 2)


def test_a_slice_in_a_batch_is_the_slice_alone():
    torch.manual_seed(3)
    network, images = with_random_norms(MultiTaskUNet(SMALL)).eval(), torch.randn(3, 1, 64, 64)
    with torch.no_grad():
        together, alone = network(images), network(images[1:2])
    torch.testing.assert_close(together.mask_logits[1:2], alone.mask_logits)
    torch.testing.assert_close(together.label_logits[1:2], alone.label_logits)


def test_both_tasks_teach_the_encoder_and_only_one_the_decoder():
    torch.manual_seed(4)
    network = MultiTaskUNet(SMALL)
    network(torch.randn(2, 1, 64, 64)).label_logits.sum().backward()

    def taught(part):
        return any(weight.grad is not None and weight.grad.any() for weight in part.parameters())

    assert [taught(block) for block in network.encoder] == [True] * 5 + [False]  # up to the 4th pooling
    assert not taught(network.decoder)
    network(torch.randn(2, 1, 64, 64)).mask_logits.square().sum().backward()
    assert taught(network.encoder[5])
    assert taught(network.decoder)


def test_without_label_head_there_are_no_label_logits():
    network = MultiTaskUNet(deep_unet(label_head=False).narrowed(32))
    assert network(torch.zeros(1, 1, 64, 64)).label_logits is None


def test_dropout_acts_in_training_alone():
    def spread(dropout, *, train):
        torch.manual_seed(5)
        network = MultiTaskUNet(
            NetworkConfig(encoder=(2, 2), decoder=(2,), label_stage=1, hidden=64, dropout=dropout)
        )
        network.train(train)
        images = torch.randn(2, 1, 8, 8)
        return (network(images).label_logits - network(images).label_logits).abs().max().item()

    assert spread(0.5, train=True) > 0
    assert spread(0.5, train=False) == 0
    assert spread(0.0, train=True) == 0


@pytest.mark.parametrize("upsampling", ["nearest", "bilinear", "transposed"])
def test_settings_do_something(upsampling):
    config = NetworkConfig(
        inputs=3,
        encoder=(2, 3, 4),
        decoder=(3, 2),
        upsampling=upsampling,
        label_stage=2,
        grids=(3, 2),
        hidden=5,
    )
    network = MultiTaskUNet(config)
    output = network(torch.randn(2, 3, 12, 20))
    assert output.mask_logits.shape == (2, 2, 12, 20)
    assert network.label_head[1].weight.shape == (5, 4 * (9 + 4))


# ---- refusals


@pytest.mark.parametrize(
    ("config", "size", "wanted"),
    [
        (SMALL, (100, 64), "slice is 100x64, but 5 halvings need multiples of 32; mirror-pad it to 128x64"),
        (SMALL, (64, 33), "slice is 64x33, .* mirror-pad it to 64x64"),
        (vanilla_unet().narrowed(32), (40, 90), "4 halvings need multiples of 16; mirror-pad it to 48x96"),
    ],
)
def test_a_size_that_does_not_fit_is_refused_with_the_one_that_does(config, size, wanted):
    network = MultiTaskUNet(config)
    with pytest.raises(InputError, match=wanted):
        network(torch.zeros(1, 1, *size))
    padded, padding = pad_to_multiple(torch.zeros(1, 1, *size), config.multiple)  # the way out it names
    assert padding.undo(network.eval()(padded).mask_logits).shape[-2:] == size


@pytest.mark.parametrize("shape", [(1, 3, 64, 64), (1, 64, 64)])
def test_a_batch_of_another_shape_is_refused(shape):
    with pytest.raises(
        InputError, match=rf"batch is \({', '.join(map(str, shape))}\).* needs \(N, 1, H, W\)"
    ):
        MultiTaskUNet(SMALL)(torch.zeros(shape))


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"encoder": (8, 8)}, "2 encoder widths and 5 decoder widths; it needs one encoder width more"),
        ({"encoder": (8,), "decoder": ()}, "1 encoder widths and 0 decoder"),
        ({"hidden": 0}, "hidden must be a whole number from 1 to 4096 .*, got 0"),
        ({"grids": ()}, r"grids of the network must be one or more"),
        ({"inputs": 0}, "inputs must be .* got 0"),
        ({"upsampling": "cubic"}, "one of bilinear_corners, .* got 'cubic'"),
        ({"dropout": 1.0}, "dropout must be a number from 0 to 0.99 .*, got 1.0"),
        ({"dropout": math.nan}, "got nan"),
        (
            {"encoder": (4096,) * 6, "decoder": (4096,) * 5},
            "weights; at most 500,000,000",
        ),
        ({"grids": (32,), "hidden": 4096}, "weights; at most 500,000,000"),
        ({"encoder": (8,) * 10, "decoder": (8,) * 9}, "network.poolings must be .* from 1 to 8 .*, got 9"),
        ({"label_stage": 6}, r"label_stage must be 0 to 5 \(the number of poolings\), got 6"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings_, message):
    with pytest.raises(InputError, match=message):
        NetworkConfig(**settings_)


@pytest.mark.parametrize("upsampling", ["bilinear", "transposed"])
@pytest.mark.parametrize("label_head", [True, False])
@pytest.mark.parametrize("fold", [1, 2])
def test_flops_are_those_that_torch_counts(upsampling, label_head, fold):
    from torch.utils.flop_counter import FlopCounterMode

    config = NetworkConfig(
        inputs=3, encoder=(4, 6, 8), decoder=(7, 5), grids=(2, 1), hidden=3, label_stage=1, fold=fold,
        upsampling=upsampling, label_head=label_head,
    )  # fmt: skip
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        MultiTaskUNet(config).eval()(torch.empty(1, 3, 16, 16))
    assert config.forward_flops(16) == counter.get_total_flops()


def test_folded_pixels_are_a_strided_convolution_and_come_back_in_place():
    config = NetworkConfig(inputs=2, fold=2, encoder=(3, 4), decoder=(3,), label_head=False)
    model = MultiTaskUNet(config).eval()
    images = torch.randn(2, 2, 12, 8, generator=torch.Generator().manual_seed(0))
    seen = {}
    model.encoder[0].register_forward_pre_hook(lambda module, inputs: seen.update(folded=inputs[0]))
    model.mask_head.register_forward_hook(lambda module, inputs, output: seen.update(head=output))
    with torch.no_grad():
        logits = model(images).mask_logits
    assert config.multiple == 4 and logits.shape == (2, 2, 12, 8)
    for y in range(2):
        for x in range(2):  # channel 4 c + 2 y + x holds the pixels (y, x) of every square
            torch.testing.assert_close(seen["folded"][:, 2 * y + x :: 4], images[:, :, y::2, x::2])
            torch.testing.assert_close(logits[:, :, y::2, x::2], seen["head"][:, 2 * y + x :: 4])


def test_folding_keeps_the_layout_and_the_input_error_says_it():
    model = MultiTaskUNet(NetworkConfig(fold=2, encoder=(3, 4), decoder=(3,), label_head=False)).eval()
    images = torch.zeros(2, 1, 8, 8)
    for layout in (torch.contiguous_format, torch.channels_last):
        assert folded(images.expand(2, 3, 8, 8).contiguous(memory_format=layout), 2).is_contiguous(
            memory_format=layout
        )
    with pytest.raises(InputError, match=r"after folding by 2 need multiples of 4.*8x8"):
        model(torch.zeros(1, 1, 6, 8))


def test_without_its_finest_level():
    network = without_finest(NetworkConfig(encoder=(1, 2, 4, 4, 4, 4), decoder=(4, 4, 2, 1, 1)), fold=2)
    assert (network.fold, network.encoder, network.decoder) == (2, (2, 4, 4, 4, 4), (4, 4, 2, 2))
    assert network.multiple == 32  # the crops that fitted before fit now
