"""The process that runs a student's functions: it fences itself in, runs cells, and answers calls.

    python -m atriacourse.school.fences.room

After plain.py, system.py and audit_hook.py; started by jail.py, fresh or forked, one for each test. Orders
come and answers go as JSON, a line each, by two pipes that jail.py holds. What the student prints goes
nowhere.

    {"run": [[cell, source], ...]}      ->  {"errors": {cell: error}}
    {"look": [name, ...]}               ->  {"found": {name: value}}
    {"call": number, "given": [...]}    ->  {"value": ...} or {"error": [type, text]}

Before an answer may come {"ask": number, "given": [...]}: the student calls a function that was given; and
{"tried": [kind, what]}: something was refused. All that goes out is the student's word: answers, no grades.
"""

import json
import os
import sys
from base64 import b64decode
from collections.abc import Callable
from importlib import import_module
from pickle import loads
from types import ModuleType
from typing import IO, Any

from atriacourse.school.fences.audit_hook import watch
from atriacourse.school.fences.plain import pack, unpack
from atriacourse.school.fences.system import Limits, close_system, end_with_parent, landlock, limit_resources

MOST_REPORTS = 50
LONGEST = 200  # of an error's text


class Room:
    """The student's names, and the two pipes."""

    def __init__(self, orders: IO[bytes], answers: int) -> None:
        self._orders, self._answers = orders, answers
        self._functions: list[Callable[..., Any]] = []
        self._shipped: Any = None
        self._about: Callable[[Any], object] = lambda function: None
        main = ModuleType("__main__")
        sys.modules["__main__"] = main
        self._names = vars(main)
        self._names["display"] = lambda *shown, **more: None

    def say(self, what: dict[str, Any]) -> None:
        """Send one line."""
        line = (json.dumps(what) + "\n").encode()
        while line:
            line = line[os.write(self._answers, line) :]

    def fence(self, settings: dict[str, Any]) -> None:
        """Close every fence that this system has, and say which, before anything of the student's is run."""
        for name in settings["imports"]:
            import_module(name)
        if settings["about"]:
            module, _, name = settings["about"].partition(":")
            self._about = getattr(import_module(module), name)
        libraries = [folder for name in settings["packages"] for folder in import_module(name).__path__]
        limit_resources(Limits(**settings["limits"]))
        closed = []
        if "landlock" in settings["fences"]:
            version = landlock(read=settings["read"], write=settings["write"])
            closed += [f"Landlock {version}"] if version else []
        if "seccomp" in settings["fences"] and close_system():
            closed.append("seccomp")
        told: set[tuple[str, str]] = set()

        def report(kind: str, what: str) -> None:
            if (kind, what) not in told and len(told) < MOST_REPORTS:
                told.add((kind, what))
                self.say({"tried": [kind, what[:300]]})

        watch(read=settings["read"], write=settings["write"], libraries=libraries, report=report)
        self.say({"fences": [*closed, "audit hook"]})

    def work(self) -> None:
        """Answer until no order comes."""
        while line := self._orders.readline():
            order = json.loads(line)
            if "run" in order:
                self.say({"errors": self._run(order["run"])})
            elif "look" in order:
                found = {name: self._seen(self._names[name]) for name in order["look"] if name in self._names}
                self.say({"found": found})
            else:
                self.say(self._call(order["call"], order["given"]))

    def _run(self, cells: list[tuple[str, str]]) -> dict[str, str]:
        errors: dict[str, str] = {}
        for name, source in cells:
            try:
                exec(compile(source, f"<{name}>", "exec"), self._names)
            except BaseException as error:  # noqa: BLE001 (whatever a student's cell raises is told)
                errors.setdefault(name, ": ".join(_said(error)))
        return errors

    def _seen(self, value: Any) -> Any:
        try:
            return pack(value, function=self._number)
        except Exception as error:  # noqa: BLE001 (an object may do anything when it is looked at)
            return ["object", ": ".join(_said(error))]

    def _number(self, function: Callable[..., Any]) -> list[Any]:
        self._functions.append(function)
        name, about = getattr(function, "__name__", ""), self._about(function)
        return [len(self._functions) - 1, str(name), None if about is None else str(about)]

    def _call(self, number: int, given: list[Any]) -> dict[str, Any]:
        try:
            arguments = [unpack(one, function=self._asked, whole=self._unshipped) for one in given]
            return {"value": self._seen(self._functions[number](*arguments))}
        except BaseException as error:  # noqa: BLE001 (as above)
            return {"error": _said(error)}

    def _unshipped(self, content: str | None) -> Any:
        """The object that our side shipped: the student's never does. None: the one that came before."""
        if content is not None:
            self._shipped = loads(b64decode(content))
        return self._shipped

    def _asked(self, number: int) -> Callable[..., Any]:
        def ask(*given: Any) -> Any:
            self.say({"ask": number, "given": [pack(one) for one in given]})
            answer = json.loads(self._orders.readline())
            if "error" in answer:
                raise RuntimeError(answer["error"])
            return unpack(answer["value"])

        return ask


def _said(error: BaseException) -> list[str]:
    """An error as type and text; its text may be the student's own code."""
    try:
        text = " ".join(str(error).split())[:LONGEST]
    except BaseException:  # noqa: BLE001
        text = ""
    return [type(error).__name__[:60], text]


def main() -> None:
    """Fence this process in, then answer."""
    end_with_parent()
    orders, answers = os.fdopen(os.dup(0), "rb"), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for place in (0, 1, 2):
        os.dup2(nothing, place)
    room = Room(orders, answers)
    room.fence(json.loads(orders.readline()))
    room.work()


if __name__ == "__main__":
    main()
