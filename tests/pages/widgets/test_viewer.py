"""The view to turn: scan, borders and surfaces lie in one space; what a notebook shows instead."""

import base64
import gzip
import json
import re
import struct
from html import unescape

import matplotlib as mpl
import nibabel as nib
import numpy as np
import pytest

from atriacourse.errors import InputError
from atriacourse.pages.widgets import inline
from atriacourse.pages.widgets.viewer import Part, border, volume_view

mpl.use("agg")
SPACING_MM = (2.0, 1.0, 1.5)


@pytest.fixture
def scan():
    """A bright box in noise, and its mask: z 6 to 13, y 10 to 29, x 20 to 33."""
    voxels = np.random.default_rng(0).integers(0, 60, (24, 50, 60)).astype(np.uint8)
    mask = np.zeros(voxels.shape, dtype=bool)
    mask[6:14, 10:30, 20:34] = True
    voxels[mask] += 150
    return voxels, mask


# The middle of the box in (z, y, x) is (9.5, 19.5, 26.5) voxels: 19, 19.5 and 39.75 mm. The file's axes
# point to the right, the front and the head, so two of them change their sign.
MIDDLE_MM = (-39.75, -19.5, 19.0)


def data_of(view):
    return json.loads(unescape(re.search(r'data-viewer="([^"]*)"', view._repr_html_())[1]))


def volume_of(text):
    return nib.Nifti1Image.from_bytes(gzip.decompress(base64.b64decode(text)))


def middle_mm(image, chosen):
    return nib.affines.apply_affine(image.affine, np.argwhere(chosen)).mean(axis=0)


@pytest.mark.parametrize("max_voxels", [300_000, 8_000])
def test_scan_border_and_surface_lie_at_one_place_in_millimetres(scan, max_voxels):
    voxels, mask = scan
    view = volume_view(
        voxels, spacing_mm=SPACING_MM, masks={"truth": mask}, alt="A box.", max_voxels=max_voxels
    )
    assert np.prod(view.shape) <= max_voxels
    data = data_of(view)
    image = volume_of(data["volume"])
    greys = np.asanyarray(image.dataobj)
    assert greys.dtype == np.uint8
    half_a_voxel = float(max(image.header.get_zooms())) / 2
    assert middle_mm(image, greys > 150) == pytest.approx(MIDDLE_MM, abs=half_a_voxel)
    edge = volume_of(data["masks"][0]["border"])
    assert middle_mm(edge, np.asanyarray(edge.dataobj) > 0) == pytest.approx(MIDDLE_MM, abs=half_a_voxel)
    raw = gzip.decompress(base64.b64decode(data["masks"][0]["surface"]))
    magic, parts, faces, vertices, skip = struct.unpack_from("<HHIII", raw)
    assert (magic, parts, skip, len(raw)) == (23117, 3, 0, 16 + 12 * faces + 12 * vertices)
    corners = np.frombuffer(raw, "<f4", offset=16 + 12 * faces).reshape(vertices, 3)
    assert (corners.min(axis=0) + corners.max(axis=0)) / 2 == pytest.approx(MIDDLE_MM, abs=0.3)


def test_a_border_has_the_voxels_at_the_outside():
    mask = np.zeros((5, 5, 5), dtype=bool)
    mask[1:4, 1:4, 1:4] = True
    assert border(mask).sum() == 26  # 27 voxels, one inside


def test_truth_is_blue_guess_is_orange_and_an_empty_mask_is_left_out(scan):
    voxels, mask = scan
    masks = {"truth": mask, "nothing": np.zeros_like(mask), "network": np.roll(mask, 2, axis=1)}
    data = data_of(volume_view(voxels, spacing_mm=SPACING_MM, masks=masks, alt="A box"))
    assert [(one["name"], one["color"]) for one in data["masks"]] == [
        ("truth", "#0072B2"),
        ("network", "#E69F00"),
    ]
    assert data["alt"] == "A box. Shown: the surface of truth and network."


def test_a_view_stays_small(scan):
    voxels = np.random.default_rng(0).integers(0, 255, (88, 140, 200)).astype(np.uint8)
    mask = np.zeros(voxels.shape, dtype=bool)
    mask[20:60, 40:100, 50:150] = True
    page = volume_view(voxels, spacing_mm=(1, 1, 1), masks={"truth": mask}, alt="Noise")._repr_html_()
    assert len(page) < 1_000_000


def test_a_notebook_gets_a_picture_and_a_stack(scan, monkeypatch):
    voxels, mask = scan
    monkeypatch.setattr(inline, "live", lambda: True)
    page = volume_view(voxels, spacing_mm=SPACING_MM, masks={"truth": mask}, alt="A box")._repr_html_()
    assert "course-stack" in page and "course-viewer" not in page


def test_masks_that_do_not_fit_are_errors(scan):
    voxels, mask = scan
    with pytest.raises(InputError, match="'truth' is"):
        volume_view(voxels, spacing_mm=SPACING_MM, masks={"truth": mask[1:]}, alt="x")
    with pytest.raises(InputError, match="got 0"):
        volume_view(voxels, spacing_mm=SPACING_MM, masks={"truth": mask & False}, alt="x")


def test_a_coarser_voxel_lies_in_the_middle_of_those_it_stands_for():
    whole = np.ones((8, 8, 8), dtype=bool)
    voxels = np.arange(512, dtype=float).reshape(whole.shape)
    part = Part.cut(voxels, {"truth": whole}, (1.0, 1.0, 1.0), margin_mm=0, max_voxels=64)
    assert part.voxels.shape == (4, 4, 4)
    # voxel 0 stands for voxels 0 and 1, whose middles are at 0 and 1 mm
    assert part.spacing_mm.tolist() == [2, 2, 2] and part.first_mm.tolist() == [0.5, 0.5, 0.5]
