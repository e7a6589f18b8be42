"""The downtime kit: blank forms on paper for each chair, with the same items as the screens, for when the screens are down."""

from collections.abc import Sequence
from datetime import datetime

from ebbtide.ground.documents.paper import render_pdf
from ebbtide.ground.people.models import Clinic, Resource, ResourceKind
from ebbtide.journey.infusion.events import SCALES, ScaleName
from ebbtide.journey.leaving.instructions import CRISIS, EMERGENCY
from ebbtide.journey.leaving.rules import OBSERVE_EVERY_MIN, WAIT_MIN, WORDS, Gate
from ebbtide.journey.leaving.scores import ITEMS, ScoreName

LONGEST_MIN = 240  # the longest infusion of the kit; a second sheet follows for a longer one [design]
RECOVERY_MIN = 90  # of the recovery sheet [design]
TITLES = {ScoreName.ALDRETE: "Aldrete", ScoreName.PADSS: "PADSS"}
PAPER_SCALES = (ScaleName.RASS, ScaleName.DISSOCIATION, ScaleName.NRS11, ScaleName.NAUSEA)


def kit_for(clinic: Clinic, *, at: datetime) -> bytes:
    """The PDF: for each chair in use a session record and a recovery sheet, all blank, no word about any person."""
    chairs = Resource.objects.filter(clinic=clinic, kind=ResourceKind.CHAIR, out_of_use_at__isnull=True)
    names = list(chairs.order_by("name").values_list("name", flat=True))
    return kit_paper(clinic, names or ["Chair"], at=at)


def kit_paper(clinic: Clinic, chairs: Sequence[str], *, at: datetime) -> bytes:
    """The forms for these chairs."""
    data = {
        "title": "Downtime kit",
        "clinic": {"name": clinic.name, "address": clinic.address, "phone": clinic.phone},
        "chairs": list(chairs),
        "every_min": OBSERVE_EVERY_MIN,
        "wait_min": WAIT_MIN,
        "times": ["before", "start", *(str(m) for m in range(OBSERVE_EVERY_MIN, LONGEST_MIN + 1, OBSERVE_EVERY_MIN))],
        "recovery_times": ["before", *(str(m) for m in range(OBSERVE_EVERY_MIN, RECOVERY_MIN + 1, OBSERVE_EVERY_MIN))],
        "scales": [f"{SCALES[name].words} {SCALES[name].low} to {SCALES[name].high}" for name in PAPER_SCALES],
        "scores": [
            {"name": TITLES[name], "items": [{"label": item.label, "means": item.means} for item in ITEMS[name]]}
            for name in ScoreName
        ],
        "gates": [WORDS[gate] for gate in Gate],
        "emergency": EMERGENCY,
        "crisis": CRISIS,
    }  # fmt: skip
    return render_pdf("nurse_station/downtime", data, at=at)
