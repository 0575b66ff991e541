"""A student's functions and values, as our tests meet them: called here, run in a process of their own.

After fences/jail.py and statements.py, before exam.py. What a test compares is plain data that came out of
that process; what it compares with never goes in. Where a test brings a pipeline, each has a process of its
own, in which there is no other to compare with.
"""

import base64
import builtins
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from atriacourse.clinic.pipeline import Pipeline
from atriacourse.school.fences.jail import EndedError, Inmate, Jail
from atriacourse.school.fences.plain import NotPlainError, pack, unpack


@dataclass(kw_only=True)
class Work:
    """What a student's cells give, as often in a fresh process as it is needed."""

    jail: Jail
    cells: Sequence[tuple[str, str]]  # what is run first
    names: Sequence[str]  # what is looked up then
    errors: dict[str, str] = field(default_factory=dict)  # of these cells
    ended: str = ""  # why a process was ended, or ended itself
    _stack: ExitStack = field(default_factory=ExitStack)
    _inmate: Inmate | None = None
    _shown: Pipeline | None = None  # what this process has seen

    def values(self) -> dict[str, Any]:
        """The names that there are; a function can be called. Raises: EndedError."""
        found = {}
        for name, packed in self._begin().items():
            try:
                found[name] = unpack(packed, function=self._function)
            except NotPlainError:
                found[name] = Foreign(_type_of(packed))
        return found

    def call(self, number: int, given: Sequence[Any]) -> Any:
        """Call a function by its number. Raises: EndedError; an error of the function's own, by its name."""
        if self.ended:
            raise EndedError(self.ended)
        shown = next((one for one in given if isinstance(one, Pipeline)), None)
        other = shown is not None and self._shown is not None and shown is not self._shown
        if self._inmate is None or other:
            self._begin()
        ours: list[Callable[..., Any]] = []

        def name(function: Callable[..., Any]) -> int:
            ours.append(function)
            return len(ours) - 1

        order = {"call": number, "given": [self._packed(one, name) for one in given]}
        answer = self._ask(order, {number: _answering(one) for number, one in enumerate(ours)})
        if "error" in answer:
            kind, text = map(str, answer["error"])
            raise _error(kind, text[:200])
        try:
            return unpack(answer["value"], function=self._function)
        except NotPlainError as error:
            raise TypeError(f"it returns {_type_of(answer['value'])}") from error

    def close(self) -> None:
        """End the process."""
        self._stack.close()
        self._inmate = None

    def _begin(self) -> dict[str, Any]:
        self.close()
        self._shown = None
        try:
            self._inmate = self._stack.enter_context(self.jail.inmate())
        except EndedError as error:
            self.ended = str(error)
            raise
        told = self._ask({"run": list(self.cells)})["errors"]
        self.errors |= {str(name): str(error)[:300] for name, error in dict(told).items()}
        found = self._ask({"look": list(self.names)})["found"]
        return {name: found[name] for name in self.names if name in found}

    def _ask(self, order: dict[str, Any], answers: dict[int, Any] | None = None) -> dict[str, Any]:
        if self._inmate is None:
            raise EndedError(self.ended)
        try:
            return self._inmate.ask(order, answers)
        except EndedError as error:
            self.ended = str(error)
            self.close()
            raise

    def _packed(self, value: Any, name: Callable[[Any], int]) -> Any:
        if not isinstance(value, Pipeline):
            return pack(value, function=name)
        if value is self._shown:
            return ["whole", None]  # the one that it has
        import cloudpickle

        self._shown = value
        return ["whole", base64.b64encode(cloudpickle.dumps(value)).decode()]

    def _function(self, told: Any) -> "Theirs":
        number, name, about = told
        return Theirs(self, int(number), str(name), None if about is None else str(about))


class Theirs:
    """A function of the student's."""

    def __init__(self, work: Work, number: int, name: str, leans_on: str | None) -> None:
        self._work, self._number = work, number
        self.__name__, self.leans_on = name, leans_on

    def __call__(self, *given: Any) -> Any:
        """Call it there. Raises: as `Work.call`."""
        return self._work.call(self._number, given)

    def __deepcopy__(self, memo: object) -> "Theirs":
        return self


class Foreign:
    """Where a value should be and an object is: equal to nothing, and no number."""

    def __init__(self, says: str) -> None:
        self._says = says

    def __repr__(self) -> str:
        return self._says

    __eq__ = object.__eq__
    __hash__ = object.__hash__


@contextmanager
def opened(work: Work) -> Iterator[Work]:
    """The work, as long as the block lasts."""
    try:
        yield work
    finally:
        work.close()


def _answering(function: Callable[..., Any]) -> Callable[[Any], dict[str, Any]]:
    def answer(given: Any) -> dict[str, Any]:
        try:
            return {"value": pack(function(*[unpack(one) for one in given]))}
        except Exception as error:  # noqa: BLE001 (what it was called with is the student's)
            return {"error": f"{type(error).__name__}: {error}"}

    return answer


def _error(kind: str, text: str) -> Exception:
    """An exception of Python's own by its name; an invented one is none of these."""
    found = getattr(builtins, kind, None)
    try:
        error = found(text) if isinstance(found, type) else None
    except TypeError:  # it wants more than a text
        error = None
    return error if isinstance(error, Exception) else RuntimeError(f"{kind}: {text}")


def _type_of(packed: Any) -> str:
    is_object = isinstance(packed, list) and len(packed) == 2 and packed[0] == "object"
    return str(packed[1])[:200] if is_object else "what is no plain data"
