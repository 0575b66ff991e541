"""Files that ask for the machine's memory, for other files or for patience: refused by name, unread.

Bombs are met by a process of its own that may allocate 600 MB, so that one that goes off ends it."""

import bz2
import errno
import gzip
import os
import subprocess
import sys
import zlib
from functools import cache
from pathlib import Path

import h5py
import nibabel
import numpy as np
import pytest

from atriacourse.data.case import Case
from atriacourse.data.volume import read_grid, read_mask, read_volume, write_volume
from atriacourse.errors import InputError

HUGE = 2000  # cubed: 8 GB of bytes
BOMB = 700_000_000  # bytes of zeros
READ = """
import resource, sys
from atriacourse.data.volume import read_volume
from atriacourse.errors import InputError
resource.setrlimit(resource.RLIMIT_DATA, (6 * 10**8, 6 * 10**8))
try:
    read_volume(sys.argv[1])
except InputError as error:
    print(error)
print(int(resource.getrusage(resource.RUSAGE_SELF).ru_utime))
"""


def refusal(path):
    """What is said of a file, by a process that may have 600 MB."""
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr[-2000:]
    *said, seconds = done.stdout.splitlines()
    assert len(said) == 1 and str(path) in said[0] and int(seconds) < 10
    return said[0]


def nifti(path, *, shape=(4, 5, 6), content=None, slope=1.0, kind=np.uint8, **raw):
    """A header, then `content` or the voxels it needs."""
    header = nibabel.Nifti1Header()
    header.set_data_shape(shape)
    header.set_data_dtype(kind)
    header["scl_slope"], header["scl_inter"], header["vox_offset"] = slope, 0, 352
    header["pixdim"][1:4] = header["srow_x"][0] = header["srow_y"][1] = header["srow_z"][2] = 1.5
    header["sform_code"], header["magic"], header["xyzt_units"] = 1, b"n+1", 2
    for name, value in raw.items():
        header[name] = value
    body = bytes(np.prod(shape) * np.dtype(kind).itemsize) if content is None else content
    whole = header.binaryblock + bytes(4) + body
    path.write_bytes(gzip.compress(whole) if path.suffix == ".gz" else whole)
    return path


def nrrd_file(path, *lines, sizes="4 5 6", kind="uint8", encoding="raw", content=bytes(120)):
    head = ["NRRD0004", f"type: {kind}", "dimension: 3", f"sizes: {sizes}", f"encoding: {encoding}", *lines]
    path.write_bytes("\n".join([*head, "", ""]).encode() + content)
    return path


def hdf5(path, **options):
    with h5py.File(path, "w") as file:
        file.create_dataset("image", **options)
    return path


