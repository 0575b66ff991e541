"""The scanner of the phantom: noise, sensitivity, grey scale."""

from dataclasses import replace

import numpy as np
import pytest

from atriacourse.data.phantom import PhantomConfig
from atriacourse.data.phantom.phantom_config import SITES
from atriacourse.data.phantom.signal import complex_noise, draw_scan, take_scan

SMALL = PhantomConfig(matrix=80, slices=40, field_mm=200.0)  # 2.5 mm in the slice, 1.375 mm between them
AXES = tuple(np.linspace(-50, 50, n, dtype=np.float32) for n in (80, 80, 40))


def quiet(**changes):
    """A scan with a flat coil and no noise unless the changes say otherwise."""
    drawn = draw_scan(SITES["A"], post_ablation=True, rng=np.random.default_rng(1))
    flat = replace(drawn.coil, amplitude=np.zeros_like(drawn.coil.amplitude))
    return replace(drawn, **({"coil": flat, "noise": 0.0, "gamma": 1.0, "blood_grey": 100.0} | changes))


@pytest.mark.parametrize("smooth", [0.0, 1.0])
@pytest.mark.parametrize("acquired_mm", [1.0, 5.0])
def test_noise_has_unit_sd_in_both_channels(smooth, acquired_mm):
    noise = complex_noise(SMALL, acquired_mm=acquired_mm, smooth=smooth, seed=3)
    assert noise.shape == SMALL.shape and noise.dtype == np.complex64
    # 256,000 voxels, at 5 mm about 16,000 independent ones: standard error of the SD 0.6 %
    assert noise.real.std() == pytest.approx(1, rel=0.03)
    assert noise.imag.std() == pytest.approx(1, rel=0.03)


def test_noise_of_a_coarser_acquisition_is_interpolated():
    def neighbours(acquired_mm):
        noise = complex_noise(SMALL, acquired_mm=acquired_mm, smooth=0.0, seed=3).real
        return np.corrcoef(noise[:, :, :-1].ravel(), noise[:, :, 1:].ravel())[0, 1]

    # 2.5 mm voxels acquired at 2.5 mm are independent; at 5 mm, half the band is empty: sinc(1/2) = 2 / pi
    assert neighbours(2.5) == pytest.approx(0, abs=0.02)
    assert neighbours(5.0) == pytest.approx(2 / np.pi, abs=0.02)


def test_a_signal_without_noise_becomes_its_grey_level():
    signal = np.full(SMALL.shape, 0.5, np.float32)
    assert np.all(take_scan(signal, quiet(), AXES, SMALL) == 50)
    # 100 * 0.25 ** 0.5 = 50; and nothing is brighter than 255
    signal = np.full(SMALL.shape, 0.25, np.float32)
    assert np.all(take_scan(signal, quiet(gamma=0.5), AXES, SMALL) == 50)
    assert take_scan(np.full(SMALL.shape, 9, np.float32), quiet(), AXES, SMALL).max() == 255


def test_air_shows_rayleigh_noise_and_blood_gaussian_noise():
    # where there is no signal the magnitude has mean sigma * sqrt(pi / 2); 0.2 * 100 * 1.2533 = 25.07
    air = take_scan(np.zeros(SMALL.shape, np.float32), quiet(noise=0.2), AXES, SMALL)
    assert air.mean() == pytest.approx(25.07, abs=0.3)
    # far above the noise its SD is sigma: 0.05 * 100
    blood = take_scan(np.ones(SMALL.shape, np.float32), quiet(noise=0.05), AXES, SMALL)
    assert blood.std() == pytest.approx(5, rel=0.03)


def test_the_coil_shades_smoothly():
    drawn = draw_scan(SITES["B"], post_ablation=False, rng=np.random.default_rng(5))
    shaded = take_scan(np.ones(SMALL.shape, np.float32), quiet(coil=drawn.coil), AXES, SMALL).astype(float)
    assert 3 < shaded.std() < 40
    assert np.abs(np.diff(shaded, axis=2)).max() <= 4  # between voxels 1.3 mm apart


def test_fixing_the_label_changes_only_the_scar():
    pre, post = (
        draw_scan(SITES["A"], post_ablation=label, rng=np.random.default_rng(2)) for label in (False, True)
    )
    differing = {name for name, value in pre.tissues.items() if post.tissues[name] != value}
    assert differing == {"scar"}
    assert (pre.noise, pre.gamma, pre.noise_seed) == (post.noise, post.gamma, post.noise_seed)
