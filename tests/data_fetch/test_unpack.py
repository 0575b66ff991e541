"""Archives, good and evil: nothing may ever be written outside the folder."""

import io
import json
import stat
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_fetch.errors import FetchError, FetchStoppedError
from data_fetch.unpack import is_unpacked, read_receipt, receipt_path, safe_path, unpack

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


def test_an_evil_folder_refuses_the_whole_archive(home):
    archive = make_tar(home / "set.tar", GOOD, extra=[("../evil_folder", tarfile.DIRTYPE, "")])
    with pytest.raises(FetchError, match=r"'\.\./evil_folder', which leads out"):
        unpack(archive, home)
    assert_nothing_happened(home, archive)


def test_the_folder_that_was_packed_may_be_named_a_dot(home):
    archive = make_tar(home / "set.tar", {"./a.txt": b"a"}, extra=[(".", tarfile.DIRTYPE, "")])
    unpack(archive, home)
    assert (home / "a.txt").read_bytes() == b"a"


def renamed(archive, name):
    """A zip whose only file has another name in both places that hold one: `zipfile` itself writes no NUL."""
    raw = archive.read_bytes()
    for place, at in ((b"PK\x03\x04", 26), (b"PK\x01\x02", 28)):
        start = raw.index(place)
        length = int.from_bytes(raw[start + at : start + at + 2], "little")
        begin = start + (30 if at == 26 else 46)
        raw = (
            raw[: start + at]
            + len(name).to_bytes(2, "little")
            + raw[start + at + 2 : begin]
            + name
            + raw[begin + length :]
        )
    end = raw.index(b"PK\x05\x06")
    start = raw.index(b"PK\x01\x02")
    return archive.write_bytes(
        raw[: end + 12] + (end - start).to_bytes(4, "little") + start.to_bytes(4, "little") + raw[end + 20 :]
    )


@pytest.mark.parametrize("name", [b"", b"\0", b"a\0b", b"a.nrrd\0../../evil", b"a/b\0/", b"/"])
def test_a_zip_with_an_empty_name_or_a_nul_is_refused_by_name(name, home):
    archive = make_zip(home / "set.zip", {"placeholder": b"x"})
    renamed(archive, name)
    with pytest.raises(FetchError, match=r"it holds '.*', which .*Nothing was unpacked") as caught:
        unpack(archive, home)
    assert repr(name.decode()) in str(caught.value)
    assert_nothing_happened(home, archive)


@MAKERS
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("a/" * 5000 + "b", "10,001 bytes"),
        ("a" * 300, "300 bytes"),
        ("é" * 125, "250 bytes"),  # two bytes each
        ("a/" * 5000 + "../" * 6000 + "b", "not safe"),
        ("a\nb", "no name should have"),
        ("\x1b[2Ja", "no name should have"),
        (".unpacking/a", "no name for a file"),
        (".lock", "no name for a file"),
        ("Training Set/NUL", "no name for a file"),
        ("com1.nrrd", "no name for a file"),
    ],
)
def test_a_name_that_file_systems_refuse_or_change_is_refused(make, name, says, home):
    archive = make(home / "set.archive", GOOD | {name: b"evil"})
    with pytest.raises(FetchError, match=says) as caught:
        unpack(archive, home)
    assert len(str(caught.value)) < 300
    assert_nothing_happened(home, archive)


def test_names_that_a_mac_takes_for_one_are_two_of_one_place(home):
    archive = make_tar(home / "set.tar", {"Zo\u00eb": b"a", "ZOE\u0308": b"b"})
    with pytest.raises(FetchError, match="twice"):
        unpack(archive, home)


