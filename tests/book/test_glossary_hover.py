"""The glossary's explanations as the pages' script gets them."""

from types import SimpleNamespace

import pytest
from docutils import nodes
from glossary_hover import explanations, write_script


@pytest.fixture
def glossary():
    entry = nodes.definition_list_item(
        "",
        nodes.term("", "HD", ids=["term-HD"]),
        nodes.term("", "Hausdorff distance", ids=["term-Hausdorff-distance"]),
        nodes.definition("", nodes.paragraph("", "The largest distance;\n", nodes.emphasis("", "in mm"))),
    )
    document = nodes.document("", "")
    document += nodes.definition_list("", entry)
    return document


def test_every_name_of_an_entry_has_its_text_on_one_line(glossary):
    text = "The largest distance; in mm"
    assert explanations(glossary) == {"term-HD": text, "term-Hausdorff-distance": text}


def test_a_book_without_a_glossary_gets_an_empty_script(tmp_path, glossary):
    app, env = SimpleNamespace(outdir=tmp_path), SimpleNamespace(all_docs={}, get_doctree=lambda _: glossary)
    write_script(app, env)
    assert (tmp_path / "_static" / "glossary.js").read_text() == "window.courseGlossary = {};\n"
    env.all_docs = {"glossary": 0}
    write_script(app, env)
    assert '"term-HD": "The largest' in (tmp_path / "_static" / "glossary.js").read_text()