@pytest.mark.slow
class TestSize:
    """Known from the header; a bound that the message names and an option raises."""

    @pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".h5"])
    def test_of_a_header(self, tmp_path, suffix):
        path, size = tmp_path / f"a{suffix}", (HUGE,) * 3
        if suffix == ".h5":
            hdf5(path, shape=size, dtype="u1", chunks=(100, 100, 100))  # sparse: no voxel is stored
        elif suffix == ".nrrd":
            nrrd_file(path, sizes="2000 2000 2000")
        else:
            nifti(path, shape=size, content=b"")
        said = refusal(path)
        assert "2000 x 2000 x 2000 = 8,000,000,000 voxels, and the most that are read are 200,000,000" in said
        assert "(--most-voxels 8000000000)" in said
        with pytest.raises(InputError, match="the most that are read are 100"):
            Case(name="a", image_path=path, most_voxels=100).grid()

    def test_a_larger_bound_lets_it_through(self, tmp_path):
        path = nifti(tmp_path / "a.nii", shape=(40, 50, 60))
        with pytest.raises(InputError, match="allow more"):
            Case(name="a", image_path=path, most_voxels=119_999).image()
        assert Case(name="a", image_path=path, most_voxels=120_000).image().shape == (60, 50, 40)

    @pytest.mark.parametrize("encoding", ["gzip", "bzip2"])
    def test_of_a_packed_nrrd(self, tmp_path, encoding):
        content = packed_zeros(encoding, BOMB)
        path = nrrd_file(tmp_path / "a.nrrd", encoding=encoding, content=content)
        assert "holds more than its header says" in refusal(path)

    def test_of_a_packed_nifti(self, tmp_path):
        path = nifti(tmp_path / "a.nii")
        path.with_name("a.nii.gz").write_bytes(gzip.compress(path.read_bytes()) + packed_zeros("gzip", BOMB))
        assert "holds more than the (4, 5, 6) voxels of its header" in refusal(path.with_name("a.nii.gz"))

    @pytest.mark.parametrize("what", ["header", "line skip", "byte skip", "extension", "text"])
    def test_of_what_comes_before_the_voxels(self, tmp_path, what):
        zeros = packed_zeros("gzip", BOMB)
        if what == "header":
            path = tmp_path / "a.nrrd"
            with open(path, "wb") as file:
                file.write(b"NRRD0004\n")
                file.truncate(BOMB)
        elif what == "extension":
            path = nifti(tmp_path / "a.nii", vox_offset=2_000_000_000)
            path = path.rename(tmp_path / "a.nii.gz")
            path.write_bytes(gzip.compress(path.read_bytes()) + zeros)
        elif what == "text":
            path = nrrd_file(tmp_path / "a.nrrd", encoding="text")
            os.truncate(path, BOMB)
        else:
            path = nrrd_file(tmp_path / "a.nrrd", f"{what}: 2000000000", encoding="gzip", content=zeros)
        assert "header" in refusal(path) or "less than" in refusal(path) or "words" in refusal(path)

    def test_of_a_piece_larger_than_its_volume(self, tmp_path):
        path = hdf5(tmp_path / "a.h5", shape=(4, 5, 6), maxshape=(None,) * 3, chunks=(1500,) * 3, dtype="u1")
        assert "packed in pieces larger than itself" in refusal(path)


