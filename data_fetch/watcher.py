"""How a long download tells its caller what it is doing; the library itself never prints."""


class Watcher:
    """Hears about progress and says nothing; `__main__` has a subclass that draws a bar."""

    def begin(self, label: str, total_bytes: int) -> None:
        """Start a piece of work of `total_bytes` bytes."""

    def advance(self, count: int) -> None:
        """Count `count` more bytes as done; negative where bytes had to be thrown away."""

    def note(self, text: str) -> None:
        """Hear one line worth telling: a retry, a file fetched again, another process at work."""

    def end(self) -> None:
        """Finish the piece of work, also when it failed."""
