"""The hooks of pre-commit run what the tests run, and need no network."""

import importlib.util
import shlex
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
CONFIG = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
HOOKS = {hook["id"]: hook for repository in CONFIG["repos"] for hook in repository["hooks"]}


@pytest.fixture
def run_by_the_tests():
    """Every command that test_structure.py runs to look at the whole repository."""
    where = ROOT / "tests" / "test_structure.py"
    specification = importlib.util.spec_from_file_location("structure", where)
    structure = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(structure)
    commands = []

    def note(*command):
        commands.append(list(command))
        return 0, ""

    structure.run = note
    structure.test_imports_run_one_way()
    structure.test_the_package_is_typed()
    structure.test_ruff_has_nothing_to_say(("check",))
    structure.test_ruff_has_nothing_to_say(("format", "--check"))
    return commands


def words_of(hook):
    program, *words = shlex.split(hook["entry"])
    assert program == "python"
    return [sys.executable, *words]


def test_the_hooks_are_the_commands_of_the_tests(run_by_the_tests):
    by_hooks = [words_of(hook) for name, hook in HOOKS.items() if name != "generated"]
    assert sorted(by_hooks) == sorted(run_by_the_tests)
    *_, records, siblings = words_of(HOOKS["generated"])
    assert (ROOT / records).is_file() and (ROOT / siblings).is_file()


def test_no_hook_fetches_anything():
    assert {repository["repo"] for repository in CONFIG["repos"]} == {"local"}
    assert {hook["language"] for hook in HOOKS.values()} == {"system"}  # the environment at hand