@cache
def packed_zeros(encoding, count):
    """A stream of zeros, made piece by piece."""
    packer = zlib.compressobj(1, wbits=31) if encoding == "gzip" else bz2.BZ2Compressor()
    piece = bytes(10_000_000)
    return b"".join(packer.compress(piece) for _ in range(count // len(piece))) + packer.flush()


class TestElsewhere:
    """Nothing outside the scan's own folder becomes a part of it."""

    @pytest.fixture
    def folder(self, tmp_path):
        (tmp_path / "secret.raw").write_bytes(bytes(range(120)))
        (tmp_path / "scans").mkdir()
        (tmp_path / "scans" / "inside.raw").write_bytes(bytes(range(120)))
        (tmp_path / "scans" / "link.raw").symlink_to(tmp_path / "secret.raw")
        (tmp_path / "scans" / "out").symlink_to(tmp_path)
        os.mkfifo(tmp_path / "scans" / "pipe.raw")
        (tmp_path / "scans" / "device.raw").symlink_to("/dev/zero")
        return tmp_path / "scans"

    @pytest.mark.parametrize(
        "name",
        [
            "/etc/passwd",
            "../secret.raw",
            "link.raw",
            "out/secret.raw",
            "device.raw",
            "/dev/zero",
            "./../secret.raw",
        ],
    )
    def test_an_nrrd_that_points_out_of_its_folder(self, folder, name):
        path = nrrd_file(folder / "a.nrrd", f"data file: {name}")
        for read in (read_grid, read_volume, read_mask):
            with pytest.raises(InputError, match=rf"a\.nrrd: .*outside its folder \(data file: {name}\)"):
                read(path)

    @pytest.mark.parametrize("name", ["LIST", "LIST 2", "slice%03d.raw 1 6 1", "a%d.raw 0 9 1 2"])
    def test_an_nrrd_of_several_files(self, folder, name):
        with pytest.raises(InputError, match="lie in several files"):
            read_grid(nrrd_file(folder / "a.nrrd", f"datafile: {name}"))

    @pytest.mark.parametrize("name", ["pipe.raw", "gone.raw", ".", ""])
    def test_an_nrrd_without_its_file(self, folder, name):
        with pytest.raises(InputError, match="missing or no ordinary file"):
            read_volume(nrrd_file(folder / "a.nrrd", f"data file: {name}"))

    @pytest.mark.parametrize("name", ["inside.raw", "./inside.raw"])
    def test_an_nrrd_beside_its_voxels_is_read(self, folder, name):
        path = nrrd_file(folder / "a.nrrd", f"data file: {name}", content=b"")
        assert read_volume(path).voxels.ravel().tolist() == list(range(120))

    def test_hdf5_in_other_files(self, tmp_path):
        (tmp_path / "secret.raw").write_bytes(bytes(range(120)))
        hdf5(tmp_path / "other.h5", data=np.ones((4, 5, 6), np.uint8))
        layout = h5py.VirtualLayout((4, 5, 6), np.uint8)
        layout[:] = h5py.VirtualSource(tmp_path / "other.h5", "image", shape=(4, 5, 6))
        outside = [(str(tmp_path / "secret.raw"), 0, 120)]
        makers = {
            "is a link to elsewhere": lambda file: file.__setitem__(
                "image", h5py.ExternalLink(str(tmp_path / "other.h5"), "image")
            ),
            "is a link": lambda file: file.update(
                far=h5py.ExternalLink(str(tmp_path / "other.h5"), "/"), image=h5py.SoftLink("/far/image")
            ),
            "lie in other files": lambda file: file.create_dataset(
                "image", (4, 5, 6), np.uint8, external=outside
            ),
            "in other files": lambda file: file.create_virtual_dataset("image", layout),
        }
        for said, make in makers.items():
            with h5py.File(tmp_path / "a.h5", "w") as file:
                make(file)
            for read in (read_grid, read_volume):
                with pytest.raises(InputError, match=said):
                    read(tmp_path / "a.h5")

    def test_a_pipe_instead_of_a_scan(self, tmp_path):
        os.mkfifo(tmp_path / "a.nrrd")
        with pytest.raises(InputError, match="only a pipe or a device of that name"):
            read_volume(tmp_path / "a.nrrd")


class TestHdf5:
    """An `image` that is no volume of numbers."""

    @pytest.mark.parametrize(
        ("make", "said"),
        [
            (lambda file: file.create_group("image"), "'image' is a group"),
            (lambda file: file.create_dataset("image", data="words"), "'image' holds object of shape"),
            (lambda file: file.create_dataset("image", data=b"bytes"), "'image' holds"),
            (lambda file: file.create_dataset("image", data=3.5), r"must be one 3D volume .* got shape \(\)"),
            (lambda file: file.create_dataset("image", data=h5py.Empty("f4")), "of shape None"),
            (lambda file: file.create_dataset("image", (4, 5), "f4"), r"got shape \(4, 5\)"),
            (lambda file: file.create_dataset("image", (4, 5, 6, 2), "f4"), r"got shape \(4, 5, 6, 2\)"),
            (lambda file: file.create_dataset("image", (4, 0, 6), "f4"), r"got shape \(4, 0, 6\)"),
            (lambda file: file.create_dataset("image", (4, 5, 6), "c8"), "holds complex64"),
            (
                lambda file: file.create_dataset("image", (4, 5, 6), [("r", "u1"), ("g", "u1")]),
                "not the numbers",
            ),
            (lambda file: file.create_dataset("image", (4, 5, 6), h5py.ref_dtype), "not the numbers"),
            (lambda file: file.__setitem__("image", np.dtype("f4")), "'image' is a group, not a data set"),
        ],
    )
    def test_is_named(self, tmp_path, make, said):
        with h5py.File(tmp_path / "a.h5", "w") as file:
            make(file)
        with pytest.raises(InputError, match=rf"a\.h5: .*{said}"):
            read_volume(tmp_path / "a.h5")

    def test_its_check_sums_are_compared(self, tmp_path, rng):
        grey = rng.integers(0, 200, (20, 20, 20)).astype(np.uint8)
        path = hdf5(tmp_path / "a.h5", data=grey, chunks=(20, 20, 20), fletcher32=True)
        whole = bytearray(path.read_bytes())
        whole[whole.find(grey.tobytes()) + 500] ^= 4
        path.write_bytes(whole)
        with pytest.raises(InputError, match=r"a\.h5: cannot be read .*damaged"):
            read_volume(path)


class TestCheckSums:
    """One flipped bit, one byte too many or too few: never other voxels in silence."""

    def test_a_flipped_bit_of_a_packed_nifti(self, tmp_path, rng):
        shape = (40, 50, 60)  # large enough that a reader may stop before the check sum
        path = nifti(tmp_path / "a.nii.gz", shape=shape, content=rng.bytes(120_000))
        voxels, whole = read_volume(path).voxels, path.read_bytes()
        unseen = set(
            range(3, 10)
        )  # gzip's own header: flags, time, level and system say nothing of the voxels
        for place in {*range(20), *rng.integers(0, len(whole), 100).tolist(), *range(-8, 0)} - unseen:
            damaged = bytearray(whole)
            damaged[place] ^= 1 << int(rng.integers(8))
            path.write_bytes(damaged)
            with pytest.raises(InputError, match=r"a\.nii\.gz"):
                read_volume(path)
        path.write_bytes(whole)
        np.testing.assert_array_equal(read_volume(path).voxels, voxels)

    @pytest.mark.parametrize("encoding", ["gzip", "bzip2"])
    def test_any_flipped_bit_of_a_packed_nrrd(self, tmp_path, rng, encoding):
        plain = rng.integers(0, 9, 120).astype(np.uint8).tobytes()
        content = gzip.compress(plain, mtime=0) if encoding == "gzip" else bz2.compress(plain)
        # of bzip2: the size of its blocks, and bits that fill the last byte
        unseen = set(range(3, 10)) if encoding == "gzip" else {3, len(content) - 1}
        for place in set(range(len(content))) - unseen:
            damaged = bytearray(content)
            damaged[place] ^= 1
            with pytest.raises(InputError, match=r"a\.nrrd"):
                read_volume(nrrd_file(tmp_path / "a.nrrd", encoding=encoding, content=bytes(damaged)))
        path = nrrd_file(tmp_path / "a.nrrd", encoding=encoding, content=content)
        assert read_volume(path).voxels.tobytes() == plain

    @pytest.mark.parametrize("suffix", [".nii", ".nii.gz", "raw", "text", "gzip", "bzip2"])
    @pytest.mark.parametrize("change", ["shorter", "longer", "garbage"])
    def test_too_short_or_too_long(self, tmp_path, suffix, change):
        plain = bytes(119 if change == "shorter" else 121 if change == "longer" else 120)
        if suffix.startswith("."):
            path = nifti(tmp_path / f"a{suffix}", content=plain)
        else:
            pack = {"raw": bytes, "gzip": gzip.compress, "bzip2": bz2.compress}
            pack["text"] = lambda voxels: b" ".join(b"%d" % value for value in voxels)
            path = nrrd_file(tmp_path / "a.nrrd", encoding=suffix, content=pack[suffix](plain))
        if change == "garbage":
            path.write_bytes(path.read_bytes() + b" <html>")
        with pytest.raises(InputError, match=r"less than|more than|damaged|words"):
            read_volume(path)

    @pytest.mark.parametrize(("line", "encoding"), [
        ("byte skip: 3", "raw"), ("byteskip: 3", "gzip"), ("byte skip: 3", "bzip2"), ("byte skip: -1", "raw"),
        ("byte skip: -1", "gzip"), ("byte skip: -1", "bz2"), ("line skip: 2", "raw"), ("lineskip: 2", "gz"),
    ])  # fmt: skip
    def test_what_is_skipped(self, tmp_path, line, encoding):
        plain = bytes(range(120))
        before = b"abc" if "byte" in line else b""
        pack = {"g": gzip.compress, "b": bz2.compress, "r": bytes}[encoding[0]]
        content = (b"" if "byte" in line else b"one\ntwo\n") + pack(before + plain)
        path = nrrd_file(tmp_path / "a.nrrd", line, encoding=encoding, content=content)
        assert read_volume(path).voxels.tobytes() == plain


class TestNumbers:
    """Header fields of a NIfTI that mean nothing, or not a heart."""

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            *(
                ("vox_offset", value, "vox_offset")
                for value in (0, 4, 348, 351, 352.5, -1, 1e9, np.nan, np.inf)
            ),
            ("vox_offset", 1000, "cannot be read"),
            *(("scl_slope", value, "scales the voxels by") for value in (np.nan, np.inf, 1e38, -1e30, 1e-30)),
            *(("scl_inter", value, "scales the voxels by") for value in (np.nan, -np.inf, 1e38)),
            *(
                ("pixdim", [1, 1, value, 1, 0, 0, 0, 0], "sizes are above 0")
                for value in (0, -1, np.nan, np.inf, 1e-30, 1e30)
            ),
            *(("srow_z", [0, 0, value, 0], "not those of a scan") for value in (1e-3, 0.0625, 99, -600, 1e9)),
            *(
                ("srow_z", [0, 0, value, 0], "degenerate|not those")
                for value in (0, 1e-30, np.nan, np.inf, 1e38)
            ),
            *(("dim", [value, 4, 5, 6, 1, 1, 1, 1], "a.nii") for value in (0, 1, 2, 9, -3)),
            ("dim", [3, -4, 5, 6, 1, 1, 1, 1], "at least one voxel along each axis"),
            ("dim", [4, 4, 5, 6, 2, 1, 1, 1], r"got shape \(4, 5, 6, 2\)"),
            ("magic", b"ni1", r"another file \(\.img\)"),
            ("datatype", 1, "cannot be read"),
            ("datatype", 77, "cannot be read"),
        ],
    )
    def test_are_refused(self, tmp_path, field, value, said):
        path = nifti(tmp_path / "a.nii", **{field: value})
        with pytest.raises(InputError, match=said):
            read_volume(path)

    @pytest.mark.parametrize(("slope", "first"), [(0, 7), (2, 14), (-0.5, -3.5), (1e-6, 7e-6)])
    def test_a_slope_means_what_the_standard_says(self, tmp_path, slope, first):
        path = nifti(tmp_path / "a.nii", slope=slope, content=bytes([7] * 120))
        assert read_volume(path).voxels[0, 0, 0] == pytest.approx(first)

    @pytest.mark.parametrize(
        "spacing", ["0 1 1", "1e-30 1 1", "nan nan nan", "-1e9 1 1", "0.0006 0.0006 0.0006"]
    )
    def test_of_an_nrrd_too(self, tmp_path, spacing):
        path = nrrd_file(tmp_path / "a.nrrd", f"spacings: {spacing}")
        if "nan" in spacing:
            assert read_grid(path).spacing_source == "assumed"  # as if there were none
            return
        with pytest.raises(InputError, match=r"degenerate|not those of a scan of the heart"):
            read_grid(path)

    @pytest.mark.parametrize(
        ("shape", "size", "fits"),
        [
            ((320, 320, 90), 0.125, False),  # MSD's in centimetres: 40 mm
            ((320, 320, 90), 1.25, True),
            ((320, 320, 90), 12.5, False),  # ten times too large: 4 m
            ((132, 140, 88), 0.625, True),  # about the mirror's tightest crop
            ((512, 512, 1), 0.7, True),  # a single slice
            ((512, 512, 1000), 0.9, True),  # a whole trunk
        ],
    )
    def test_the_field_of_view_is_that_of_a_heart(self, tmp_path, shape, size, fits):
        affine = {name: [size * (row == at) for at in range(4)]
                  for row, name in enumerate(("srow_x", "srow_y", "srow_z"))}  # fmt: skip
        path = nifti(tmp_path / "a.nii", shape=shape, content=b"", **affine)
        case = Case(name="a", image_path=path, most_voxels=10**9)
        if fits:
            assert case.grid().spacing_mm == (size,) * 3
        else:
            with pytest.raises(
                InputError, match=r"a\.nii: .*is the voxel size in another unit\? .*--spacing-mm"
            ):
                case.image()


