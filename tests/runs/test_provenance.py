"""Where a result comes from is written down with it."""

import json
import re
import subprocess

import torch

import atriacourse
from atriacourse.runs import provenance as module
from atriacourse.runs.provenance import commit, provenance


def test_everything_needed_to_repeat_is_there_and_is_plain_json():
    record = provenance(torch.device("cpu"))
    assert json.loads(json.dumps(record)) == record
    assert record["atriacourse"] == atriacourse.__version__ and record["torch"] == torch.__version__
    assert record["threads"] == torch.get_num_threads()
    assert record["device"] and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", record["date"])


def test_the_commit_is_a_commit_or_nothing():
    assert commit() is None or re.fullmatch(r"[0-9a-f]{12}\+?", commit())


def test_no_git_and_no_checkout_are_no_accident(monkeypatch):
    for problem in (FileNotFoundError("git"), subprocess.CalledProcessError(128, "git")):

        def fails(*args, problem=problem, **options):
            raise problem

        monkeypatch.setattr(module.subprocess, "run", fails)
        assert commit() is None
