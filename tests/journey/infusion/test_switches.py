"""The switch of the predicted concentration: off in a new clinic; only the medical director, freshly signed in, signs it on."""

import pytest
from django.urls import reverse

from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.ledger.models import Entry as LedgerEntry
from ebbtide.ground.people.models import ClinicSetting
from ebbtide.ground.policy.decisions import Denied, StepUpNeeded
from ebbtide.journey.infusion.actions import SignSwitch, sign_switch
from ebbtide.journey.infusion.switches import PREDICTION, is_on
from tests.builders import NOW, a_clinic, a_staff, an_act, an_actor
from tests.desks.chart.arrange import signed_in

pytestmark = pytest.mark.django_db
WHY = "Agreed at the review of 23 November."


def sign(clinic, by, *, on=True, read=True, reason=WHY, key="k"):
    command = SignSwitch(clinic=clinic, switch="prediction", on=on, reason=reason, read=read)
    return sign_switch(an_act(by, key=key), command)


def test_it_is_off_in_a_new_clinic():
    assert not is_on(a_clinic(), PREDICTION)


def test_the_medical_director_signs_it_on_and_off_again():
    clinic = a_clinic()
    director = a_staff("director", clinic=clinic)
    row = sign(clinic, an_actor(director))
    assert is_on(clinic, PREDICTION)
    assert (row.approved_by, row.reason) == (director, WHY)
    sign(clinic, an_actor(director), on=False, read=False, key="k2")
    assert not is_on(clinic, PREDICTION)
    assert ClinicSetting.objects.filter(name=PREDICTION.setting).count() == 2
    assert LedgerEntry.objects.filter(action__endswith="sign_switch").count() == 2


@pytest.mark.parametrize("role", ["nurse", "prescriber", "front_desk", "auditor", "operator", "researcher"])
def test_nobody_else_signs_it(role):
    clinic = a_clinic()
    with pytest.raises(Denied):
        sign(clinic, an_actor(a_staff(role, clinic=clinic)))
    assert not is_on(clinic, PREDICTION)


def test_a_director_who_signed_in_a_while_ago_signs_in_again_first():
    clinic = a_clinic()
    with pytest.raises(StepUpNeeded):
        sign(clinic, an_actor(a_staff("director", clinic=clinic), fresh=False))
    assert not is_on(clinic, PREDICTION)


def test_a_director_of_another_clinic_does_not_sign_it():
    clinic, other = a_clinic(), a_clinic()
    with pytest.raises(Denied):
        sign(clinic, an_actor(a_staff("director", clinic=other)))


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"read": False}, "INF-SWITCH-READ"),
        ({"reason": " "}, "SET-REASON"),
        ({"on": False}, "INF-SWITCH-SAME"),
    ],
)
def test_it_is_not_signed_without_the_text_a_reason_or_a_change(more, rule):
    clinic = a_clinic()
    with pytest.raises(Refused) as refused:
        sign(clinic, an_actor(a_staff("director", clinic=clinic)), **more)
    assert refused.value.rule == rule
    assert not ClinicSetting.objects.exists()


def test_there_is_no_switch_of_another_name():
    clinic = a_clinic()
    command = SignSwitch(clinic=clinic, switch="nothing", on=True, reason=WHY, read=True)
    with pytest.raises(Refused, match="no switch of this name"):
        sign_switch(an_act(an_actor(a_staff("director", clinic=clinic))), command)


@pytest.mark.parametrize(
    ("value", "signed"),
    [({"on": True, "text": 1}, False), ({"on": True, "text": 0}, True), (True, True), ("on", True)],
)
def test_what_no_director_signed_under_this_text_is_off(value, signed):
    clinic = a_clinic()
    ClinicSetting.objects.create(
        clinic=clinic, name=PREDICTION.setting, value=value, reason="by hand", set_at=NOW,
        approved_by=a_staff("director", clinic=clinic) if signed else None,
    )  # fmt: skip
    assert not is_on(clinic, PREDICTION)


def page(name="switch"):
    return reverse(f"infusion:{name}", args=["prediction"])


def test_the_page_says_what_it_means_and_what_not_to_everybody_at_the_chair():
    html = signed_in(a_staff("nurse")).get(page()).content.decode()
    for words in (*PREDICTION.means, *PREDICTION.means_not):
        assert words in html
    assert "nobody has signed it" in html
    assert page("sign_switch") not in html


def test_the_director_signs_on_the_page():
    director = a_staff("director")
    client = signed_in(director)
    told = {"key": "k1", "to": "on", "reason": WHY}
    assert client.post(page("sign_switch"), told).status_code == 422
    assert client.post(page("sign_switch"), {**told, "read": "on"}).status_code == 302
    assert is_on(director.clinic, PREDICTION)
    assert f"signed by {director.name}" in client.get(page()).content.decode()
    assert "Switch it off" in client.get(page("sign_switch")).content.decode()


def test_the_page_asks_to_sign_in_again_before_the_form():
    answer = signed_in(a_staff("director"), ago_s=600).get(page("sign_switch"))
    assert (answer.status_code, "reauthenticate" in answer.url) == (302, True)


@pytest.mark.parametrize("role", ["nurse", "prescriber"])
def test_the_signature_is_shut_for_everybody_else(role):
    client = signed_in(a_staff(role))
    assert client.get(page("sign_switch")).status_code == 403
    assert (
        client.post(page("sign_switch"), {"key": "k", "to": "on", "reason": WHY, "read": "on"}).status_code
        == 403
    )
    assert not ClinicSetting.objects.exists()


def test_the_page_knows_no_other_switch():
    client = signed_in(a_staff("director"))
    for door in ("switch", "sign_switch"):
        assert client.get(reverse(f"infusion:{door}", args=["nothing"])).status_code == 404
