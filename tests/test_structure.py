"""The shape of the repository: one-way imports, linted code, no scan or weight or picture tracked."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DATA_SUFFIXES = {".nrrd", ".nii", ".gz", ".h5", ".hdf5", ".npy", ".npz", ".mha", ".dcm"}
WEIGHT_SUFFIXES = {".pt", ".pth", ".ckpt", ".safetensors", ".onnx", ".pkl"}
ASSETS = ROOT / "book" / "_assets"
MODELS = ROOT / "atriacourse" / "models"
PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".tif", ".tiff"}


def run(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def tracked():
    code, listed = run("git", "-c", "safe.directory=*", "ls-files")
    if code != 0:
        pytest.skip("not a git checkout: there is no list of tracked files")
    return [ROOT / line for line in listed.splitlines()]


def test_imports_run_one_way():
    code, said = run(sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()")
    assert code == 0, said


@pytest.mark.parametrize("command", [("check",), ("format", "--check")])
def test_ruff_has_nothing_to_say(command):
    code, said = run(sys.executable, "-m", "ruff", *command, ".")
    assert code == 0, said


@pytest.mark.slow  # the first time; what it found it keeps in .mypy_cache
def test_the_package_is_typed():
    code, said = run(sys.executable, "-m", "mypy")  # over `files` of pyproject.toml
    assert code == 0, said


PLANTED = """
import json
import nowhere_at_all
def word(number: int) -> str:
    return number
def untyped(number):
    return number
def bare(numbers: list) -> int | None:
    return len(numbers)
def optional(numbers: list[int]) -> int:
    return bare(numbers) + 1
def silenced() -> str:
    return 1  # type: ignore
def needless() -> int:
    return 1  # type: ignore[return-value]
def unreachable(number: int) -> str:
    if isinstance(number, int):
        return ""
    return json.dumps(number)
"""


def test_the_type_checker_lets_no_fault_through(tmp_path):
    (tmp_path / "planted.py").write_text(PLANTED, encoding="utf-8")
    code, said = run(sys.executable, "-m", "mypy", str(tmp_path / "planted.py"))
    found = {
        (int(line.split(":")[1]), line.rpartition("[")[2].rstrip("]"))
        for line in said.splitlines()
        if ": error: " in line
    }
    assert code == 1
    assert found == {
        (3, "import-not-found"),
        (5, "return-value"),
        (6, "no-untyped-def"),
        (8, "type-arg"),
        (11, "operator"),
        (13, "ignore-without-code"),
        (15, "unused-ignore"),
        (19, "unreachable"),
    }


def test_importing_the_package_pulls_in_nothing_heavy():
    script = (
        "import sys, atriacourse; print([m for m in ('torch', 'pandas', 'matplotlib') if m in sys.modules])"
    )
    assert run(sys.executable, "-c", script) == (0, "[]\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    "module",
    [
        "atriacourse.data.volume",
        "atriacourse.data.cohort",
        "atriacourse.data.splits",
        "atriacourse.data.phantom",
        "atriacourse.evaluation.case_row",
        "atriacourse.evaluation.compare",
        "atriacourse.inference.postprocess",
        "data_fetch",
    ],
)
def test_what_needs_no_network_needs_no_torch(module):
    assert run(sys.executable, "-c", f"import sys, {module}; print('torch' in sys.modules)") == (0, "False\n")


def test_no_scan_and_no_weights_are_tracked():
    forbidden = DATA_SUFFIXES | WEIGHT_SUFFIXES
    ours = set(MODELS.glob("*/best.safetensors"))  # trained on phantoms: tests/runs/test_shipped.py
    assert [path.name for path in tracked() if path.suffix.lower() in forbidden and path not in ours] == []


def test_no_picture_is_tracked_but_those_that_a_command_draws_of_phantoms():
    # A picture of a scan may not be passed on; the pages draw theirs when they are built.
    front = {"front.png", "icon.svg", "preview.png"}  # tools/front_picture.py, preview.py
    stills = {f"{lab.stem}.png" for lab in (ASSETS / "labs").glob("*.js")}  # tools/lab_stills.py
    drawn = {ASSETS / name for name in front} | {ASSETS / "stills" / name for name in stills}
    assert [path.name for path in tracked() if path.suffix.lower() in PICTURES and path not in drawn] == []


def test_no_large_file_is_tracked_outside_the_vendored_scripts():
    vendors = {ROOT / "book" / "_assets" / "vendor", ROOT / "tests" / "book" / "vendor"}
    large = [path for path in tracked() if path.is_file() and path.stat().st_size > 500_000]
    large = [path for path in large if not (path.is_relative_to(MODELS) and path.stat().st_size <= 1_000_000)]
    assert [path.name for path in large if vendors.isdisjoint(path.parents)] == []


def test_committed_notebooks_have_no_outputs():
    for path in tracked():
        if path.suffix == ".ipynb":
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            assert [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")] == []
