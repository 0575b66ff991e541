"""The command line: audit, phantom, train, bag, predict, evaluate, compare, describe, study, and the class.

A thin layer over runs/ and data/: it parses, shows progress and prints. Exit codes: 0 done, 1 done but some
cases could not be used, 2 bad input (one line on stderr), 130 interrupted (everything computed is saved).
"""

import sys

import typer

from atriacourse.cli.class_commands import assign, classroom, grade
from atriacourse.cli.data_commands import audit, phantom
from atriacourse.cli.model_commands import compare, describe, evaluate, predict
from atriacourse.cli.study_commands import app as study_app
from atriacourse.cli.training_commands import bag, train
from atriacourse.errors import InputError

app = typer.Typer(
    help="Left-atrium segmentation in GE-MRI: the method of Chen, Bai and Rueckert (2018), end to end.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (audit, phantom, train, bag, predict, evaluate, compare, describe, assign, grade, classroom):
    app.command()(command)
app.add_typer(study_app, name="study")


def main() -> None:
    """Run the command line; bad input is one line on stderr and exit code 2."""
    try:
        app()
    except (InputError, OSError) as error:  # OSError: a full disk, a folder that may not be written to
        print(f"atriacourse: {error}", file=sys.stderr)
        sys.exit(2)
    except SystemExit as end:
        if end.code == 130:  # typer's word for Ctrl-C
            print("interrupted; what was computed is saved, the same command goes on", file=sys.stderr)
        raise
