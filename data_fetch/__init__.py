"""The data registry (address, size, sha256, licence) and the downloader that brings it to your machine.

    registry.py   which files make up each data set, where they lie, and on which terms
    answer.py     what a server answered: is it the file?
    transfer.py   one file over HTTP: resumes, retries, checks the sum
    unpack.py     an archive into a folder, and never outside it
    disk.py       is there room?
    fetching.py   a whole data set: one process at a time, what is there and what is missing
    __main__.py   `python -m data_fetch list | get NAME`

This package stands on its own: it imports nothing of `atriacourse`.
"""

from data_fetch.errors import FetchError, FetchStoppedError, TermsError
from data_fetch.fetching import Survey, fetch, survey
from data_fetch.registry import DATA_SETS, DataSet, RemoteFile, data_set

__all__ = [
    "DATA_SETS",
    "DataSet",
    "FetchError",
    "FetchStoppedError",
    "RemoteFile",
    "Survey",
    "TermsError",
    "data_set",
    "fetch",
    "survey",
]
