"""A person after their infusion: stopped, observed, well enough to leave, in as few words as possible."""

import io
from dataclasses import replace

from PIL import Image, ImageDraw

from ebbtide.journey.infusion.models import Session
from ebbtide.journey.leaving.actions import (
    Discharge,
    Escort,
    RecordRecovery,
    Release,
    Seen,
    discharge,
    record_recovery,
    release,
)
from ebbtide.journey.leaving.models import RecoveryPhase
from ebbtide.journey.leaving.queries import session_to_leave, standing_of
from ebbtide.journey.leaving.scores import ALDRETE, PADSS, Pressure
from tests.builders import a_staff, an_act, an_actor, an_assignment
from tests.journey.infusion.arrange import Chairside, after

STOP = 40  # min after the start
ITEMS = {"aldrete": {i.id: 2 for i in ALDRETE}, "padss": {i.id: 2 for i in PADSS}}
BEFORE = Seen(**ITEMS, pressure=Pressure(sbp_mmhg=120, dbp_mmhg=76), rass=0, dissociation=0, pain_nrs=6)
WELL = replace(
    BEFORE,
    pressure=Pressure(sbp_mmhg=126, dbp_mmhg=78),
    dissociation=1,
    pain_nrs=3,
    gait_as_before=True,
    new_suicidal_thought=False,
)
ESCORT = Escort(name="Sam Reyes", phone="312 555 0177", relation="Brother", signed_name="Sam Reyes")


def seen(**changes) -> Seen:
    return replace(WELL, **changes)


class Door(Chairside):
    """The chair, and then the door."""

    def before(self, minutes=-5, **changes):
        """The baseline, before the start."""
        return record_recovery(
            self.act(minutes),
            RecordRecovery(
                session=self.session, phase=RecoveryPhase.BASELINE, seen=replace(BEFORE, **changes)
            ),
        )

    def stopped(self, *, baseline=True, **changes):
        """Checked in, a baseline taken, the drug given and stopped."""
        self.ready()
        if baseline:
            self.before(0, **changes)
        self.dose("start", 0, rate_mg_per_h="52.5")
        self.chart("stop", STOP, reason="dose complete")
        return self

    def observe(self, minutes=STOP + 31, *, key="", by=None, **changes):
        return record_recovery(
            self.act(minutes, key=key, by=by),
            RecordRecovery(session=self.session, phase=RecoveryPhase.RECOVERY, seen=seen(**changes)),
        )

    def sign(self, row, *gates, minutes=STOP + 32, reason="Seen and safe with family", by=None):
        return release(
            self.act(minutes, by=by or self.prescriber()),
            Release(recovery=row, gates=tuple(gates), reason=reason),
        )

    def prescriber(self):
        staff = a_staff("prescriber", clinic=self.clinic)
        an_assignment(staff, self.patient)
        return replace(an_actor(staff), authenticated_at=after(600))

    def leave(self, minutes=STOP + 33, *, key="", by=None, handed_over=True, portal="", **escort):
        return discharge(
            an_act(by or self.fresh(), at=after(minutes), key=key),
            Discharge(
                session=self.session,
                escort=replace(ESCORT, **escort),
                handed_over=handed_over,
                portal=portal,
            ),
        )

    def fresh(self):
        """The nurse, just signed in again."""
        return replace(self.nurse, authenticated_at=after(600))

    def standing(self, minutes=STOP + 33, **escort):
        return standing_of(session_to_leave(self.session.pk), at=after(minutes), **escort)

    def again(self):
        return Session.objects.get(pk=self.session.pk)


def a_drawing() -> bytes:
    """A signature as the pad sends it."""
    picture = Image.new("RGBA", (400, 120), (0, 0, 0, 0))
    ImageDraw.Draw(picture).line(
        [(20, 90), (120, 20), (220, 100), (380, 40)], fill=(20, 40, 58, 255), width=4
    )
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
