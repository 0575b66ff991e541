"""The folder of a run or a bag is recognised, and what is missing or damaged is named."""

import shutil

import pytest
import torch

from atriacourse.augment.prepare import PrepareConfig
from atriacourse.errors import InputError
from atriacourse.files import read_json
from atriacourse.inference.predict import PredictConfig
from atriacourse.runs.config import override, to_json, write_json
from atriacourse.runs.folder import open_model, settings_said
from atriacourse.training.checkpoint import read_checkpoint

CPU = torch.device("cpu")


def test_a_run_is_opened_with_its_settings_split_and_weights(tiny_run, tiny_config):
    for name in ("best", "last"):
        saved = open_model(tiny_run, checkpoint=name)
        assert saved.config == tiny_config and len(saved.weights) == 1
        model = saved.load(0, CPU)
        assert not model.training
        tensors = read_checkpoint(tiny_run / f"{name}.safetensors")[0]
        assert all(torch.equal(tensors["model." + key], value) for key, value in model.state_dict().items())
    assert len(open_model(str(tiny_run)).split().test) == 1


def test_the_fingerprint_follows_weights_and_what_shapes_a_prediction(tiny_run, tiny_config, tmp_path):
    first = open_model(tiny_run).fingerprint()
    copy = shutil.copytree(tiny_run, tmp_path / "copy")
    assert open_model(copy).fingerprint() == first  # the place does not matter
    write_json(copy / "config.json", to_json(override(tiny_config, ["training.learning_rate=0.5"])))
    assert open_model(copy).fingerprint() == first
    write_json(copy / "config.json", to_json(override(tiny_config, ["postprocessing.closing_radius=0"])))
    assert open_model(copy).fingerprint() != first
    assert open_model(tiny_run, checkpoint="last").fingerprint() != first


def test_settings_that_came_later_leave_the_fingerprints_of_before_alone():
    prepare = "PrepareConfig(contrast='none', downsample=1, offsets=(0,))"
    predict = "batch_size=8, mirrored_too=False, zooms=(1.0,), pad_first=False, precision='auto'"
    defaults = (PrepareConfig(), PredictConfig())
    assert settings_said(defaults) == f"({prepare}, PredictConfig({predict}))"
    assert "smooth_z=0.05" in settings_said(PredictConfig(smooth_z=0.05))


@pytest.mark.parametrize("file", ["config.json", "best.safetensors", "split.json"])
def test_a_damaged_file_is_named(tiny_run, tmp_path, file):
    copy = shutil.copytree(tiny_run, tmp_path / "copy")
    content = (copy / file).read_bytes()
    (copy / file).write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=file.replace(".", r"\.")):
        saved = open_model(copy)
        saved.split()
        saved.load(0, CPU)


def test_a_record_without_the_voxels_trained_on_names_the_way_out(tiny_run, tmp_path):
    copy = shutil.copytree(tiny_run, tmp_path / "copy")
    setup = read_json(copy / "setup.json", way_out="")
    assert open_model(copy).spacing_mm() == tuple(setup.pop("spacing_mm"))
    write_json(copy / "setup.json", setup)
    with pytest.raises(InputError, match=r"setup\.json does not say .*--trained-spacing-mm"):
        open_model(copy).spacing_mm()


def test_a_folder_that_is_neither_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"not the folder of a run .*`atriacourse train --out"):
        open_model(tmp_path)
    with pytest.raises(InputError, match="not the folder of a run"):
        open_model(tmp_path / "nowhere")


def test_a_run_without_a_checkpoint_yet_is_refused(tiny_run, tmp_path):
    copy = shutil.copytree(tiny_run, tmp_path / "copy")
    (copy / "best.safetensors").unlink()
    with pytest.raises(InputError, match=r"1 of 1 checkpoints are not there yet.*same train or bag command"):
        open_model(copy)


def test_another_checkpoint_than_best_and_last_is_refused(tiny_run):
    with pytest.raises(InputError, match="best or last, got 'worst'"):
        open_model(tiny_run, checkpoint="worst")


def test_a_config_of_another_network_is_refused(tiny_run, tmp_path, tiny_config):
    copy = shutil.copytree(tiny_run, tmp_path / "copy")
    write_json(
        copy / "config.json",
        read_json(tiny_run / "config.json", way_out="")
        | {"network": to_json(override(tiny_config, ["network.hidden=7"]))["network"]},
    )
    with pytest.raises(InputError, match="belong to another network"):
        open_model(copy).load(0, CPU)
