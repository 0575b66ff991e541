"""The set-up cell of the notebooks, run in a bare environment with stand-ins for what Colab has installed."""

import os
import re
import shutil
import subprocess
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from address import set_address
from browsing import served
from colab import setup_cell
from make_book import build_book
from siblings import sibling_text, write_siblings

import atriacourse
from atriacourse.exercises import colab

ROOT = Path(__file__).parents[2]
ADDRESS = "https://github.com/nobody/course"
REPORT = """
from importlib.metadata import version
print(*(version(name) for name in ("torch", "numpy", "scipy", "atriacourse")))
print(os.environ.get("ATRIACOURSE_DATA"), os.environ.get("ATRIACOURSE_WORK"))
"""


@pytest.fixture
def addressed(small_book):
    """The small book's settings with a public address, set in the one place for it."""
    shutil.copy(ROOT / "CITATION.cff", small_book.parent)
    shutil.copytree(ROOT / ".github" / "assignment", small_book.parent / ".github" / "assignment")
    set_address(small_book.parent, f"{ADDRESS}.git/")
    config = small_book.parent / "_config.yml"
    wanted = config.read_text(encoding="utf-8").replace("course_comments: false", "course_comments: true")
    config.write_text(wanted, encoding="utf-8")
    return small_book


def test_without_an_address_the_course_is_uploaded(small_book):
    cell = setup_cell(small_book)
    assert 'course = "/content/atriacourse.zip"  # upload it' in cell
    assert max(len(line) for line in cell.split("\n")) <= 80


@pytest.mark.book
def test_the_address_reaches_the_set_up_cell_and_the_button(addressed):
    assert f'course = "git+{ADDRESS}@v{atriacourse.__version__}"\n' in setup_cell(addressed)
    write_siblings(addressed)
    page, _ = build_book(addressed, parameters={})
    html = (page.parent / "00_small.html").read_text(encoding="utf-8")
    assert f'href="{ADDRESS}/edit/main/book/00_small.md"' in html and f'href="{ADDRESS}/issues/new' in html
    assert f"repository-code: {ADDRESS}\n" in (addressed.parent / "CITATION.cff").read_text(encoding="utf-8")
    assert '<section class="comments" data-repository="nobody/course" data-page="00_small"' in html
    assert 'src="_static/comments.js' in html and "utteranc.es/client" not in html
    colab = re.findall(r'href="(https://colab[^"]*)"', html)
    assert colab == ["https://colab.research.google.com/github/nobody/course/blob/main/book/00_small.ipynb"]
    assert 'href="_sources/00_small.ipynb"' in html
    offered = page.parent / "_sources" / "00_small.ipynb"
    assert offered.read_text(encoding="utf-8") == sibling_text(addressed / "00_small.md")


def test_an_address_goes_as_it_came(addressed):
    checks = ".github/assignment/self-checks.yml"
    before = {
        name: (ROOT / name).read_text(encoding="utf-8") for name in ("_config.yml", "CITATION.cff", checks)
    }
    course = f"  COURSE: git+{ADDRESS}@v{atriacourse.__version__}  #"
    assert course in (addressed.parent / checks).read_text(encoding="utf-8")
    set_address(addressed.parent, None)
    left = {name: (addressed.parent / name).read_text(encoding="utf-8") for name in before}
    assert left["CITATION.cff"] == before["CITATION.cff"] and 'url: ""' in left["_config.yml"]
    assert left[checks] == before[checks]
    assert "/content/atriacourse.zip" in setup_cell(addressed)


@pytest.mark.parametrize("address", ["github.com/a/b", "https://github.com/a", 'https://x.org/a/b"c', ""])
def test_what_is_no_address_changes_nothing(small_book, address):
    before = (small_book.parent / "_config.yml").read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="an address is like https:"):
        set_address(small_book.parent, address)
    assert (small_book.parent / "_config.yml").read_text(encoding="utf-8") == before


def make_wheel(folder, name, version, *, needs=()):
    """A distribution with metadata and an empty module; returns its file."""
    path = folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    metadata = "\n".join([*lines, *(f"Requires-Dist: {need}" for need in needs)]) + "\n"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name.replace('-', '_')}/__init__.py", "")
        wheel.writestr(f"{info}/METADATA", metadata)
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture(scope="module")
def colab_like(tmp_path_factory):
    """A bare environment with stand-ins for Colab's torch and numpy, and an index with newer ones.

    The course's own wheel asks for what pyproject.toml asks for. Gives the environment's Python, the course's
    wheel, and the variables that make pip use this index alone.
    """
    home = tmp_path_factory.mktemp("colab")
    index = home / "index"
    index.mkdir()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for need in project["dependencies"]:
        name, _, floor = need.partition(">=")
        make_wheel(index, name, floor if name not in ("torch", "numpy") else "99.0")
    make_wheel(index, "scipy", "98.0", needs=["numpy>=99"])  # newer, and it wants another numpy
    course = make_wheel(index, "atriacourse", atriacourse.__version__, needs=project["dependencies"])
    venv.create(home / "env", with_pip=True)
    python = home / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    variables = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ATRIACOURSE")}
    environment |= variables
    environment.pop("PYTHONPATH", None)
    ships = [make_wheel(home, "torch", "2.11.0+cu128"), make_wheel(home, "numpy", "2.1.3")]
    subprocess.run([python, "-m", "pip", "install", "--quiet", *ships], check=True, env=environment)
    return python, course, environment


