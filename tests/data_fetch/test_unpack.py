"""Archives, good and evil: nothing may ever be written outside the folder."""

import io
import json
import stat
import tarfile
import zipfile

import pytest

from data_fetch.errors import FetchError, FetchStoppedError
from data_fetch.unpack import is_unpacked, receipt_path, safe_path, unpack

GOOD = {
    "Training Set/AAA/lgemri.nrrd": b"scan" * 500_000,  # 2 MB: more than one block
    "Training Set/AAA/laendo.nrrd": b"mask",
    "Testing Set/BBB/lgemri.nrrd": b"scan b",
    "readme.txt": b"",
}


def make_zip(path, files, *, links=(), mode=stat.S_IFREG | 0o644):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, body in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            bundle.writestr(info, body)
        for name, target in links:
            info = zipfile.ZipInfo(name)
            info.create_system = 3  # Unix
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            bundle.writestr(info, target)
    return path


def make_tar(path, files, *, extra=()):
    with tarfile.open(path, "w") as bundle:
        for name, body in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            info.mode = 0o7777  # set-uid and all: must not survive
            bundle.addfile(info, io.BytesIO(body))
        for name, kind, target in extra:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            bundle.addfile(info)
    return path


MAKERS = pytest.mark.parametrize("make", [make_zip, make_tar])


@pytest.fixture
def home(tmp_path):
    """The folder to unpack into, with a neighbour that an evil archive might reach."""
    home = tmp_path / "data"
    home.mkdir()
    (tmp_path / "neighbour.txt").write_text("untouched")
    return home


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_nothing_happened(home, archive):
    assert [path.name for path in home.iterdir()] == [archive.name]
    assert (home.parent / "neighbour.txt").read_text() == "untouched"
    assert sorted(path.name for path in home.parent.iterdir()) == ["data", "neighbour.txt"]


@MAKERS
def test_a_good_archive_is_unpacked_whole(make, home):
    archive = make(home / "set.archive", GOOD)
    unpack(archive, home)
    got = tree(home)
    del got["set.archive"]
    sizes = json.loads(got.pop("set.archive.unpacked.json"))
    assert got == GOOD
    assert sizes == {name: len(body) for name, body in GOOD.items()}
    assert is_unpacked(archive)
    assert not (home / ".unpacking").exists()


def test_file_modes_of_the_archive_are_not_taken_over(home):
    archive = make_tar(home / "set.tar", GOOD)
    unpack(archive, home)
    mode = stat.S_IMODE((home / "Training Set/AAA/laendo.nrrd").stat().st_mode)
    assert mode & 0o7111 == 0  # neither set-uid, set-gid, sticky nor executable


def test_litter_of_other_systems_is_left_out(home):
    litter = {
        "__MACOSX/Task02/._a": b"x",
        "Task02/._la_003.nii.gz": b"x",
        "Task02/.DS_Store": b"x",
        "Task02/desktop.ini": b"x",
        "Task02/la_003.nii.gz": b"volume",
    }
    archive = make_tar(home / "set.tar", litter)
    unpack(archive, home)
    assert [path.name for path in (home / "Task02").iterdir()] == ["la_003.nii.gz"]
    assert not (home / "__MACOSX").exists()


@MAKERS
@pytest.mark.parametrize(
    "evil",
    [
        "../evil.txt",
        "Training Set/../../evil.txt",
        "/tmp/evil.txt",
        "//server/share/evil.txt",
        "C:/evil.txt",
        "C:evil.txt",
        "..\\evil.txt",
        "Training Set\\..\\..\\evil.txt",
        "image.nrrd:stream",
    ],
)
def test_a_path_out_of_the_folder_refuses_the_whole_archive(make, evil, home):
    archive = make(home / "set.archive", GOOD | {evil: b"evil"})
    with pytest.raises(FetchError, match=r"not safe.*leads out of the folder\. Nothing was unpacked"):
        unpack(archive, home)
    assert_nothing_happened(home, archive)


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (tarfile.SYMTYPE, "/etc"),
        (tarfile.SYMTYPE, "../.."),
        (tarfile.SYMTYPE, "Training Set"),
        (tarfile.LNKTYPE, "../neighbour.txt"),
        (tarfile.CHRTYPE, ""),
        (tarfile.BLKTYPE, ""),
        (tarfile.FIFOTYPE, ""),
    ],
)
def test_links_and_devices_in_a_tar_refuse_the_whole_archive(kind, target, home):
    archive = make_tar(home / "set.tar", GOOD, extra=[("Training Set/way_out", kind, target)])
    with pytest.raises(FetchError, match=r"is a link or device\. Nothing was unpacked"):
        unpack(archive, home)
    assert_nothing_happened(home, archive)


def test_a_link_in_a_zip_refuses_the_whole_archive(home):
    archive = make_zip(home / "set.zip", GOOD, links=[("Training Set/way_out", "../..")])
    with pytest.raises(FetchError, match="is a link or device"):
        unpack(archive, home)
    assert_nothing_happened(home, archive)


