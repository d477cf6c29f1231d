"""Huey tasks: wake-ups, never the work. Losing one loses nothing; the work is rows."""


def wake_receipts() -> None:
    """Called after events were committed."""