def test_holes_and_negative_sizes_in_a_tar_are_refused(home):
    sparse = tarfile.TarInfo("hole")
    # old GNU sparse: type S, the map in the header; one piece of 0 bytes at 1 TB
    header = bytearray(sparse.tobuf(tarfile.GNU_FORMAT))
    header[156:157] = b"S"
    header[386:410] = b"%011o\0%011o\0" % (0, 0)
    header[483:495] = b"%011o\0" % 2**32
    archive = home / "set.tar"

    def write(raw):
        raw[148:156] = b" " * 8
        raw[148:156] = b"%06o\0 " % sum(raw)
        archive.write_bytes(bytes(raw) + bytes(1024))

    write(header)
    with pytest.raises(FetchError, match="full of holes"):
        unpack(archive, home)
    header = bytearray(tarfile.TarInfo("back").tobuf(tarfile.GNU_FORMAT))
    header[124:136] = (-512).to_bytes(12, "big", signed=True)
    write(header)
    with pytest.raises(FetchError, match=r"set\.tar is broken|-512 bytes"):
        unpack(archive, home)


def test_a_damaged_header_in_the_middle_of_a_tar_is_no_end(home):
    archive = make_tar(home / "set.tar", {"a": b"a" * 512, "b": b"b", "c": b"c"})
    raw = bytearray(archive.read_bytes())
    raw[1024] ^= 1  # the header of b: tarfile would list a alone, and say nothing
    archive.write_bytes(raw)
    with pytest.raises(FetchError, match="breaks off at byte 1024"):
        unpack(archive, home)
    assert_nothing_happened(home, archive)


def test_a_size_beyond_the_disk_is_refused_before_a_byte_is_written(home):
    with zipfile.ZipFile(home / "set.zip", "w") as bundle:
        bundle.writestr("big", b"x")
        bundle.infolist()[0].file_size = 2**60  # as the directory at the end says
    with pytest.raises(FetchStoppedError, match="GB free"):
        unpack(home / "set.zip", home)
    assert_nothing_happened(home, home / "set.zip")


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), tar=st.booleans())
def test_one_changed_byte_is_refused_or_does_no_harm(data, tar, tmp_path):
    """Whatever is changed, nothing is raised but FetchError, and what is unpacked has the right bytes.

    In a tar nothing guards the contents: the sha256 of the whole archive does.
    """
    home = Path(tempfile.mkdtemp(dir=tmp_path))
    files = {"A/scan": b"scan" * 100, "A/mask": b"mask"}
    archive = (make_tar if tar else make_zip)(home / "set.archive", files)
    raw = bytearray(archive.read_bytes())
    at = data.draw(st.integers(0, min(len(raw), 2048) - 1))
    raw[at] = data.draw(st.integers(0, 255))
    archive.write_bytes(raw)
    try:
        unpack(archive, home)
    except FetchError:
        left = [path.name for path in home.iterdir()]
        assert left == ["set.archive"]
    else:
        got = [body for name, body in tree(home).items() if not name.startswith("set.archive")]
        if not tar:
            assert set(got) <= set(files.values())


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
    "content",
    [b"", b"null", b"3", b"[]", b"{}", b'{"readme.txt": "0"}', b'{"readme.txt": true}', b'{"readme.txt": -1}']
    + [b'{"readme.txt": 0', b'{"../../x": 0}', b'{"": 0}', b"\xff\xfe", b"[" * 10_000, b'{"a": {"b": 0}}']
    + [b'{"readme.txt": 0.0}', b'{"readme.txt": NaN}', b'{"a\\u0000b": 0}', b'{"\\ud800": 0}'],
)
def test_a_damaged_list_of_what_was_unpacked_vouches_for_nothing(content, home):
    archive = make_zip(home / "set.zip", GOOD)
    unpack(archive, home)
    whole = receipt_path(archive).read_bytes()
    receipt_path(archive).write_bytes(content)
    assert not is_unpacked(archive)
    with pytest.raises(FetchError, match=r"set\.zip\.unpacked\.json is damaged \(.*has to be unpacked again"):
        read_receipt(archive)
    unpack(archive, home)  # finds all there, and writes the list again
    assert receipt_path(archive).read_bytes() == whole


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
