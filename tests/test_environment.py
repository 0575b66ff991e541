"""The four places that name versions agree: pyproject, constraints.txt, environment.yml, the Makefile."""

import importlib.metadata
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def wanted():
    """Every direct requirement of the package, the book and the tests, by name."""
    extras = project()["optional-dependencies"]
    listed = [Requirement(line) for line in project()["dependencies"] + extras["book"] + extras["test"]]
    return {canonicalize_name(requirement.name): requirement for requirement in listed}


def pins(lines):
    """Name -> version of the lines `name==version`."""
    found = (re.fullmatch(r"([\w.-]+)==([\w.!+]+)", line.strip()) for line in lines)
    return {canonicalize_name(match[1]): Version(match[2]) for match in found if match}


def constraints():
    return pins((ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines())


def conda():
    return yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]


def conda_pip_lines():
    return next(entry["pip"] for entry in conda() if isinstance(entry, dict))


def commands_of(target_text):
    """The commands of the Makefile as one types them: variables filled in, no make signs."""
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    recipes = [line.strip() for line in lines if line.startswith("\t$(")]
    by_pip = [
        re.sub(r"\$\(call INSTALL,(.*)\)", r'$(VENV) -m pip install -c constraints.txt -e ".[\1]"', line)
        for line in (recipe.replace("$(,)", ",") for recipe in recipes)
    ]
    filled = [line.replace("$(VENV)", target_text).replace("$(PYTHON)", "python") for line in by_pip]
    return [line.replace(" --quiet", "") for line in filled if not line.startswith("$")]


@pytest.mark.parametrize("name", sorted(wanted()))
def test_every_requirement_has_a_pin_inside_its_range(name):
    requirement = wanted()[name]
    assert name in constraints(), f"constraints.txt has no line for {name}"
    assert constraints()[name] in requirement.specifier


def test_the_package_does_not_pin_what_colab_ships():
    for name in ("torch", "numpy", "pandas", "scipy", "matplotlib"):
        operators = {specifier.operator for specifier in wanted()[name].specifier}
        assert operators == {">="}, f"{name} must have a floor and no ceiling"


def test_conda_has_every_requirement_at_the_constraint():
    listed = pins(conda_pip_lines())
    assert set(listed) == set(wanted())
    assert listed == {name: constraints()[name] for name in listed}
    assert "-c constraints.txt" in conda_pip_lines()
    assert "-e .[book,test]" in conda_pip_lines()


def test_conda_takes_a_python_that_the_package_allows():
    (line,) = [entry for entry in conda() if isinstance(entry, str) and entry.startswith("python=")]
    assert line.removeprefix("python=") in SpecifierSet(project()["requires-python"])


@pytest.mark.parametrize("name", sorted(constraints()))
def test_what_is_installed_is_what_is_pinned(name):
    try:
        installed = Version(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{name} is not needed on this system")
    assert installed.public == constraints()[name].public, "run make again, or move the pin on"


def test_make_installs_the_pinned_torch_before_anything_that_needs_it():
    installs = [line for line in commands_of("python") if " pip install " in line and "[bench]" not in line]
    assert installs == [
        f"python -m pip install torch=={constraints()['torch']}",
        'python -m pip install -c constraints.txt -e ".[book]"',
        'python -m pip install -c constraints.txt -e ".[book,test]"',
    ]


def test_the_readme_lists_the_commands_of_the_makefile():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [line for line in commands_of("python") if line not in readme]
    assert missing == []


def plan_of(target, tmp_path, *, has, uv):
    """The commands that make would run for a target, where the named stamps of .venv are there already."""
    for name in ("Makefile", "constraints.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    for stamp in has:
        (tmp_path / ".venv").mkdir(exist_ok=True)
        (tmp_path / ".venv" / stamp).touch()
    done = subprocess.run(
        ["make", "-n", "--no-print-directory", target, f"UV={uv}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_book_installs_no_test_library_and_a_second_call_nothing(tmp_path):
    first = plan_of("book", tmp_path, has=(), uv="")
    assert '-e ".[book]"' in first and "test]" not in first and "uv" not in first
    assert "install" not in plan_of("book", tmp_path, has=("torch", "book"), uv="")
    assert '-e ".[book,test]"' in plan_of("test", tmp_path, has=("torch", "book"), uv="")
    assert "install" not in plan_of("test", tmp_path, has=("torch", "book", "test"), uv="")


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_asks_uv_first_for_all_but_torch_and_pip_if_that_fails(tmp_path):
    (torch,) = [line for line in plan_of("book", tmp_path, has=(), uv="uv").splitlines() if "torch==" in line]
    assert torch.startswith(".venv/bin/python -m pip install")
    (line,) = [line for line in plan_of("book", tmp_path, has=(), uv="uv").splitlines() if "[book]" in line]
    by_uv, by_pip = line.split(" || ")
    assert by_uv.startswith("uv pip install --quiet --python .venv/bin/python -c constraints.txt")
    assert by_pip.startswith(".venv/bin/python -m pip install --quiet -c constraints.txt")


def test_the_hashes_are_of_the_pinned_versions_and_of_all_that_the_book_needs():
    text = (ROOT / "hashes.txt").read_text(encoding="utf-8")
    blocks = re.findall(r"(?m)^([a-z][\w.-]*)==(\S+)[^\n]*((?:\n    --hash=.*)+)", text)
    hashed = {canonicalize_name(name): Version(version) for name, version, _ in blocks}
    moved = {name for name in hashed.keys() & constraints().keys() if hashed[name] != constraints()[name]}
    assert moved == set(), "run tools/hashes.py"
    needed = [
        Requirement(one) for one in project()["dependencies"] + project()["optional-dependencies"]["book"]
    ]
    assert {canonicalize_name(one.name) for one in needed} <= hashed.keys()
    assert all(re.findall(r"sha256:[0-9a-f]{64}\b", hashes) for _, _, hashes in blocks)
