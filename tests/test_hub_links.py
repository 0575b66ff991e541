"""Links that open a chapter on a JupyterHub, as nbgitpuller reads them."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import hub_links

ROOT = Path(__file__).parents[1]
REPOSITORY = "https://github.com/nobody/notebooks.git"


def test_every_chapter_has_a_link_to_a_notebook_that_is_there(capsys):
    assert hub_links.main(["https://hub.example.org/", "--repository", REPOSITORY, "--branch", "spring"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(list((ROOT / "book").glob("[0-9]*.ipynb")))
    for line in lines:
        link = urlsplit(line.rpartition("](")[2].removesuffix(")"))
        words = parse_qs(link.query)
        assert (link.netloc, link.path) == ("hub.example.org", "/hub/user-redirect/git-pull")
        assert (words["repo"], words["branch"]) == ([REPOSITORY], ["spring"])
        lab, tree, folder, *path = words["urlpath"][0].split("/")
        assert (lab, tree, folder) == ("lab", "tree", "notebooks")  # where nbgitpuller puts that repository
        assert ROOT.joinpath(*path).is_file()


def test_without_an_address_and_without_a_hub_it_says_what_is_missing(capsys, monkeypatch):
    monkeypatch.setattr(hub_links, "course_address", lambda root: None)
    assert hub_links.main(["https://hub.example.org"]) == 2
    assert "name a --repository" in capsys.readouterr().err
    assert hub_links.main(["hub.example.org", "--repository", REPOSITORY]) == 2
    assert "begins with https://" in capsys.readouterr().err
