"""Give every page the glossary's explanations: course.js shows one when a term is hovered or focused.

A Sphinx extension. The texts are taken from the page `glossary` once it is read and written to one small
script, `_static/glossary.js`, which loads from a folder too (a fetch would not).
"""

import json
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

PAGE = "glossary"
SCRIPT = "glossary.js"


def explanations(doctree: nodes.document) -> dict[str, str]:
    """The text of each entry by its anchor, e.g. {"term-voxel": "One cell of ..."}."""
    found = {}
    for entry in doctree.findall(nodes.definition_list_item):
        text = " ".join(
            " ".join(part.astext().split()) for part in entry.children if isinstance(part, nodes.definition)
        )
        for term in entry.findall(nodes.term):
            found |= dict.fromkeys(term["ids"], text)
    return found


def write_script(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write the script before the pages are; a book without a glossary gets an empty one."""
    texts = explanations(env.get_doctree(PAGE)) if PAGE in env.all_docs else {}
    folder = Path(app.outdir) / "_static"
    folder.mkdir(parents=True, exist_ok=True)
    line = f"window.courseGlossary = {json.dumps(texts, ensure_ascii=False, indent=0)};\n"
    (folder / SCRIPT).write_text(line, encoding="utf-8")
    return []


def setup(app: Sphinx) -> dict[str, object]:
    """Register with Sphinx."""
    app.add_js_file(SCRIPT, loading_method="defer", priority=400)  # before course.js
    app.connect("env-updated", write_script)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
