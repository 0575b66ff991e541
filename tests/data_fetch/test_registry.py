"""The committed registry: complete, well formed, and in agreement with the real files where they are."""

import csv
import hashlib
import io
from urllib.parse import unquote, urlsplit

import pytest

from data_fetch.errors import FetchError
from data_fetch.registry import DATA_SETS, LABELS_CSV, RemoteFile, data_set, parse_sums


def files_of(name):
    return {file.path: file for file in data_set(name).files}


def test_there_are_three_data_sets_and_each_says_its_terms():
    assert list(DATA_SETS) == ["la2018", "la2018_official", "msd_heart"]
    for each in DATA_SETS.values():
        assert each.name in DATA_SETS
        assert each.licence and each.terms and each.pages and each.title
    for name in ("la2018", "la2018_official"):
        assert "NOT pass" in DATA_SETS[name].terms
    assert "CC-BY-SA 4.0" in DATA_SETS["msd_heart"].licence


def test_the_mirror_has_its_103_files():
    files = files_of("la2018")
    assert len(files) == 103
    assert {"train.list", "test.list", LABELS_CSV} < set(files)
    volumes = [path for path in files if path.endswith(".h5")]
    assert len(volumes) == 100
    for path in volumes:
        folder, case, name = path.split("/")
        assert (folder, len(case), name) == ("2018LA_Seg_Training Set", 20, "mri_norm2.h5")
    assert len({file.sha256 for file in files.values()}) == 103


@pytest.mark.parametrize("name", list(DATA_SETS))
def test_addresses_are_https_and_percent_encoded(name):
    for file in data_set(name).files:
        parts = urlsplit(file.url)
        assert parts.scheme == "https" and parts.hostname
        assert " " not in file.url
        assert unquote(parts.path).endswith("/" + file.path)


def test_commits_are_pinned():
    for file in data_set("la2018").files:
        commit = urlsplit(file.url).path.split("/")[3]
        assert len(commit) == 40 and int(commit, 16) >= 0
    # %20, not +: a plus is a plus in the path of an address
    assert data_set("la2018").files[0].url.count("%20") == 1


def test_sizes_of_the_archives():
    official = files_of("la2018_official")["2018_UTAH_MICCAI.zip"]
    assert official.size_bytes == 2_200_962_438
    # three uint8 volumes a case, as published: 69 cases of 576 x 576 x 88 and 85 of 640 x 640 x 88:
    # 207 * 29,196,288 + 255 * 36,044,800 = 6,043,631,616 + 9,191,424,000
    assert official.unpacked_bytes == 15_235_055_616
    assert files_of("msd_heart")["Task02_Heart.tar"].size_bytes == 455_721_472
    assert data_set("la2018").disk_bytes == data_set("la2018").download_bytes  # no archive in it


def test_both_copies_of_la2018_bring_the_same_labels():
    assert files_of("la2018")[LABELS_CSV] == files_of("la2018_official")[LABELS_CSV]


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(FetchError, match="choose one of: la2018, la2018_official, msd_heart"):
        data_set("la2019")


def test_paths_with_spaces_survive_parsing():
    assert parse_sums("ab  12  a folder/b c.h5\n\n") == [("a folder/b c.h5", 12, "ab")]


@pytest.mark.parametrize(
    "wrong", [{"path": "../x"}, {"path": "/x"}, {"path": ""}, {"sha256": "ABC"}, {"size_bytes": 0}]
)
def test_a_faulty_entry_is_refused(wrong):
    good = {"path": "x", "url": "https://x", "size_bytes": 1, "sha256": "0" * 64}
    RemoteFile(**good)
    with pytest.raises(ValueError, match="must"):
        RemoteFile(**(good | wrong))


@pytest.mark.real
def test_the_sums_agree_with_the_real_files(real_data):
    home = real_data / "la2018"
    files = files_of("la2018")
    present = [path for path in files if path.endswith(".h5") and (home / path).exists()]
    # the committed list itself was once wrong if these disagree; two volumes and the small files will do
    for path in [*present[:1], *present[-1:], "train.list", LABELS_CSV]:
        contents = (home / path).read_bytes()
        assert len(contents) == files[path].size_bytes
        assert hashlib.sha256(contents).hexdigest() == files[path].sha256


@pytest.mark.real
def test_every_training_name_has_a_volume_and_a_label(real_data):
    home = real_data / "la2018"
    names = (home / "train.list").read_text().split()
    labels = csv.reader(io.StringIO((home / LABELS_CSV).read_text()))
    labelled = {row[0] for row in labels}
    assert len(names) == 80
    for name in names:
        assert f"2018LA_Seg_Training Set/{name}/mri_norm2.h5" in files_of("la2018")
        assert name in labelled
