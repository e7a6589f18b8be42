"""The jobs room: what runs without anybody waiting. Nothing that touches safety is in here."""

from uuid import UUID

import structlog
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from ebbtide.ground import clock

MAIL_RETRIES = 8  # after 4, 16, 64 … s, the last about a day after the first try
EVERY_10_S = "* * * * * */10"  # the sixth field is the second
EVERY_MINUTE = "* * * * *"
EVERY_HOUR = "23 * * * *"

log = structlog.get_logger("jobs")


@app.task(  # type: ignore[untyped-decorator]
    name="jobs.send_mail", queue="mail", retry=RetryStrategy(max_attempts=MAIL_RETRIES, exponential_wait=4)
)
def send_mail(mail_id: str) -> None:
    """Send one letter; a failed try is recorded and repeated later."""
    from ebbtide.ground.jobs.sending import send

    send(UUID(mail_id))


@app.periodic(cron=EVERY_10_S)  # type: ignore[untyped-decorator]
@app.task(name="jobs.seal_ledger", queue="ledger", queueing_lock="seal_ledger")  # type: ignore[untyped-decorator]
def seal_ledger(timestamp: int) -> None:
    """Seal what is ready."""
    from ebbtide.ground.ledger.sealing import seal_ready

    seal_ready(clock.now())


@app.periodic(cron=EVERY_HOUR)  # type: ignore[untyped-decorator]
@app.task(name="jobs.seal_whole_ledger", queue="ledger", queueing_lock="seal_whole_ledger")  # type: ignore[untyped-decorator]
def seal_whole_ledger(timestamp: int) -> None:
    """The same for what may have stayed behind, however old it is."""
    from ebbtide.ground.ledger.sealing import seal_ready

    seal_ready(clock.now(), from_the_first=True)


@app.periodic(cron=EVERY_MINUTE)  # type: ignore[untyped-decorator]
@app.task(  # type: ignore[untyped-decorator]
    name="jobs.take_up_stalled", queue="housekeeping", queueing_lock="take_up_stalled", pass_context=True
)
async def take_up_stalled(context: JobContext, timestamp: int) -> None:
    """Jobs whose worker died in the middle are run again; each of ours may run twice and act once."""
    for job in await context.app.job_manager.get_stalled_jobs():
        log.warning("job_taken_up_again", task=job.task_name, job=job.id)
        await context.app.job_manager.retry_job(job)