BACKEND = """
import pathlib
import shutil

def build_wheel(target, config_settings=None, metadata_directory=None):
    (wheel,) = pathlib.Path(".").glob("*.whl")
    shutil.copy(wheel, target)
    return wheel.name
"""
BUILT_BY = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


@pytest.fixture
def repository(tmp_path):
    """A server that plays NAME/REPO: the release under its tag, and a later commit on the default branch.

    Gives its address. The repository builds, without a network, the wheel that lies in it.
    """
    work, site = tmp_path / "clone", tmp_path / "site"
    work.mkdir()
    (work / "backend.py").write_text(BACKEND, encoding="utf-8")
    (work / "pyproject.toml").write_text(BUILT_BY, encoding="utf-8")

    def git(*words):
        name = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost", "-c", "safe.directory=*"]
        subprocess.run(["git", *name, *words], cwd=work, check=True, capture_output=True)

    git("init", "--quiet", "--initial-branch=main")
    make_wheel(work, "atriacourse", atriacourse.__version__)
    git("add", ".")
    git("commit", "--quiet", "--message=release")
    git("tag", f"v{atriacourse.__version__}")
    (work / f"atriacourse-{atriacourse.__version__}-py3-none-any.whl").unlink()
    make_wheel(work, "atriacourse", "99.0")
    git("add", "--all")
    git("commit", "--quiet", "--message=later")
    git("clone", "--quiet", "--bare", str(work), str(site / "nobody" / "course"))
    git("--git-dir", str(site / "nobody" / "course"), "update-server-info")
    with served(site) as address:
        yield f"{address}nobody/course"


@pytest.mark.slow
def test_with_an_address_the_cell_installs_the_release_and_not_what_came_later(
    colab_like, repository, tmp_path
):
    python, _, environment = colab_like
    cell = colab.setup_cell(ADDRESS)
    assert ADDRESS in cell
    code = "\n".join([cell.replace(ADDRESS, repository), REPORT.replace("print(os", "# (os")])
    target = tmp_path / "site-packages"  # beside the environment's own, which other tests go on with
    own = {"PIP_TARGET": str(target), "PYTHONPATH": str(target), "PIP_NO_DEPS": "1"}
    code = code.replace('("torch", "numpy", "scipy", "atriacourse")', '("torch", "numpy", "atriacourse")')
    done = subprocess.run(
        [python, "-c", code], cwd=tmp_path, env=environment | own, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["2.11.0+cu128", "2.1.3", atriacourse.__version__]


def run_cell(colab_like, folder, *, before="", changed=("", "")):
    """Run the set-up cell as Colab would; returns what is printed about the environment behind it."""
    python, course, environment = colab_like
    cell = re.sub(r'^course = ".*?"', f'course = "{course}"', setup_cell(ROOT / "book"), flags=re.MULTILINE)
    assert changed[0] in cell
    code = "\n".join([before, cell.replace(*changed), REPORT])
    done = subprocess.run([python, "-c", code], cwd=folder, env=environment, capture_output=True, text=True)
    return done


@pytest.mark.slow
def test_the_set_up_cell_leaves_torch_and_numpy_alone(colab_like, tmp_path):
    python, course, environment = colab_like
    tempted = subprocess.run(
        [python, "-m", "pip", "install", "--dry-run", course], env=environment, capture_output=True, text=True
    )
    assert "numpy-99.0" in tempted.stdout  # what pip would do without the cell's constraints
    done = run_cell(colab_like, tmp_path)
    assert done.returncode == 0, done.stderr
    versions, folders = done.stdout.splitlines()
    # scipy 98 would need another numpy, so the older one, which our own floor allows, is taken
    assert versions == "2.11.0+cu128 2.1.3 1.11 0.1.0"
    assert folders == "None None"  # not on Colab: nothing is decided for the reader
    again = run_cell(colab_like, tmp_path, changed=('"install"', '"nonsense"'))
    assert again.returncode == 0, "the course is there, so pip must not be asked again"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("drive", "home"),
    [(False, "/content/atriacourse"), (True, "/content/drive/MyDrive/atriacourse")],
)
def test_on_colab_data_and_runs_have_a_place(colab_like, tmp_path, drive, home):
    fake = "import sys, types\nsys.modules['google'] = types.ModuleType('google')\n"
    fake += "colab = sys.modules['google.colab'] = types.ModuleType('google.colab')\n"
    fake += "colab.drive = types.SimpleNamespace(mount=lambda place: print('mounted', place))\n"
    fake += "sys.modules['google'].colab = colab\n"
    done = run_cell(colab_like, tmp_path, before=fake, changed=("use_drive = False", f"use_drive = {drive}"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"{home}/data {home}/work"
    assert ("mounted /content/drive" in done.stdout) is drive
