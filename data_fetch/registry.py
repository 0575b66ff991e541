"""The three data sets of the course: their files, addresses, sizes, sha256 sums and terms.

Numbers only: no voxel of the data is part of the course, because the challenge's terms do not allow passing
it on. The sums of the mirror's files stand in `la2018.txt` beside this module, `sha256 bytes path`.

The name of a data set is also the name of its folder, and the path of a file is its path in that folder:

    data/la2018/            2018LA_Seg_Training Set/<id>/mri_norm2.h5, train.list, test.list, the labels csv
    data/la2018_official/   {Training,Testing} Set/<id>/{lgemri,laendo,lawall}.nrrd, the labels csv
    data/msd_heart/         Task02_Heart/{imagesTr,labelsTr,imagesTs}, Task02_Heart/dataset.json
"""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from urllib.parse import quote

from data_fetch.errors import FetchError

GITHUB_RAW = "https://raw.githubusercontent.com"
# The commits are pinned, so the addresses keep meaning the same bytes.
MIRROR = f"{GITHUB_RAW}/yulequan/UA-MT/88ed29ad794f877122e542a7fa9505a76fa83515/data"
# A commit of the authors' repository that holds the csv; only one version of that file is known.
AUTHORS = f"{GITHUB_RAW}/cherise215/atria_segmentation_2018/c0c3f115f4dc9e46d8b9fe29cce1f730a2611ad7/data"
LABELS_CSV = "pre post ablation recrods.csv"  # spelt as the authors spelt it


@dataclass(frozen=True, kw_only=True)
class RemoteFile:
    """One file to fetch.

    Args:
        path: where it goes, relative to the data set's folder, with forward slashes.
        url: its address, already percent-encoded.
        size_bytes: its exact size.
        sha256: its sum, 64 hexadecimal digits.
        unpacked_bytes: for an archive, the disk space its contents need; 0 for a plain file.
    """

    path: str
    url: str
    size_bytes: int
    sha256: str
    unpacked_bytes: int = 0

    def __post_init__(self) -> None:
        pure = PurePosixPath(self.path)
        if not self.path or pure.is_absolute() or ".." in pure.parts:
            raise ValueError(f"path must stay inside the data set's folder, got {self.path!r}")
        if not re.fullmatch("[0-9a-f]{64}", self.sha256):
            raise ValueError(f"sha256 of {self.path} must be 64 hexadecimal digits, got {self.sha256!r}")
        if self.size_bytes <= 0 or self.unpacked_bytes < 0:
            raise ValueError(
                f"sizes of {self.path} must be positive, got {self.size_bytes}, {self.unpacked_bytes}"
            )

    @property
    def is_archive(self) -> bool:
        """Whether the file is unpacked after it has been fetched."""
        return self.unpacked_bytes > 0


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """A named set of files with one licence; `name` is also the name of its folder."""

    name: str
    title: str
    licence: str
    terms: str
    pages: tuple[str, ...]
    files: tuple[RemoteFile, ...]

    @property
    def download_bytes(self) -> int:
        """The sum of the sizes of all files as they come over the network."""
        return sum(file.size_bytes for file in self.files)

    @property
    def disk_bytes(self) -> int:
        """What the complete data set takes on disk: the files, and what their archives unpack to."""
        return sum(file.size_bytes + file.unpacked_bytes for file in self.files)


def parse_sums(text: str) -> list[tuple[str, int, str]]:
    """Read lines of `sha256 bytes path` (the path may hold spaces) into (path, bytes, sha256)."""
    rows = [line.split(maxsplit=2) for line in text.splitlines() if line.strip()]
    return [(path, int(size), sha256) for sha256, size, path in rows]


def _mirror_files() -> tuple[RemoteFile, ...]:
    sums = parse_sums(Path(__file__).with_name("la2018.txt").read_text(encoding="utf-8"))
    return tuple(
        RemoteFile(
            path=path,
            url=f"{AUTHORS if path == LABELS_CSV else MIRROR}/{quote(path)}",
            size_bytes=size,
            sha256=sha256,
        )
        for path, size, sha256 in sums
    )


