"""Tone curves: off by default, numpy's interpolation, positions kept."""

import numpy as np
import pytest
import torch

from atriacourse.augment.tone import Tone, ToneConfig, apply_tone, draw_tone
from atriacourse.errors import InputError


def test_it_is_off_unless_asked_for():
    drawn = draw_tone(ToneConfig(), count=50, generator=torch.Generator().manual_seed(0))
    images = torch.rand(50, 1, 4, 4)
    assert torch.equal(apply_tone(images, drawn), images)


def test_a_curve_by_hand():
    # three knots at 0, half and all of the maximum 0.8: 0 -> 1, 0.4 -> 0, 0.8 -> 0.5; halfway: 0.2 -> 0.5
    image = torch.tensor([[[[0.0, 0.2, 0.4, 0.6, 0.8]]]])
    drawn = Tone(torch.tensor([True]), torch.tensor([[1.0, 0.0, 0.5]]))
    assert apply_tone(image, drawn).flatten().tolist() == pytest.approx([1, 0.5, 0, 0.25, 0.5])


def test_it_is_numpys_interpolation_and_leaves_the_others_alone():
    generator = torch.Generator().manual_seed(1)
    images = torch.rand(20, 3, 7, 9, generator=generator)
    drawn = draw_tone(ToneConfig(probability=0.5), count=20, generator=generator)
    assert 3 < drawn.changed.sum() < 17
    result = apply_tone(images, drawn)
    for n in range(20):
        if drawn.changed[n]:
            knots = np.linspace(0, float(images[n].max()), 6)
            expected = np.interp(images[n].numpy(), knots, drawn.curve[n].numpy())
            np.testing.assert_allclose(result[n].numpy(), expected, atol=1e-5)
        else:
            assert torch.equal(result[n], images[n])


def test_the_share_of_changed_slices_and_the_seed():
    draws = [
        draw_tone(ToneConfig(probability=0.2), count=5000, generator=torch.Generator().manual_seed(3))
        for _ in range(2)
    ]
    assert torch.equal(draws[0].changed, draws[1].changed) and torch.equal(draws[0].curve, draws[1].curve)
    # 5000 tosses at 0.2: standard deviation 0.0057
    assert draws[0].changed.float().mean().item() == pytest.approx(0.2, abs=0.025)


def test_a_black_slice_survives():
    drawn = Tone(torch.tensor([True]), torch.tensor([[0.3, 0.9]]))
    assert apply_tone(torch.zeros(1, 1, 4, 4), drawn).unique().tolist() == pytest.approx([0.3])


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"probability": 1.5}, "from 0 to 1 .*, got 1.5"), ({"knots": 1}, "knots must be .* from 2 .*, got 1")],
)
def test_settings_that_make_no_sense_are_refused(settings, said):
    with pytest.raises(InputError, match=said):
        ToneConfig(**settings)
