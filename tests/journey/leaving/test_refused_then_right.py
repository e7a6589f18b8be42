"""The door by day: each refusal with its sentence that says what to do, and then the same person leaves, right."""

from datetime import time
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.people.models import ClinicSetting
from ebbtide.journey.leaving.models import Departure
from ebbtide.journey.leaving.rules import Gate
from ebbtide.journey.leaving.scores import Pressure
from tests.builders import NOW
from tests.clocks import stand_at
from tests.house.posts import browser
from tests.journey.infusion.arrange import after
from tests.journey.leaving.arrange import ITEMS, STOP, Door
from tests.journey.leaving.test_pages import ESCORT, text

pytestmark = pytest.mark.django_db
LIMP = ITEMS["aldrete"] | {"activity": 0}
UNSTEADY = ITEMS["padss"] | {"gait": 0}
# what was seen, what the escort's part lacked, and the sentence on the page
REFUSALS = {
    Gate.ALDRETE: ({"aldrete": LIMP}, {}, "Aldrete is 8 of 10 against the own baseline, and 9 are needed: observe again in 15 min."),
    Gate.PADSS: ({"padss": UNSTEADY}, {}, "PADSS is 8 of 10 against the own baseline, and 9 are needed: observe again in 15 min."),
    Gate.RASS: ({"rass": -1}, {}, "RASS is -1 and must be 0: observe again in 15 min."),
    Gate.DISSOCIATION: ({"dissociation": 3}, {}, "at most 2 is allowed: observe again in 15 min."),
    Gate.GAIT: ({"gait_as_before": False}, {}, "let the person rest, walk again in 15 min."),
    Gate.SI: ({"new_suicidal_thought": None}, {}, "Nobody has asked about new thoughts of suicide: ask, and record the answer."),
    Gate.BP: ({"pressure": Pressure(sbp_mmhg=150, dbp_mmhg=78)}, {}, "within 20 % and below 160/100 mmHg is needed: measure again in 5 min."),
    Gate.ESCORT: ({}, {"signature": ""}, "The escort has not signed: hand over the instructions, and let them sign with their name."),
}  # fmt: skip


def sentence(page: str) -> str:
    return page.replace("&#x27;", "'")


@pytest.mark.parametrize("gate", REFUSALS)
def test_discharge_is_refused_and_then_right(gate, monkeypatch) -> None:
    seen, lacking, says = REFUSALS[gate]
    stand_at(monkeypatch, after(STOP + 33))
    door = Door().stopped()
    door.observe(STOP + 31, **seen)
    client, url = browser(door.staff), reverse("leaving:discharge", args=[door.session.pk])
    refused = client.post(url, {**ESCORT, **lacking})
    assert refused.status_code == 422
    assert says in sentence(text(refused))
    assert not Departure.objects.exists()
    door.observe(STOP + 32)
    assert client.post(url, {**ESCORT, "key": "again"}).status_code == 302
    assert Departure.objects.get().discharged_by == door.staff


@pytest.mark.parametrize(
    ("minutes", "says"),
    [
        (STOP + 20, "10 min of observation remain of 30 min after the end: stay with the person."),
        (STOP + 55, "at most 20 min count: observe again."),
    ],
)
def test_too_early_and_too_long_ago(minutes, says, monkeypatch) -> None:
    stand_at(monkeypatch, after(minutes))
    door = Door().stopped()
    door.observe(STOP + 18)
    client, url = browser(door.staff), reverse("leaving:discharge", args=[door.session.pk])
    assert says in sentence(text(client.post(url, ESCORT)))


def test_g12_someone_who_never_walked_tandem_leaves_as_they_came(monkeypatch) -> None:
    stand_at(monkeypatch, after(STOP + 33))
    door = Door().stopped(aldrete=LIMP | {"activity": 1}, padss=UNSTEADY)
    door.observe(aldrete=LIMP | {"activity": 1}, padss=UNSTEADY)
    url = reverse("leaving:discharge", args=[door.session.pk])
    assert browser(door.staff).post(url, ESCORT).status_code == 302


def test_a_clinic_may_set_a_lower_limit_and_never_a_higher_one() -> None:
    door = Door().stopped(pressure=Pressure(sbp_mmhg=140, dbp_mmhg=80))
    for name, value in (("leaving.sbp_below_mmhg", 150), ("leaving.dbp_below_mmhg", 200)):
        ClinicSetting.objects.create(clinic=door.clinic, name=name, value=value, reason="x", set_at=NOW)
    assert door.standing().settings.pressure_below == Pressure(sbp_mmhg=150, dbp_mmhg=100)
    door.observe(pressure=Pressure(sbp_mmhg=151, dbp_mmhg=82))
    with pytest.raises(Refused, match="below 150/100 mmHg is needed"):
        door.leave()


# — from paper —


def test_a_departure_on_paper_is_entered_with_its_own_time_and_marked_late(monkeypatch) -> None:
    """The screens were down from the end of the infusion on; the nurse enters the papers two hours later."""
    door = Door().stopped()
    stand_at(monkeypatch, after(STOP + 150))
    client = browser(door.staff)
    url = reverse("leaving:recovery", args=[door.session.pk])
    told = {
        "key": "o", "happened_at": wall(STOP + 31), "upper_mmhg": "124", "lower_mmhg": "78", "awake": "0", "apart": "0",
        "pain": "3", "steady": "yes", "thought": "no",
        **{f"{score}-{item}": "2" for score in ITEMS for item in ITEMS[score] if item not in {"circulation", "vital_signs"}},
    }  # fmt: skip
    assert client.post(url, told).status_code == 302
    door_url = reverse("leaving:discharge", args=[door.session.pk])
    assert "observe again" in text(client.post(door_url, ESCORT))
    assert client.post(door_url, {**ESCORT, "key": "p", "went_at": wall(STOP + 35)}).status_code == 302
    left = Departure.objects.get()
    assert left.discharged_at == after(STOP + 35)
    assert left.recorded_at >= after(STOP + 150)
    assert left.no_driving_at == time(8)
    assert "entered late" in text(client.get(reverse("leaving:departure", args=[left.pk])))


def test_what_was_seen_after_the_stated_time_does_not_open_the_gate(monkeypatch) -> None:
    door = Door().stopped()
    door.observe(STOP + 40)
    stand_at(monkeypatch, after(STOP + 45))
    url = reverse("leaving:discharge", args=[door.session.pk])
    answer = browser(door.staff).post(url, {**ESCORT, "went_at": wall(STOP + 35)})
    assert "Aldrete has no score, not recorded" in text(answer)


def wall(minutes) -> str:
    return f"{after(minutes).astimezone(ZoneInfo('America/Chicago')):%H:%M}"
