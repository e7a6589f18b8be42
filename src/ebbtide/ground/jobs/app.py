"""The job runner's own start: nothing that touches safety waits for it."""

from procrastinate import App


def ready(app: App) -> None:
    """Called once by procrastinate when Django is ready."""
