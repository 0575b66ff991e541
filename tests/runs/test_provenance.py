"""Where a result comes from is written down with it."""

import json
import re
import subprocess

import pytest
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


def git(folder, *words):
    who = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *who, "-C", str(folder), *words], check=True, capture_output=True)
    return folder


def package_in(root, *, named="atriacourse"):
    """A folder with a package and the pyproject.toml that names it."""
    (root / "atriacourse").mkdir(parents=True)
    (root / "atriacourse" / "__init__.py").write_text("")
    (root / "pyproject.toml").write_text(f'[project]\nname = "{named}"\n')
    return root / "atriacourse"


def committed(root):
    git(git(root, "init"), "add", ".")
    return git(root, "commit", "-m", "first")


def test_the_commit_is_a_commit_or_unknown():
    assert re.fullmatch(r"[0-9a-f]{12}\+?|unknown", commit())


def test_the_commit_is_that_of_the_package_s_own_checkout(tmp_path):
    package = package_in(tmp_path / "own")
    assert commit(package) == "unknown"  # no repository yet
    committed(tmp_path / "own")
    first = commit(package)
    assert re.fullmatch("[0-9a-f]{12}", first)
    (package / "__init__.py").write_text("changed = 1\n")
    assert commit(package) == first + "+"
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "own")
    assert commit(link / "atriacourse") == first + "+"


def test_another_repository_s_commit_is_not_taken_for_it(tmp_path, monkeypatch):
    foreign = tmp_path / "thesis"
    installed = package_in(foreign / ".venv" / "lib" / "site-packages")  # with its own pyproject, even
    copied = package_in(foreign, named="thesis")
    (foreign / "notes.txt").write_text("x")
    committed(foreign)
    assert commit(installed) == commit(copied) == "unknown"
    ignored = package_in(tmp_path / "ignoring")
    (tmp_path / "ignoring" / ".gitignore").write_text("atriacourse/\n")
    committed(tmp_path / "ignoring")
    assert commit(ignored) == "unknown"  # the repository knows nothing of it
    own = package_in(tmp_path / "own")
    first = commit(committed(tmp_path / "own") / "atriacourse")
    monkeypatch.setenv("GIT_DIR", str(foreign / ".git"))  # as in a hook of the other
    monkeypatch.setenv("GIT_WORK_TREE", str(foreign))
    assert commit(own) == first != "unknown"


@pytest.mark.parametrize("text", ["", "[", "project = 3", "[project]", "[project]\nname = []", "\0"])
def test_a_pyproject_that_names_nothing_gives_unknown(text, tmp_path):
    package = package_in(tmp_path)
    (tmp_path / "pyproject.toml").write_text(text)
    committed(tmp_path)
    assert commit(package) == "unknown"


def test_no_git_and_no_checkout_are_no_accident(monkeypatch):
    for problem in (FileNotFoundError("git"), subprocess.CalledProcessError(128, "git")):

        def fails(*args, problem=problem, **options):
            raise problem

        monkeypatch.setattr(module.subprocess, "run", fails)
        assert commit() == "unknown"