CHALLENGE_PAGES = (
    "https://www.cardiacatlas.org/atriaseg2018-challenge/atria-seg-data/",
    "https://doi.org/10.1016/j.media.2020.101832",
)
CHALLENGE_TERMS = """\
The scans and masks are those of the 2018 Atrial Segmentation Challenge. You may use them; you may NOT pass
them on. This course takes that to cover single slices, masks and pictures of them too; numbers computed from
them may be published. Cite Xiong et al., Medical Image Analysis 67 (2021) 101832.
Read the organisers' own words on the challenge page before you accept."""

_MIRROR_FILES = _mirror_files()
_LABELS_FILE = next(file for file in _MIRROR_FILES if file.path == LABELS_CSV)

_LA2018 = DataSet(
    name="la2018",
    title="LA2018, HDF5 mirror: the 100 training cases, cropped around the atrium (no registration)",
    licence="challenge terms: use, do not pass on",
    terms=CHALLENGE_TERMS
    + """
The mirror is the copy that the authors of UA-MT (Yu et al., MICCAI 2019) made of the 100 training cases; the
pre-/post-ablation labels come from the repository of Chen, Bai and Rueckert. Neither changes the terms.""",
    pages=(*CHALLENGE_PAGES, "https://github.com/yulequan/UA-MT"),
    files=_MIRROR_FILES,
)

_LA2018_OFFICIAL = DataSet(
    name="la2018_official",
    title="LA2018, official release: 100 training and 54 test cases, full size, NRRD",
    licence="challenge terms: use, do not pass on",
    terms=CHALLENGE_TERMS,
    pages=CHALLENGE_PAGES,
    files=(
        _LABELS_FILE,
        RemoteFile(
            path="2018_UTAH_MICCAI.zip",
            # The link behind the challenge page. If it ever moves: take the new one from that page, save the
            # file under this name in this folder, and `get` goes on from there (it checks the sum).
            url="https://www.dropbox.com/scl/fi/nero2nlaocdcdfhzwu5h0/2018_UTAH_MICCAI.zip"
            "?rlkey=vkkfrkc2l6x1e61jqyutb35qn&dl=1",
            size_bytes=2_200_962_438,
            sha256="bee5ee5bd19a1caa1a375e147e56e7e691a4bc64e3873dc672d9d2b963a8f5e0",
            # 3 uncompressed uint8 volumes a case: 69 cases of 576 x 576 x 88 and 85 of 640 x 640 x 88.
            unpacked_bytes=3 * 88 * (69 * 576**2 + 85 * 640**2),
        ),
    ),
)

_MSD_HEART = DataSet(
    name="msd_heart",
    title="Medical Segmentation Decathlon, Task02 Heart: 20 labelled bright-blood MRI (not GE-MRI), NIfTI",
    licence="CC-BY-SA 4.0",
    terms="""\
Creative Commons Attribution-ShareAlike 4.0: use, change and pass on, also commercially, if you name the
source (King's College London, through the Medical Segmentation Decathlon; cite Antonelli et al., Nature
Communications 13 (2022) 4128), say what you changed, and pass changed data on under the same licence.""",
    pages=("http://medicaldecathlon.com", "https://creativecommons.org/licenses/by-sa/4.0/"),
    files=(
        RemoteFile(
            path="Task02_Heart.tar",
            url="https://msd-for-monai.s3-us-west-2.amazonaws.com/Task02_Heart.tar",
            size_bytes=455_721_472,
            sha256="4277dc6dfe100142aa8060e895f6ff0f81c5b733703ea250bd294df8f820bcba",
            unpacked_bytes=455_721_472,  # a plain tar of compressed files: nothing grows
        ),
    ),
)

DATA_SETS = MappingProxyType({each.name: each for each in (_LA2018, _LA2018_OFFICIAL, _MSD_HEART)})


def data_set(name: str) -> DataSet:
    """Look a data set up by name.

    Raises: FetchError: no data set has that name; the message lists those that exist.
    """
    if name not in DATA_SETS:
        raise FetchError(f"no data set is called {name!r}; choose one of: {', '.join(DATA_SETS)}")
    return DATA_SETS[name]
