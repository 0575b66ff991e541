"""Which statements of a notebook a name needs: what is run of a student's work, and of ours, for one test.

Before exam.py. A function is taken out with what it leans on, and nothing else is run: not the figures, not
the trainings, not the cell that never ends. Read from the text alone; what a name needs is judged generously.
"""

import ast
import builtins
import contextlib
import symtable
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
ALL = "*"  # from module import *
IMPORTS = ("import ", "from ")


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement at the top of a cell."""

    cell: str
    source: str
    binds: frozenset[str]  # names that it gives a value to
    changes: frozenset[str]  # names whose value it changes: `table[0] = 1`, `checks.append(mine)`
    uses: frozenset[str]  # names that it reads, the inside of functions included, but not what is theirs
    calls: frozenset[str]  # those of them that are read at once, outside of functions: decorators too
    reaches: frozenset[str]  # names whose value a function changes when it is called


def statements_of(cell: str, source: str) -> list[Statement]:
    """The statements of a cell, IPython's own commands aside. Raises: SyntaxError for what is no Python."""
    try:
        plain = python_of(source)
        return [_statement(cell, plain, node) for node in ast.parse(plain).body]
    except (ValueError, RecursionError, MemoryError) as error:  # a null byte; nested without end
        raise SyntaxError(f"it is no Python ({type(error).__name__})") from error


def python_of(source: str) -> str:
    """A cell as Python: with `%matplotlib inline`, `!ls` or `np.pad?` in it, these are put as calls.

    Raises: SyntaxError and ValueError for what is no Python even so.
    """
    try:
        ast.parse(source)
        return source  # a line of it may begin with % all the same, and go on from the one above
    except SyntaxError as error:
        first, _, rest = source.partition("\n")
        lines = f"\n{rest}" if first.startswith("%%") else source  # %%time
        with contextlib.suppress(ImportError):
            from IPython.core.inputtransformer2 import TransformerManager

            lines = TransformerManager().transform_cell(lines)
        try:
            ast.parse(lines)
        except SyntaxError:
            raise error from None
        return lines


def _statement(cell: str, text: str, node: ast.stmt) -> Statement:
    lines = text.split("\n")[_first_line(node) - 1 : node.end_lineno]
    source = (
        "\n".join(lines) if node.col_offset == 0 and not _shares_a_line(lines, node) else ast.unparse(node)
    )
    calls, inside = _read(source, node)
    return Statement(
        cell=cell,
        source=source,
        binds=frozenset(_bound(node)),
        changes=frozenset(_changed(node)),
        uses=calls | inside,
        calls=calls,
        reaches=frozenset(_changed(node, nested=True)) & inside,
    )


def _read(source: str, node: ast.stmt) -> tuple[frozenset[str], frozenset[str]]:
    """Names from outside that a statement reads itself, and that functions in it do."""
    added = {one.target for one in ast.walk(node) if isinstance(one, ast.AugAssign)}
    names = {one.id for one in added if isinstance(one, ast.Name)}  # read as well: `total += 1`
    try:
        table = symtable.symtable(source, "<cell>", "exec")
    except SyntaxError:  # it will not run either
        every = frozenset(each.id for each in ast.walk(node) if isinstance(each, ast.Name))
        return every, every
    here = {one.get_name() for one in table.get_symbols() if one.is_referenced()}
    return frozenset(here | (names & set(table.get_identifiers()))), frozenset(_of_globals(table))


def _of_globals(table: symtable.SymbolTable) -> Iterator[str]:
    """Names of the notebook that what is nested in a statement reads or gives a value to."""
    for each in table.get_children():
        yield from (one.get_name() for one in each.get_symbols() if one.is_global())
        yield from _of_globals(each)


def _first_line(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)])


def _shares_a_line(lines: Sequence[str], node: ast.stmt) -> bool:
    """Whether another statement stands on its last line, behind a semicolon."""
    return bool(lines[-1].encode()[node.end_col_offset :].decode(errors="replace").split("#")[0].strip())


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from ((one.asname or one.name).split(".")[0] for one in node.names)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
        yield node.id
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs) and node.name:
        yield node.name
    if not isinstance(node, NESTED):
        for each in ast.iter_child_nodes(node):
            yield from _bound(each)


def _changed(node: ast.AST, *, nested: bool = False) -> Iterator[str]:
    """Args: nested: whether functions are looked into, and what they declare as `global` is told too."""
    if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
        yield root_of(node)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield root_of(node.value.func)
    elif isinstance(node, ast.Global):
        yield from node.names
    if nested or not isinstance(node, NESTED):
        for each in ast.iter_child_nodes(node):
            yield from _changed(each, nested=nested)


def root_of(node: ast.AST) -> str:
    """The name at the beginning of a dotted expression; empty where there is none, or nothing behind it."""
    dotted = isinstance(node, ast.Attribute | ast.Subscript)
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if dotted and isinstance(node, ast.Name) else ""


def needed(
    statements: Sequence[Statement], names: Iterable[str], *, given: Collection[str] = ()
) -> list[Statement]:
    """The statements that these names need, in their order. Args: given: names that need nothing."""
    wanted, taken = set(names), [False] * len(statements)
    reached: dict[str, frozenset[str]] = {}  # function -> what a call of it changes
    libraries = {name for one in statements if one.source.startswith(IMPORTS) for name in one.binds}
    for one in statements:
        for name in one.binds if one.reaches else ():
            reached[name] = reached.get(name, frozenset()) | (one.reaches - libraries)
    gives = [
        one.binds.union(one.changes, *(reached[name] for name in one.calls & set(reached)))
        for one in statements
    ]
    more = True
    while more:
        more = False
        for number, one in enumerate(statements):
            if not taken[number] and (ALL in one.binds or gives[number] & (wanted - set(given))):
                taken[number] = more = True
                wanted |= one.uses
    return [one for number, one in enumerate(statements) if taken[number]]


def free_names(source: str) -> frozenset[str]:
    """The names that a piece of our code takes from outside."""
    found = statements_of("", source)
    bound = {name for one in found for name in one.binds}
    used = {name for one in found for name in one.uses}
    return frozenset(used - bound - set(dir(builtins)))


def joined(statements: Sequence[Statement]) -> list[tuple[str, str]]:
    """Cell by cell, the text of its statements."""
    cells: dict[str, list[str]] = {}
    for one in statements:
        cells.setdefault(one.cell, []).append(one.source)
    return [(cell, "\n".join(texts)) for cell, texts in cells.items()]
