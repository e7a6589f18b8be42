"""The bedside monitor's own alarms (PCD-04): lines beside the log, each once, and never a check of ours."""

from datetime import timedelta

import pytest
from django.urls import reverse

from ebbtide.doors.hl7v2.reading import read
from ebbtide.ground.policy.actors import integration
from ebbtide.journey.infusion.actions.samples import StoreSamples, store_samples
from ebbtide.journey.infusion.models import MonitorNotice, Quarantined
from tests.builders import NOW, an_act
from tests.doors.hl7v2.messages import AT, STAMP, message
from tests.journey.custody.presses import browser
from tests.journey.infusion.monitors import Chair

LEADS_OFF = "196916^MDC_EVT_SENSOR_DISCONN^MDC"


def alarm(
    *,
    code=LEADS_OFF,
    text="Leads off",
    phase="start",
    state="active",
    priority="PM",
    device="SIM-CHAIR-1",
    at=STAMP,
    **fields,
) -> bytes:
    told = [(code, text, "ST"), ("68480^MDC_ATTR_ALERT_SOURCE^MDC", "42", "NM"), ("68481^MDC_ATTR_EVENT_PHASE^MDC", phase, "ST"),
            ("68482^MDC_ATTR_ALARM_STATE^MDC", state, "ST"), ("68484^MDC_ATTR_ALARM_PRIORITY^MDC", priority, "ST")]  # fmt: skip
    lines = [
        f"OBX|{n}|{kind}|{name}|1.1.1.{n}|{value}||||||F|||{at}||||{device}"
        for n, (name, value, kind) in enumerate(told)
    ]
    return message(*lines, **{"kind": "ORU^R40^ORU_R40", **fields})


def one(**fields):
    report = read(alarm(**fields), AT)
    assert (report.samples, report.set_aside) == ((), ())
    (found,) = report.notices
    return found


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, ("Leads off", "medium", False, False)),
        ({"priority": "PH"}, ("Leads off", "high", False, False)),
        ({"priority": "PN"}, ("Leads off", "", False, False)),
        ({"priority": "loud"}, ("Leads off", "", False, False)),
        ({"phase": "end", "state": "inactive"}, ("Leads off", "medium", True, False)),
        ({"phase": "end"}, ("Leads off", "medium", True, False)),
        ({"phase": "continue"}, ("Leads off", "medium", False, True)),
        ({"phase": ""}, ("Leads off", "medium", False, True)),
        ({"text": ""}, ("MDC_EVT_SENSOR_DISCONN", "medium", False, False)),
        ({"text": "a\\T\\b"}, ("a&b", "medium", False, False)),
    ],
)  # fmt: skip
def test_it_reads_what_the_monitor_says_of_its_alarm(fields, found) -> None:
    notice = one(**fields)
    assert (notice.text, notice.priority, notice.ended, notice.goes_on) == found
    assert (notice.device_key, notice.observed_at, notice.training) == ("SIM-CHAIR-1", AT, False)


def test_it_takes_no_reading_from_an_alarm_and_no_alarm_from_a_reading() -> None:
    assert read(alarm(code="150456^MDC_PULS_OXIM_SAT_O2^MDC", text="80"), AT).notices == ()
    assert read(alarm(kind="ORU^R01^ORU_R01"), AT).notices == ()


def test_it_keeps_nothing_of_a_monitor_that_only_says_it_is_there() -> None:
    assert read(alarm(code="196614^MDC_EVT_ACTIVE^MDC", phase="continue"), AT).notices == ()


def test_it_calls_an_alarm_in_training_so() -> None:
    assert one(process="D").training


def test_it_reads_the_real_alarm(real_input) -> None:
    folder = real_input / "hl7v2"
    (found,) = read((folder / "klotzt_PCD04_alarm.txt").read_bytes(), AT).notices
    assert (found.text, found.priority, found.training) == ("CO2 Sensor unplugged", "low", True)
    assert read((folder / "klotzt_PCD04_watchdog.txt").read_bytes(), AT).notices == ()


def keep(chair: Chair, *contents: bytes) -> None:
    reports = [read(content, NOW) for content in contents]
    notices = tuple(notice for report in reports for notice in report.notices)
    command = StoreSamples(clinic=chair.clinic, messages=len(contents), samples=(), notices=notices)
    store_samples(an_act(integration(chair.clinic), at=NOW), command)


def stamp(seconds: int) -> str:
    return (NOW + timedelta(seconds=seconds)).strftime("%Y%m%d%H%M%S+0000")


@pytest.mark.django_db
def test_it_keeps_each_alarm_once_however_often_the_monitor_repeats_it() -> None:
    chair = Chair()
    begun, goes_on = alarm(at=stamp(-9)), [alarm(phase="continue", at=stamp(n - 8)) for n in range(5)]
    keep(chair, begun, *goes_on)
    keep(chair, *goes_on, begun, alarm(phase="end", at=stamp(-1)))
    rows = MonitorNotice.objects.order_by("observed_at")
    assert [(row.ended, row.session_id) for row in rows] == [(False, chair.session.pk)] * 2 + [
        (True, chair.session.pk)
    ]


@pytest.mark.django_db
def test_it_shows_no_alarm_of_a_monitor_that_was_on_nobody_or_is_unknown() -> None:
    chair = Chair()
    keep(chair, alarm(at=stamp(-3000)), alarm(device="STRANGER"))
    assert [row.session_id for row in MonitorNotice.objects.all()] == [None]
    assert [(row.device_key, row.reason) for row in Quarantined.objects.all()] == [
        ("STRANGER", "unknown_device")
    ]


@pytest.mark.django_db
def test_the_log_says_what_came_from_the_bedside_monitor() -> None:
    chair = Chair()
    keep(chair, alarm(at=stamp(-9), priority="PH", text="Apnea <60 s"))
    page = browser(chair.nurse).get(reverse("infusion:now", args=[chair.session.pk])).content.decode()
    assert "<b>Monitor alarm</b> Apnea &lt;60 s, its priority high" in page
    assert "from the bedside monitor · Monitor 1" in page
    assert (
        f"/entries/{MonitorNotice.objects.get().pk}" not in page
    )  # the monitor's words are nobody's to correct
