"""Teams: one notebook for several students, and each member's marks.

    python tools/teams.py roster.csv --out teams.csv                    a line a team, to `assign` and `grade`
    python tools/teams.py roster.csv --grades grades --out marks.csv    a line a member, from the gradebook

The roster has the columns `id`, `team` and, if you like, `name`. A team has an id of its own, from which its
variant follows; who has no team works alone. Marks are those of `gradebook.csv` as `grade` wrote it last,
with what you typed under `override`.
"""

import argparse
import sys
from pathlib import Path

import pandas as pd

from atriacourse.errors import InputError
from atriacourse.files import write_whole


def read(path: Path, *needed: str) -> pd.DataFrame:
    """A table of words, as spreadsheets save it. Raises: InputError without these columns."""
    try:
        table = pd.read_csv(
            path, sep=None, engine="python", dtype=str, keep_default_na=False, encoding="utf-8-sig"
        )
    except (OSError, ValueError, pd.errors.ParserError) as error:
        raise InputError(f"{path} cannot be read as a table: {error}") from error
    table.columns = table.columns.str.strip().str.lower()
    missing = [name for name in needed if name not in table]
    if missing:
        raise InputError(f"{path} needs the columns {', '.join(needed)}; {', '.join(missing)} is not there")
    return table.apply(lambda column: column.str.strip())


def read_members(path: Path) -> pd.DataFrame:
    """The roster: id, name and team of each student; the team of who works alone is the id.

    Raises: InputError for an id that stands twice, or a team that is called like a student who is not alone.
    """
    members = read(path, "id", "team")
    members = members[members["id"] != ""].copy()
    if "name" not in members:
        members["name"] = ""
    twice = members.loc[members["id"].duplicated(), "id"].tolist()
    if twice:
        raise InputError(f"{path} has {', '.join(twice)} twice; a student is in one team")
    taken = sorted(set(members["team"]) & set(members["id"]))
    if taken:
        raise InputError(f"{path}: a team is called like a student, {', '.join(taken)}; give it another id")
    members["team"] = members["team"].where(members["team"] != "", members["id"])
    return members[["id", "name", "team"]]


def teams_of(members: pd.DataFrame) -> pd.DataFrame:
    """The roster that `assign` and `grade` read: the team as id, its members as name."""
    members = members.assign(shown=members["name"].where(members["name"] != "", members["id"]))
    shown = members.groupby("team", sort=False)["shown"].agg(" and ".join)
    return pd.DataFrame({"id": shown.index, "name": shown.to_numpy()})


def marks_of(members: pd.DataFrame, gradebook: pd.DataFrame) -> pd.DataFrame:
    """A line for each member and assignment: what the team has."""
    shown = gradebook.rename(columns={"student": "team"})[["team", "assignment", "total", "comment", "flags"]]
    marks = members.merge(shown, on="team", how="left").fillna("")
    return marks.sort_values(["assignment", "id"], kind="stable")


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("roster", type=Path)
    parser.add_argument("--grades", type=Path, help="the folder that `grade` wrote")
    parser.add_argument("--out", type=Path, required=True, help="the table to write")
    given = parser.parse_args(arguments)
    try:
        members = read_members(given.roster)
        if given.grades is None:
            table = teams_of(members)
        else:
            gradebook = read(
                given.grades / "gradebook.csv", "student", "assignment", "total", "comment", "flags"
            )
            table = marks_of(members, gradebook)
            strangers = sorted(set(gradebook["student"]) - set(members["team"]))
            if strangers:
                print(f"in no team of the roster: {', '.join(strangers)}")
        write_whole(given.out, table.to_csv(index=False, lineterminator="\n"))
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{given.out}: {len(table)} lines")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
