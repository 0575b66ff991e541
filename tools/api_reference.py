"""The reference of the package, made from its docstrings by Sphinx's autodoc.

    {api} atriacourse.data     a section for every module below the package, with its classes and functions

The course's docstrings are plain text: a sentence, paragraphs, then `Args:`, `Returns:`, `Raises:` and
`Source:`. autodoc reads reStructuredText, so they are rewritten on the way, and what would be markup there
stays text.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from importlib.util import find_spec

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

HEAD = re.compile(r"^(?P<name>[A-Z]\w+): ?(?P<text>.*)$")
HEADS = ("Args", "Returns", "Raises", "Yields", "Source", "Sources", "Example", "Examples", "Note")


class ApiDirective(SphinxDirective):
    """Sections for the modules of a package."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """One section per module that defines something public."""
        return [self.section(name) for name in module_names(self.arguments[0])]

    def section(self, name: str) -> nodes.section:
        """The title of a module, and what autodoc makes of it."""
        section = nodes.section(
            "", nodes.title(name, "", nodes.literal(name, name)), ids=[nodes.make_id(name)]
        )
        self.state.document.note_explicit_target(section)
        text = ["```{eval-rst}", f".. automodule:: {name}", "   :members:", "```"]
        self.state.nested_parse(StringList(text, source=name), 0, section)
        return section


def module_names(package: str) -> list[str]:
    """A package and all modules below it, without private ones and empty packages, in order."""
    spec = find_spec(package)
    below = pkgutil.walk_packages(spec.submodule_search_locations or [], f"{package}.")
    names = [package, *sorted(module.name for module in below)]
    public = [name for name in names if not any(part.startswith("_") for part in name.split("."))]
    return [name for name in public if _defines(name)]


def _defines(name: str) -> bool:
    module = importlib.import_module(name)
    here = [thing for key, thing in vars(module).items() if not key.startswith("_")]
    return any(getattr(thing, "__module__", None) == name for thing in here)


def restructured(lines: list[str]) -> list[str]:
    """A docstring of the course as reStructuredText, which says the same and cannot go wrong."""
    out = []
    for block in _blocks(lines):
        head = HEAD.match(block[0])
        if head and head["name"] in HEADS:
            out += _field(head["name"], head["text"], block[1:])
        elif block[0].startswith("- "):
            out += [f"- {escaped(item)}" for item in _items(block)]
        elif block[0].startswith((" ", ">>>", "```")):
            out += ["::", "", *(f"    {line}" for line in block)]
        else:
            out.append(escaped(" ".join(line.strip() for line in block)))
        out.append("")
    return out


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """Lines that belong together: divided by empty lines and before the head of a section."""
    block = []
    for line in lines:
        head = HEAD.match(line)
        if block and (not line.strip() or (head and head["name"] in HEADS)):
            yield block
            block = []
        if line.strip():
            block.append(line.rstrip())
    if block:
        yield block


def _field(name: str, text: str, below: list[str]) -> list[str]:
    """`Args: x: ...` on one line, or a list of arguments below the head."""
    if text or not below:
        return [f":{name}: {escaped(' '.join([text, *(line.strip() for line in below)]))}"]
    indent = min(len(line) - len(line.lstrip()) for line in below)
    items = []
    for line in below:
        if line[indent] == " " and items:
            items[-1] += " " + line.strip()
        else:
            items.append(line.strip())
    return [f":{name}:", *(f"    - {escaped(item)}" for item in items)]


def _items(block: list[str]) -> list[str]:
    items = []
    for line in block:
        if line.startswith("- "):
            items.append(line[2:])
        else:
            items[-1] += " " + line.strip()
    return items


def escaped(text: str) -> str:
    """Text whose `code` is code and whose other signs are signs."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a lone backtick
        return re.sub(r"([\\*|`_])", r"\\\1", text)
    for place, part in enumerate(parts):
        if place % 2:
            parts[place] = f"``{part}``" if part.strip() == part and part else part
        else:
            parts[place] = re.sub(r"([\\*|_])", r"\\\1", part)
    joined = "".join(parts)
    return re.sub(r"(``[^`]+``)(?=\w)", r"\1\\ ", re.sub(r"(?<=[\w(/])(``[^`]+``)", r"\\ \1", joined))


def rewrite(app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    """autodoc's docstring, in place."""
    lines[:] = restructured(lines)


def leave_out(app: Sphinx, what: str, name: str, thing: object, skip: bool, options: object) -> bool | None:  # noqa: FBT001
    """The fields of a named tuple: their docstring says only which number they have."""
    return True if (getattr(thing, "__doc__", None) or "").startswith("Alias for field number") else None


def setup(app: Sphinx) -> dict[str, object]:
    """Register with Sphinx."""
    app.setup_extension("sphinx.ext.autodoc")
    app.add_directive("api", ApiDirective)
    app.connect("autodoc-process-docstring", rewrite)
    app.connect("autodoc-skip-member", leave_out)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
