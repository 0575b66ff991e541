"""The one exception the library raises for a caller's mistake or for bad input.

Every message says what came, what is needed and the way out. The command line turns an
`InputError` into one line on stderr and exit code 2, without a traceback.
"""


class InputError(ValueError):
    """Input that cannot be used: wrong shape, missing file, NaN voxels, corrupt checkpoint, ..."""