class TestReasons:
    """Why a file cannot be read: not every reason is damage."""

    @pytest.mark.parametrize(
        ("error", "said"),
        [
            (PermissionError(errno.EACCES, "Permission denied"), "permission denied.; ask its owner"),
            (BlockingIOError(errno.EAGAIN, "unable to lock file"), "open for writing in another program"),
            (MemoryError(), "does not fit into this machine's memory"),
            (OSError(errno.EIO, os.strerror(errno.EIO)), "Input/output error.; try again"),
            (OSError(errno.ESTALE, os.strerror(errno.ESTALE)), "Stale file handle.; try again"),
        ],
    )
    def test_are_told_apart(self, tmp_path, monkeypatch, error, said):
        def fails(*args, **kwargs):
            raise error

        path = nrrd_file(tmp_path / "a.nrrd")
        monkeypatch.setattr("atriacourse.data.nrrd_file.read_header", fails)
        with pytest.raises(InputError, match=rf"a\.nrrd: .*{said}") as caught:
            read_volume(path)
        assert "damaged" not in str(caught.value)

    def test_an_hdf5_that_is_being_written(self, tmp_path):
        path = hdf5(tmp_path / "a.h5", data=np.zeros((4, 5, 6), np.uint8))
        code = (
            "import h5py, sys; f = h5py.File(sys.argv[1], 'a'); print('open', flush=True); sys.stdin.read()"
        )
        writer = subprocess.Popen(
            [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with writer:
            assert writer.stdout.readline() == "open\n"
            with pytest.raises(InputError, match="open for writing in another program"):
                read_volume(path)
            writer.stdin.close()

    def test_a_folder_of_that_name(self, tmp_path):
        (tmp_path / "a.nrrd").mkdir()
        with pytest.raises(InputError, match="only a folder of that name"):
            read_volume(tmp_path / "a.nrrd")


class TestLabels:
    """What a scaling header or float32 makes of 0 and 1."""

    @pytest.mark.parametrize("top", [0.9999999997, 1.000001, 254.99999])
    def test_a_value_within_rounding_of_a_label_is_one(self, tmp_path, top):
        content = np.resize(np.array([0, top]), 120).astype("<f8").tobytes()
        mask = read_mask(nifti(tmp_path / "a.nii", kind=np.float64, content=content))
        assert mask.voxels.sum() == 60 and mask.label_values == (0, round(top))
        assert mask.notes == (f"its labels are 0, {top!r}, taken for the nearest whole numbers",)

    @pytest.mark.parametrize(
        ("top", "shown"), [(0.99, "0, 0.99"), (0.9999, "0, 0.9999"), (1.00002, "0, 1.00002")]
    )
    def test_one_farther_away_is_none_and_is_shown(self, tmp_path, top, shown):
        content = np.resize(np.array([0, top]), 120).astype("<f8").tobytes()
        with pytest.raises(InputError, match=rf"found {shown}\. "):
            read_mask(nifti(tmp_path / "a.nii", kind=np.float64, content=content))

    def test_a_mask_scaled_by_its_header(self, tmp_path):
        slope = 1 / 255  # float32: 255 * slope = 1.0000000591
        content = np.resize(np.array([0, 255], np.uint8), 120).tobytes()
        mask = read_mask(nifti(tmp_path / "a.nii", slope=slope, content=content))
        assert mask.label_values == (0, 1) and mask.voxels.sum() == 60


def test_a_packed_mask_names_no_machine(tmp_path):
    """gzip keeps the name of the file it packs: of a draft it would be the machine's."""
    grid = read_grid(nifti(tmp_path / "scan.nii"))
    one = write_volume(tmp_path / "a.nii.gz", np.ones((6, 5, 4), bool), like=grid)
    two = write_volume(tmp_path / "b.nii.gz", np.ones((6, 5, 4), bool), like=grid)
    assert one.read_bytes() == two.read_bytes() and not one.read_bytes()[3] & 8  # the flag for a name
    assert Path(one).stat().st_size < 500


@pytest.mark.parametrize("layout", ["never written", "one piece lost", "contiguous"])
def test_an_hdf5_that_lacks_voxels_is_not_read_as_zeros(tmp_path, layout):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        pieces = None if layout == "contiguous" else (5, 5, 5)
        for name in ("image", "label"):
            data = file.create_dataset(name, (10, 10, 10), "u1", chunks=pieces)
            if layout == "one piece lost":
                data[5:] = 1
                data[:5, :5] = 1  # of the eight pieces six are written
    for read in (read_volume, read_mask):
        with pytest.raises(InputError, match=f"{path}: .*lacks voxels"):
            read(path)
    with h5py.File(path, "a") as file:
        file["image"][()] = file["label"][()] = np.ones((10, 10, 10), np.uint8)
    assert read_volume(path).voxels.all() and read_mask(path).voxels.all()


@pytest.mark.parametrize(
    ("line", "said"),
    [("spacings: inf 1 1", "spacings"), ("spacings: 1.5 1.5 1.5\nline skip: -1", "skips -1 lines")],
)
def test_numbers_of_an_nrrd_that_mean_nothing(tmp_path, line, said):
    path = tmp_path / "a.nrrd"
    head = f"NRRD0004\ntype: uchar\ndimension: 3\nsizes: 4 5 6\nencoding: raw\n{line}\n\n"
    path.write_bytes(head.encode() + bytes(120))
    with pytest.raises(InputError, match=said):
        read_volume(path)
