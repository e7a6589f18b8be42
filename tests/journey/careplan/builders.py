"""Builders of the careplan's tests: orders as a prescriber would write them."""

from datetime import date
from decimal import Decimal

from ebbtide.evidence.protocols import load_protocols
from ebbtide.journey.careplan.dosing import (
    Field,
    GapDays,
    OrderDrug,
    OrderSpec,
    Preparation,
    Step,
    StopCondition,
    Weight,
)
from ebbtide.journey.careplan.rules import OrderContext, check_order

TODAY = date(2026, 11, 23)
PACK = load_protocols()
STOP = StopCondition(signal="heart rate", comparison="above", value=Decimal(90), unit="/min")


def d(text):
    return Decimal(str(text))


def a_step(value="0.5", minutes=40, **fields):
    return Step(value=d(value), minutes=minutes, **fields)


def an_order(*, weight_kg="70", steps=None, vial="50", bag_ml="100", bag_mg_per_ml=None, **fields):
    """0.5 mg/kg over 40 min on five consecutive days, the whole dose in a bag of 100 mL."""
    made = {
        "protocol_id": "CHR-5X40",
        "drug": OrderDrug.RACEMATE,
        "setting": "outpatient",
        "weight": Weight(kg=d(weight_kg), measured_on=TODAY),
        "field": Field.DOSE_MG_PER_KG,
        "steps": (a_step(),) if steps is None else tuple(steps),
        "preparation": Preparation(
            vial_mg_per_ml=d(vial),
            bag_volume_ml=None if bag_mg_per_ml else d(bag_ml),
            bag_mg_per_ml=d(bag_mg_per_ml) if bag_mg_per_ml else None,
        ),
        "infusions": 5,
        "gap_days": GapDays(minimum=1, maximum=1),
    }
    return OrderSpec(**{**made, **fields})


def a_crps_order(rate="0.35", *, weight_kg="70", steps=None, **fields):
    """Ten weekdays, four hours a day."""
    made = {
        "protocol_id": "CRPS-10DAY-OUTPATIENT",
        "field": Field.RATE_MG_PER_KG_H,
        "infusions": 10,
        "gap_days": GapDays(minimum=1, maximum=3),
    }
    return an_order(weight_kg=weight_kg, steps=steps or (a_step(rate, 240),), **{**made, **fields})


def a_context(**fields):
    made = {
        "as_of": TODAY,
        "treatments_last_12_months": 0,
        "days_since_long_course": None,
        "first_ketamine_course": False,
        "director_settings": {"TPL-CRPS-10DAY": {"rate_mg_per_kg_h.start": d("0.35")}},
    }
    return OrderContext(**{**made, **fields})


def the_template(template_id):
    return next(template for template in PACK.templates if template.id == template_id)


def findings_of(order, *, template=None, limits=None, protocol=None, **context):
    return check_order(
        order=order,
        protocol=protocol or PACK.protocol(order.protocol_id),
        limits=PACK.limits if limits is None else limits,
        context=a_context(**context),
        template=None if template is None else the_template(template),
    )


def ids_of(findings, level=None):
    return {finding.limit_id for finding in findings if level is None or finding.level == level}
