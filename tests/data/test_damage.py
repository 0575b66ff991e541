"""Files that are missing, wrong, cut short or damaged: always an InputError that names the file."""

import h5py
import nibabel
import nrrd
import numpy as np
import pytest

from atriacourse.data.grid import plain_grid
from atriacourse.data.volume import read_grid, read_mask, read_volume, write_volume
from atriacourse.errors import InputError

SUFFIXES = [".nii", ".nii.gz", ".nrrd", ".h5"]


def good_file(folder, suffix, rng):
    path = folder / f"scan{suffix}"
    if suffix == ".h5":
        grey = rng.integers(0, 200, (9, 8, 7))
        with h5py.File(path, "w") as file:
            file.create_dataset("image", data=((grey - 90) / 30).astype(np.float32), compression="gzip")
            file.create_dataset("label", data=(grey > 150).astype(np.uint8), compression="gzip")
        return path
    return write_volume(
        path, rng.integers(0, 2, (7, 8, 9)).astype(np.uint8), like=plain_grid((7, 8, 9), (2, 1, 1))
    )


@pytest.mark.parametrize("read", [read_volume, read_mask, read_grid])
def test_no_such_file(tmp_path, read):
    with pytest.raises(InputError, match=r"gone\.nrrd: there is no such file; check the path"):
        read(tmp_path / "gone.nrrd")
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path)  # a folder


def test_unknown_kind_of_file(tmp_path):
    (tmp_path / "scan.mha").write_bytes(b"x")
    with pytest.raises(InputError, match=r"scan\.mha: cannot read this kind of file; give one of \.nii\.gz"):
        read_volume(tmp_path / "scan.mha")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "content", [b"", b"<html>please log in</html>", b"\x1f\x8b\x08" + bytes(40), bytes(5000)]
)
def test_not_what_its_name_says(tmp_path, suffix, content):
    path = tmp_path / f"scan{suffix}"
    path.write_bytes(content)
    for read in (read_volume, read_mask):
        with pytest.raises(InputError, match=rf"scan{suffix}: .*(cannot be read|must be one 3D)"):
            read(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_cut_short_anywhere(tmp_path, rng, suffix):
    path = good_file(tmp_path, suffix, rng)
    whole = path.read_bytes()
    for keep in [1, 100, 347, 360, len(whole) // 2, len(whole) * 9 // 10, len(whole) - 9, len(whole) - 1]:
        path.write_bytes(whole[: min(keep, len(whole) - 1)])
        with pytest.raises(InputError, match=f"scan{suffix}: "):
            read_mask(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_random_damage_raises_input_error_or_nothing(tmp_path, rng, suffix, caplog):
    path = good_file(tmp_path, suffix, rng)
    whole = path.read_bytes()
    for _ in range(60):
        damaged = bytearray(whole)
        for place in rng.integers(0, min(len(whole), 600), size=4):
            damaged[place] = rng.integers(256)
        path.write_bytes(damaged)
        try:
            read_volume(path)
        except InputError as error:
            assert str(path) in str(error)


@pytest.mark.parametrize(
    ("shape", "said"), [((4, 5), r"\(4, 5\)"), ((4, 5, 6, 2), r"\(4, 5, 6, 2\)"), ((4, 5, 0), r"\(4, 5, 0\)")]
)
def test_not_one_volume(tmp_path, shape, said):
    nibabel.save(nibabel.Nifti1Image(np.zeros(shape, np.uint8), np.eye(4)), tmp_path / "a.nii")
    with pytest.raises(InputError, match=rf"a\.nii: .*3D.*{said}|a\.nii: cannot be read"):
        read_volume(tmp_path / "a.nii")
    if 0 not in shape:
        nrrd.write(str(tmp_path / "a.nrrd"), np.zeros(shape, np.uint8))
        with pytest.raises(InputError, match=rf"a\.nrrd: .*3D.*{said}"):
            read_volume(tmp_path / "a.nrrd")


def test_a_fourth_axis_of_one_is_no_fourth_axis(tmp_path):
    nibabel.save(nibabel.Nifti1Image(np.ones((4, 5, 6, 1), np.uint8), np.eye(4)), tmp_path / "a.nii")
    assert read_volume(tmp_path / "a.nii").shape == (6, 5, 4)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity(tmp_path, bad):
    voxels = np.zeros((3, 4, 5), np.float32)
    voxels[1, 2, 3] = bad
    grid = plain_grid((5, 4, 3), (1, 1, 1))
    nibabel.save(nibabel.Nifti1Image(voxels, np.eye(4)), tmp_path / "a.nii")
    with pytest.raises(InputError, match=r"a\.nii: 1 voxels are NaN or infinite"):
        read_volume(tmp_path / "a.nii")
    with pytest.raises(InputError, match=r"b\.nii: 1 voxels are NaN"):
        write_volume(tmp_path / "b.nii", voxels.T, like=grid)
    assert not (tmp_path / "b.nii").exists()


def test_colours_are_refused(tmp_path):
    colour = np.zeros((3, 4, 5), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    nibabel.save(nibabel.Nifti1Image(colour, np.eye(4)), tmp_path / "a.nii")
    with pytest.raises(InputError, match=r"a\.nii: voxels must be plain numbers"):
        read_volume(tmp_path / "a.nii")


def test_a_flat_affine_is_refused(tmp_path):
    header = {
        "space": "left-posterior-superior",
        "space directions": np.diag([1.0, 1.0, 0.0]),
        "space origin": [0, 0, 0],
    }
    nrrd.write(str(tmp_path / "a.nrrd"), np.zeros((3, 4, 5), np.uint8), header)
    with pytest.raises(InputError, match=r"a\.nrrd: the header's affine is degenerate"):
        read_volume(tmp_path / "a.nrrd")


class TestWriting:
    """Complete or not at all."""

    grid = plain_grid((2, 3, 4), (1, 1, 1))

    @pytest.mark.parametrize("name", ["mask.h5", "mask.png", "mask"])
    def test_only_known_formats(self, tmp_path, name):
        with pytest.raises(
            InputError, match=rf"cannot write {name}: give it one of \.nii\.gz, \.nii, \.nrrd"
        ):
            write_volume(tmp_path / name, np.zeros((2, 3, 4), bool), like=self.grid)

    def test_only_its_own_grid(self, tmp_path):
        with pytest.raises(InputError, match=r"\(4, 3, 2\) but the grid is \(2, 3, 4\)"):
            write_volume(tmp_path / "a.nii", np.zeros((4, 3, 2), bool), like=self.grid)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd"])
    def test_an_interrupted_write_leaves_the_old_file(self, tmp_path, suffix, monkeypatch):
        path = write_volume(tmp_path / f"a{suffix}", np.ones((2, 3, 4), bool), like=self.grid)

        def breaks(file, *args, **kwargs):
            from pathlib import Path

            if suffix == ".nrrd":
                Path(file).write_bytes(b"half")
            else:
                args[0].write(b"half")
            raise OSError("disk full")

        monkeypatch.setattr("nrrd.write" if suffix == ".nrrd" else "nibabel.Nifti1Image.to_stream", breaks)
        with pytest.raises(OSError, match="disk full"):
            write_volume(path, np.zeros((2, 3, 4), bool), like=self.grid)
        assert [file.name for file in tmp_path.iterdir()] == [f"a{suffix}"]
        assert read_mask(path).voxels.all()
