"""The command line: audit, phantom, train, bag, predict, evaluate, compare, describe, models, study, class.

A thin layer over runs/ and data/: it parses, shows progress and prints. Exit codes: 0 done, 1 done but some
cases could not be used, 2 bad input, a full disk or no memory (one line on stderr), 130 interrupted: Ctrl-C,
SIGTERM or a closed terminal (everything computed is saved).
"""

import sys

import typer

from atriacourse.cli.bars import interrupted_by_signals, print_any_name
from atriacourse.cli.check_command import check
from atriacourse.cli.class_commands import assign, classroom, grade
from atriacourse.cli.data_commands import audit, phantom
from atriacourse.cli.model_commands import compare, describe, evaluate, models, predict
from atriacourse.cli.study_commands import app as study_app
from atriacourse.cli.training_commands import bag, train
from atriacourse.errors import InputError
from atriacourse.runs.ours import out_of_memory

app = typer.Typer(
    help="Left-atrium segmentation in GE-MRI: the method of Chen, Bai and Rueckert (2018), end to end.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    audit,
    phantom,
    train,
    bag,
    predict,
    evaluate,
    compare,
    describe,
    models,
    check,
    assign,
    grade,
    classroom,
):
    app.command()(command)
app.add_typer(study_app, name="study")


def main() -> None:
    """Run the command line; bad input is one line on stderr and exit code 2."""
    print_any_name()
    try:
        with interrupted_by_signals():
            app()
    except (InputError, OSError, MemoryError, RuntimeError) as error:
        says = one_line(error)
        if says is None:
            raise
        print(f"atriacourse: {says}", file=sys.stderr)
        sys.exit(2)
    except SystemExit as end:
        if end.code == 130:  # typer's word for Ctrl-C
            print("interrupted; what was computed is saved, the same command goes on", file=sys.stderr)
        raise


def one_line(error: Exception) -> str | None:
    """What to tell of an error that is no fault of the program; None for one that is."""
    if isinstance(error, InputError):
        return " ".join(str(error).split())
    if isinstance(error, OSError):  # a full disk, a folder that may not be written to
        where = "" if error.filename is None else f"{error.filename}: "
        return f"{where}{error.strerror or error}; what was computed before is kept"
    if out_of_memory(error):
        says = " ".join(str(error).split())[:200] or "the system gave no more"
        return f"not enough memory ({says}); close other programs, or use smaller scans, crops or batches"
    return None
