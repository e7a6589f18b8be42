"""The registry's job: exposures of the infusions that ended. Nothing that touches safety waits for it."""

import structlog
from procrastinate.contrib.django import app

EVERY_5_MIN = "*/5 * * * *"
AT_ONCE = 200  # infusions of a clinic in one job; the rest come with the next

log = structlog.get_logger("registry")


@app.periodic(cron=EVERY_5_MIN)  # type: ignore[untyped-decorator]
@app.task(name="registry.record_exposures", queue="registry", queueing_lock="record_exposures")  # type: ignore[untyped-decorator]
def record_exposures(timestamp: int) -> None:
    """Record what is missing, and what was corrected since, in every clinic."""
    from ebbtide.ground.ledger.action import act_now
    from ebbtide.ground.people.models import Clinic
    from ebbtide.ground.policy.actors import system
    from ebbtide.journey.registry.recording import record_waiting

    for clinic in Clinic.objects.order_by("id"):
        done = record_waiting(act_now(system(clinic), "job"), clinic, most=AT_ONCE)
        if done.recorded or done.refused:
            log.info(
                "exposures_recorded", clinic=str(clinic.id), recorded=done.recorded, refused=done.refused
            )
