"""What is for the world outside: workflows, forms, citation, releases, Colab's versions."""

import hashlib
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import colab_image
import pytest
import release
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import atriacourse
from atriacourse.cli import app

ROOT = Path(__file__).parents[1]
GITHUB = ROOT / ".github"
FORMS = {
    "github-workflows": [
        *sorted((GITHUB / "workflows").glob("*.yml")),
        GITHUB / "assignment/self-checks.yml",
    ],
    "github-issue-forms": sorted(GITHUB.glob("ISSUE_TEMPLATE/[!c]*.yml"))
    + [GITHUB / "ISSUE_TEMPLATE/colab.yml"],
    "github-issue-config": [GITHUB / "ISSUE_TEMPLATE/config.yml"],
    "dependabot": [GITHUB / "dependabot.yml"],
    "citation-file-format": [ROOT / "CITATION.cff"],
}


def checked(schema, *files):
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        f"vendor.{schema}",
        *map(str, files),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("schema", FORMS)
def test_every_form_is_what_its_reader_takes(schema):
    code, said = checked(schema, *FORMS[schema])
    assert code == 0, said


def test_a_workflow_with_a_fault_would_be_seen(tmp_path):
    text = (GITHUB / "workflows" / "book.yml").read_text(encoding="utf-8")
    (tmp_path / "book.yml").write_text(text.replace("runs-on:", "run-on:"), encoding="utf-8")
    assert checked("github-workflows", tmp_path / "book.yml")[0] == 1


def test_what_workflows_run_is_there():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    commands = []
    for path in FORMS["github-workflows"]:
        jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values()
        commands += [step["run"] for job in jobs for step in job["steps"] if "run" in step]
    assert len(commands) >= 10
    for command in commands:
        for target in re.findall(r"^make (\w+)", command):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), command
        for name in re.findall(r"[\w./-]+\.(?:py|sh|txt)\b", command):
            assert (ROOT / name).is_file(), command
        for name in re.findall(r"\batriacourse (\w+)", command):
            assert name in {one.callback.__name__ for one in app.registered_commands}, command
    (check,) = re.findall(r"^check:.*\n\t\$\(VENV\) (.*)$", makefile, re.MULTILINE)
    assert f"python {check}" in commands  # the same as `make check`, where there is no make


def test_the_citation_is_of_this_version():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert cited["version"] == atriacourse.__version__
    assert f"## {cited['version']} ({cited['date-released']})" in changelog
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert cited["references"][0]["doi"] in readme
    assert f"git tag v{atriacourse.__version__} " in readme


# ---- Colab's image -------------------------------------------------------------------------------


def test_the_image_gives_what_the_course_imports_and_nothing_else():
    frozen = "# a list\ntorch==2.9.0+cu126\nPyYAML==6.0.3\ntyping_extensions==4.15.0\ntensorflow==2.19.0\nx @ file:///x\n"
    assert colab_image.image_constraints(frozen) == [
        "pyyaml==6.0.3",
        "torch==2.9.0",
        "typing-extensions==4.15.0",
    ]


def test_a_list_that_is_no_images_replaces_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(colab_image, "KEPT", tmp_path / "colab.txt")
    (tmp_path / "list.txt").write_text("numpy==2.0.2\n", encoding="utf-8")
    assert colab_image.main([str(tmp_path / "list.txt"), "--image", "2026.01", "--commit", "abc"]) == 2
    assert "names no torch" in capsys.readouterr().err and not (tmp_path / "colab.txt").exists()


def test_colabs_versions_are_those_that_the_package_takes():
    lines = [line for line in (GITHUB / "colab.txt").read_text(encoding="utf-8").splitlines() if "==" in line]
    image = dict(line.split("==") for line in lines)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {canonicalize_name(one.name): one for one in map(Requirement, project["dependencies"])}
    shared = image.keys() & needed.keys()
    assert {"torch", "numpy", "scipy", "pandas", "matplotlib"} <= shared
    assert {name for name in shared if image[name] not in needed[name].specifier} == set()


# ---- a release -----------------------------------------------------------------------------------

CHANGES = "## Unreleased\n\n- New.\n\n## 0.2.0 (2027-01-01)\n\n- Two.\n\n## 0.1.0 (2026-11-30)\n\n- One.\n"


def test_notes_are_the_versions_section_alone():
    assert release.section(CHANGES, "0.2.0") == "- Two.\n"
    assert release.section(CHANGES, "0.1.0") == "- One.\n"
    with pytest.raises(ValueError, match=r"no section 0\.3\.0"):
        release.section(CHANGES, "0.3.0")


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A clone of this checkout, with a page."""
    done = subprocess.run(
        [
            "git",
            "-c",
            "safe.directory=*",
            "clone",
            "--quiet",
            "--depth=1",
            f"file://{ROOT}",
            str(tmp_path / "clone"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"not a git checkout that can be cloned: {done.stderr[-200:]}")
    (tmp_path / "clone" / "_build" / "html").mkdir(parents=True)
    (tmp_path / "clone" / "_build" / "html" / "index.html").write_text("a page", encoding="utf-8")
    (tmp_path / "clone" / "_build" / "book.pdf").write_text("printed since", encoding="utf-8")
    monkeypatch.chdir(tmp_path / "clone")
    return tmp_path / "clone"


@pytest.mark.slow
def test_a_release_has_everything_and_the_students_archive_no_solution(clone, tmp_path):
    out = tmp_path / "dist"
    command = [sys.executable, "tools/release.py", "--out", str(out), "--tag", f"v{atriacourse.__version__}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=clone)
    assert done.returncode == 0, done.stderr
    stem = f"atriacourse-{atriacourse.__version__}"
    names = {path.name for path in out.iterdir()}
    packages = {f"{stem}.tar.gz", f"{stem}-py3-none-any.whl"}
    assert names == {
        *packages,
        f"{stem}-book.zip",
        f"{stem}-book.pdf",
        "atriacourse.zip",
        "SHA256SUMS",
        "NOTES.md",
    }
    for line in (out / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split()
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == digest
    students = zipfile.ZipFile(out / "atriacourse.zip").namelist()
    assert "atriacourse/__init__.py" in students and "pyproject.toml" in students
    assert not [name for name in students if name.startswith("atriacourse/school/")]
    assert "html/index.html" in zipfile.ZipFile(out / f"{stem}-book.zip").namelist()
    again = subprocess.run(command, capture_output=True, text=True, check=False, cwd=clone)
    assert again.returncode == 2 and "dist" in again.stderr  # what is there is not replaced


def test_a_tag_of_another_version_releases_nothing(tmp_path):
    with pytest.raises(ValueError, match=r"the tag is v9\.9\.9 and the package's version"):
        release.make_release(tmp_path / "dist", tag="v9.9.9")
    assert not (tmp_path / "dist").exists()
