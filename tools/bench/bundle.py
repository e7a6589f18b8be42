"""One bundle into the record, as `ebbtide import` does it, for a new patient each time."""

from ebbtide.doors.files.bring_in import command_for, details_of, read
from ebbtide.ground import clock
from ebbtide.ground.ledger.action import act_now
from ebbtide.ground.people.actions import AddPatient, add_patient
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Staff
from ebbtide.ground.policy.actors import of_staff
from ebbtide.journey.assessment.actions import import_facts


def import_once(content: bytes) -> int:
    """Facts taken; the person gets a source of their own so that nothing is found from the last time."""
    staff = Staff.objects.select_related("account", "clinic").filter(roles__contains=["front_desk"]).first()
    assert staff is not None
    actor = of_staff(staff, authenticated_at=clock.now())
    brought = read(content)
    details = details_of(brought.intake.person)
    fresh = type(details)(
        **{**{n: getattr(details, n) for n in details.__slots__}, "source_key": f"bench:{new_id()}"}
    )
    patient = add_patient(act_now(actor, f"bench/{new_id()}"), AddPatient(clinic=staff.clinic, details=fresh))
    row = import_facts(act_now(actor, f"bench/{new_id()}"), command_for(patient, brought))
    return int(row.taken)
