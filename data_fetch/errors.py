"""What can go wrong while fetching; every message says what came, what was needed and the way out."""


class FetchError(RuntimeError):
    """This file (or archive) cannot be had; others of the same data set may still be."""


class FetchStoppedError(FetchError):
    """There is no point in going on to the next file: the server is out of reach, the disk is full, ..."""


class TermsError(FetchError):
    """The caller has not accepted the data set's terms; the message contains them."""
