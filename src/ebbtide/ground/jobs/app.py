"""The job runner's own start: nothing that touches safety waits for it."""

from procrastinate import App

JOBS_AT_ONCE = (
    2  # each holds a connection of Django's pool beside the runner's own; a clinic's jobs are short
)


def ready(app: App) -> None:
    """Called once by procrastinate when Django is ready."""
    # the sealing alone is 8,640 jobs a day: what went well is in the ledger, what failed is kept and seen
    app.worker_defaults.setdefault("delete_jobs", "successful")
    app.worker_defaults.setdefault("concurrency", JOBS_AT_ONCE)
