"""Writing an order: hard limits refuse, the weight is measured, a version never changes."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import ProgrammingError, transaction
from django.urls import reverse

from ebbtide.ground.ledger.action import Refused
from ebbtide.journey.careplan.dosing import Step
from ebbtide.journey.careplan.models import OrderVersion
from tests.builders import NOW, a_staff
from tests.journey.careplan.steps import a_library, a_written_order, an_assessed_episode
from tests.objects import a_fact

pytestmark = pytest.mark.django_db


def test_it_works_out_the_dose_from_the_one_field() -> None:
    order = a_written_order(an_assessed_episode())
    assert order.dose_mg == Decimal(36)
    assert (order.version, order.weight_kg) == (1, Decimal(72))


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"steps": (Step(value=Decimal("0.5"), minutes=20),)}, "LIM-RATE"),
        ({"bag_volume_ml": Decimal("0.36"), "vial_mg_per_ml": Decimal(100)}, "LIM-VIAL100"),
        ({"bag_volume_ml": Decimal("0.2")}, "BAG-VOLUME"),
        ({"drug": "s_ketamine"}, "PROTOCOL-DRUG"),
        ({"goal": "  "}, "ORD-GOAL"),
        ({"review_on": (NOW - timedelta(days=1)).date()}, "ORD-REVIEW"),
        ({"gap_days": None}, "ORD-FORM"),
    ],
)
def test_it_refuses_and_says_which_rule(changes, rule) -> None:
    episode = an_assessed_episode()
    with pytest.raises(Refused) as refusal:
        a_written_order(episode, **changes)
    assert refusal.value.rule == rule
    assert not OrderVersion.objects.exists()


def test_it_refuses_more_than_the_cap_of_25_mg_per_h() -> None:
    episode = an_assessed_episode()
    from ebbtide.journey.careplan.dosing import Field, GapDays

    with pytest.raises(Refused, match="25"):
        a_written_order(
            episode,
            protocol=a_library(episode)["CRPS-10DAY-OUTPATIENT"],
            template="",
            dose_field=Field.RATE_MG_PER_KG_H,
            steps=(Step(value=Decimal("0.35"), minutes=240),),
            infusions=10,
            gap_days=GapDays(minimum=1, maximum=3),
        )


def test_it_refuses_a_weight_that_nobody_here_confirmed() -> None:
    episode = an_assessed_episode()
    with pytest.raises(Refused, match="nobody has confirmed"):
        a_written_order(episode, weight=a_fact(episode.patient, origin="imported"))


def test_it_refuses_somebody_elses_weight() -> None:
    episode, other = an_assessed_episode(), an_assessed_episode()
    with pytest.raises(Refused, match="of this person"):
        a_written_order(episode, weight=a_fact(other.patient, confirmed_by=a_staff("nurse")))


def test_it_makes_a_change_the_next_version_and_leaves_the_old_one() -> None:
    episode = an_assessed_episode()
    first = a_written_order(episode)
    second = a_written_order(episode, replaces=first, infusions=4)
    assert (second.order_id, second.version) == (first.order_id, 2)
    assert OrderVersion.objects.get(id=first.id).infusions == 5


def test_it_refuses_to_replace_a_version_that_was_replaced_meanwhile() -> None:
    episode = an_assessed_episode()
    first = a_written_order(episode)
    a_written_order(episode, replaces=first)
    with pytest.raises(Refused, match="replaced by version 2 meanwhile"):
        a_written_order(episode, replaces=first)


def test_it_cannot_be_changed_even_by_sql() -> None:
    order = a_written_order(an_assessed_episode())
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        OrderVersion.objects.filter(id=order.id).update(dose_mg=Decimal(99))


def test_it_puts_the_dose_unit_beside_the_dose_alone(client) -> None:
    """A unit beside the wrong field is read as that field's."""
    episode = an_assessed_episode()
    a_library(episode)
    a_fact(episode.patient, confirmed_by=a_staff("nurse"))
    doctor = a_staff("prescriber", clinic=episode.patient.clinic)
    client.force_login(doctor.account, backend="ebbtide.ground.people.sign_in.AccountBackend")
    session = client.session
    session["second_factor_enrolled"] = True
    session.save()
    page = client.get(reverse("careplan:write", args=[episode.id, "TPL-CHR-5X40"])).content.decode()
    assert page.count('<span class="field__unit">mg/kg</span>') == 1
    assert page.count('<span class="field__unit">mL</span>') == 1
