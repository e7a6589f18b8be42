"""The jobs room: what runs without anybody waiting. Nothing that touches safety is in here."""

from uuid import UUID

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

MAIL_RETRIES = 8  # after 4, 16, 64 … s, the last about a day after the first try


@app.task(  # type: ignore[untyped-decorator]
    name="jobs.send_mail", queue="mail", retry=RetryStrategy(max_attempts=MAIL_RETRIES, exponential_wait=4)
)
def send_mail(mail_id: str) -> None:
    """Send one letter; a failed try is recorded and repeated later."""
    from ebbtide.ground.jobs.sending import send

    send(UUID(mail_id))