def test_an_evil_folder_entry_makes_nothing(home):
    archive = make_tar(home / "set.tar", {"a.txt": b"a"}, extra=[("../evil_folder", tarfile.DIRTYPE, "")])
    unpack(archive, home)
    assert sorted(path.name for path in home.parent.iterdir()) == ["data", "neighbour.txt"]


@pytest.mark.parametrize(
    "clash", ["training set/aaa/LAENDO.nrrd", "Training Set", "Training Set/AAA", "readme.txt/inside"]
)
def test_two_members_of_one_place_are_refused(clash, home):
    archive = make_tar(home / "set.tar", GOOD | {clash: b"again"})
    with pytest.raises(FetchError, match=r"twice\. Nothing was unpacked"):
        unpack(archive, home)
    assert_nothing_happened(home, archive)


def test_an_encrypted_zip_is_named(home):
    archive = make_zip(home / "set.zip", {"a.txt": b"a"})
    # bit 0 of the general purpose flags, in the central directory (offset 8 after its signature)
    raw = bytearray(archive.read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(raw)
    with pytest.raises(FetchError, match="encrypted"):
        unpack(archive, home)


def test_what_is_no_archive_is_named(home):
    archive = home / "set.zip"
    archive.write_bytes(b"<html>not an archive</html>" * 100)
    with pytest.raises(FetchError, match="broken or of an unknown kind"):
        unpack(archive, home)


@MAKERS
def test_a_damaged_archive_leaves_nothing_half_done(make, home):
    archive = make(home / "set.archive", GOOD)
    raw = bytearray(archive.read_bytes())
    if make is make_zip:
        raw[60:70] = bytes(10)  # inside the first member's compressed bytes
    else:
        del raw[1_000_000:]  # the end of the tar is missing
    archive.write_bytes(raw)
    with pytest.raises(FetchError, match="broken"):
        unpack(archive, home)
    assert [path.name for path in home.iterdir()] == ["set.archive"]
    assert not is_unpacked(archive)


def test_a_killed_run_is_cleared_away(home):
    (home / ".unpacking/Training Set").mkdir(parents=True)
    (home / ".unpacking/Training Set/half").write_bytes(b"half")
    archive = make_zip(home / "set.zip", GOOD)
    unpack(archive, home)
    assert not (home / "Training Set/half").exists()
    assert is_unpacked(archive)


def test_a_run_killed_between_two_renames_is_completed(home):
    archive = make_zip(home / "set.zip", GOOD)
    unpack(archive, home)
    receipt_path(archive).unlink()
    (home / "readme.txt").unlink()
    before = (home / "Training Set/AAA/lgemri.nrrd").stat().st_ino
    unpack(archive, home)
    assert is_unpacked(archive)
    assert (home / "Training Set/AAA/lgemri.nrrd").stat().st_ino == before


def test_a_folder_of_the_users_own_is_never_overwritten(home):
    archive = make_zip(home / "set.zip", GOOD)
    mine = home / "Training Set/AAA/laendo.nrrd"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"my own corrected mask")
    with pytest.raises(FetchError, match=r"is there already, but .* Move or delete"):
        unpack(archive, home)
    assert mine.read_bytes() == b"my own corrected mask"
    assert not (home / "Testing Set").exists()


def test_a_deleted_file_is_noticed_and_a_deleted_archive_is_not_missed(home):
    archive = make_zip(home / "set.zip", GOOD)
    unpack(archive, home)
    archive.unlink()
    assert is_unpacked(archive)
    (home / "Testing Set/BBB/lgemri.nrrd").unlink()
    assert not is_unpacked(archive)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "7",
        "[]",
        "{}",
        '["a"]',
        '{"a": "b"}',
        '{"a":',
        "[" * 100_000,
        "9" * 5000,
        '{"\\u0000": 1}',
    ],
)
def test_a_damaged_list_vouches_for_nothing_and_is_written_anew(home, text):
    archive = make_zip(home / "set.zip", GOOD)
    whole = unpack(archive, home).read_text()
    before = (home / "readme.txt").stat().st_ino
    receipt_path(archive).write_text(text)
    assert not is_unpacked(archive)
    unpack(archive, home)
    assert receipt_path(archive).read_text() == whole and is_unpacked(archive)
    assert (home / "readme.txt").stat().st_ino == before  # what is whole is kept


def test_no_room_is_found_out_before_a_byte_is_written(home, monkeypatch):
    archive = make_zip(home / "set.zip", GOOD)
    monkeypatch.setattr("data_fetch.disk.free_bytes", lambda _folder: 64 * 2**20 + 2_000_000)
    with pytest.raises(FetchStoppedError, match=r"unpacking set\.zip needs 0\.00 GB more"):
        unpack(archive, home)
    assert_nothing_happened(home, archive)


@pytest.mark.parametrize("name", ["a", "a/b c/d.nrrd", "./a", "a/./b", "..a/b..", "a//b"])
def test_ordinary_names_are_safe(name):
    assert ".." not in safe_path(name).parts


@pytest.mark.parametrize("name", ["", ".", "..", "/", "a/..", "a\0b", "\\", "a:b"])
def test_names_that_lead_elsewhere_are_not(name):
    with pytest.raises(FetchError, match="not safe"):
        safe_path(name)
