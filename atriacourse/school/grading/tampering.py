"""Code that changes what an assignment measures with, or looks where no answer lies.

Used by restore.py. It looks at the text alone, so it finds what is done in the open; an instructor reads the
cell and decides. Nothing of it reaches a grade: what counts is measured and tested elsewhere (exam.py).
"""

import ast
from collections.abc import Iterator

from atriacourse.school.grading.statements import python_of

OURS = "atriacourse"
KEPT = ("work", "begin_assignment")  # names that locked cells make and answers call
SETTERS = ("setattr", "delattr")
PRYING = ("gc", "inspect", "ctypes", "atexit", "signal", "cloudpickle")  # modules no answer has a use for
INSIDE = (
    "_getframe",
    "settrace",
    "setprofile",
    "tb_frame",
    "f_back",
    "__code__",
    "__closure__",
    "__globals__",
)


def tampering(source: str) -> list[str]:
    """What a cell changes that is not its own, a sentence each; a cell that is no Python changes nothing."""
    tree = _tree(source)
    ours = set(_imported(tree)) | set(KEPT)
    found = []
    for node in ast.walk(tree):
        for target in _given(node):
            root = _root(target)
            if isinstance(target, ast.Name) and target.id in KEPT:
                found.append(f"a cell gives `{target.id}` a new value")
            elif isinstance(target, ast.Attribute) and root in ours:
                found.append(f"a cell changes `{ast.unparse(target)}`")
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in SETTERS
            and node.args
            and _root(node.args[0]) in ours
        ):
            found.append(f"a cell changes `{ast.unparse(node.args[0])}` with {node.func.id}")
        if isinstance(node, ast.ImportFrom | ast.Import) and _forges(node):
            found.append("a cell imports the writer of the journal")
    return sorted(set(found))


def prying(source: str) -> list[str]:
    """Where a cell looks or reaches that has nothing to do with an answer, a sentence each."""
    tree, found = _tree(source), []
    modules = {
        one.asname or one.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for one in node.names
    }
    for node in ast.walk(tree):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        found += [f"a cell imports `{name}`" for name in names if name.split(".")[0] in PRYING]
        if isinstance(node, ast.Attribute) and node.attr in INSIDE:
            found.append(f"a cell looks at `{node.attr}`")
        for target in _given(node):
            of_module = isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name)
            if of_module and _root(target) in modules - set(_imported(tree)):
                found.append(f"a cell changes `{ast.unparse(target)}`")
    return sorted(set(found))


def _tree(source: str) -> ast.AST:
    """What a cell says; nothing where it is no Python."""
    try:
        return ast.parse(python_of(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module(body=[], type_ignores=[])


def _imported(tree: ast.AST) -> Iterator[str]:
    """Names that stand for modules and classes of the course."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                if one.name.split(".")[0] == OURS:
                    yield one.asname or OURS
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == OURS:
            for one in node.names:
                yield one.asname or one.name


def _given(node: ast.AST) -> Iterator[ast.expr]:
    """What a statement, of whatever kind, gives a value to or deletes."""
    if isinstance(node, ast.expr) and isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
        yield node
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield ast.Name(node.name)
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (ast.Name(one.asname) for one in node.names if one.asname)


def _root(node: ast.AST) -> str:
    """The name at the beginning of a dotted expression."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _forges(node: ast.Import | ast.ImportFrom) -> bool:
    names = [one.name for one in node.names]
    module = getattr(node, "module", None) or ""
    return any("journal" in text for text in [module, *names]) and OURS in " ".join([module, *names])
