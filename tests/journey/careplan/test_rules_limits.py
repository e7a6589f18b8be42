"""Limits of an order: hard ones refuse, soft ones ask, and every sentence has its number, unit and source."""

import dataclasses
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbtide.journey.careplan.dosing import (
    Field,
    GapDays,
    NumberRefused,
    OrderDrug,
    OrderRefused,
    StepKind,
    Weight,
    parse_number,
)
from ebbtide.journey.careplan.findings import dosing_field
from ebbtide.journey.careplan.rules import Level, propose, unanswered
from tests.journey.careplan.builders import (
    PACK,
    STOP,
    TODAY,
    a_crps_order,
    a_step,
    an_order,
    d,
    findings_of,
    ids_of,
    the_template,
)


def only(findings, limit_id):
    (found,) = [finding for finding in findings if finding.limit_id == limit_id]
    return found


def test_it_finds_nothing_against_the_protocol_as_published():
    assert findings_of(an_order(), template="TPL-CHR-5X40") == []


def test_it_takes_the_crps_protocol_up_to_its_cap():
    assert ids_of(findings_of(a_crps_order(weight_kg="71.4"), template="TPL-CRPS-10DAY")) == set()


def test_it_refuses_a_rate_above_the_protocols_cap_and_says_the_largest():
    found = findings_of(a_crps_order(weight_kg="80"), template="TPL-CRPS-10DAY")
    assert ids_of(found, Level.HARD) == {
        "PROTOCOL-CAPS.RATE-MG-PER-H",
        "PROTOCOL-CAPS.INFUSION-MG",
        "PROTOCOL-CAPS.COURSE-MG",
    }
    rate = only(found, "PROTOCOL-CAPS.RATE-MG-PER-H")
    assert "28 mg/h is above the protocol's cap of 25: at 80 kg order at most 0.312 mg/kg/h" in rate.sentence
    assert (rate.value, rate.unit, rate.source, rate.mark) == (d(28), "mg/h", "Schwartzman 2009", ("seen",))
    assert only(found, "PROTOCOL-CAPS.COURSE-MG").mark == ("computed",)


def test_it_takes_the_rate_that_it_said():
    assert not ids_of(
        findings_of(a_crps_order("0.312", weight_kg="80"), template="TPL-CRPS-10DAY"), Level.HARD
    )


def test_it_never_calls_a_rate_equal_to_what_it_exceeds():
    found = findings_of(a_crps_order("0.350001", weight_kg="71.42857"), template="TPL-CRPS-10DAY")
    assert (
        "25.0001 mg/h is above the protocol's cap of 25"
        in only(found, "PROTOCOL-CAPS.RATE-MG-PER-H").sentence
    )


def test_it_refuses_by_the_templates_own_cap():
    template = dataclasses.replace(the_template("TPL-CRPS-10DAY"), hard_cap_rate_mg_per_h=d(20))
    from tests.journey.careplan.builders import a_context, check_order

    order = a_crps_order()
    found = check_order(
        order=order,
        protocol=PACK.protocol(order.protocol_id),
        limits=PACK.limits,
        context=a_context(),
        template=template,
    )
    assert "24.5 mg/h is above TPL-CRPS-10DAY's cap of 20" in only(found, "TEMPLATE-CAP").sentence


@pytest.mark.parametrize(("minutes", "hard"), [(40, False), (30, False), (29, True), (4, True)])
def test_it_refuses_a_rate_above_one_mg_per_kg_per_hour(minutes, hard):
    found = findings_of(an_order(steps=[a_step("0.5", minutes)]))
    assert ("LIM-RATE" in ids_of(found, Level.HARD)) is hard
    assert ("LIM-ECG" in ids_of(found, Level.INFO)) is (minutes <= 30)


@pytest.mark.parametrize(("boluses", "hard"), [(["0.35"], False), (["0.3501"], True), (["0.2", "0.2"], True)])
def test_it_refuses_boluses_above_their_limit_taken_together(boluses, hard):
    steps = [*(a_step(value, 5, kind=StepKind.BOLUS) for value in boluses), a_step("0.1", 40)]
    assert ("LIM-BOLUS" in ids_of(findings_of(an_order(steps=steps)), Level.HARD)) is hard


@pytest.mark.parametrize(
    ("preparation", "level"),
    [
        ({"vial": "100", "bag_ml": "100"}, Level.INFO),
        ({"vial": "100", "bag_ml": "0.35"}, Level.HARD),
        ({"vial": "100", "bag_mg_per_ml": "100"}, Level.HARD),
        ({"vial": "50", "bag_mg_per_ml": "50"}, None),
    ],
)
def test_it_never_lets_the_strongest_vial_be_given_undiluted(preparation, level):
    found = [one.level for one in findings_of(an_order(**preparation)) if one.limit_id == "LIM-VIAL100"]
    assert found == ([] if level is None else [level])


def test_it_refuses_a_bag_that_is_smaller_than_its_drug():
    assert "BAG-VOLUME" in ids_of(findings_of(an_order(vial="10", bag_ml="3")), Level.HARD)


def test_it_refuses_a_strength_that_is_not_listed():
    assert "VIAL-STRENGTH" in ids_of(findings_of(an_order(vial="25")), Level.HARD)


def test_it_asks_about_strengths_where_no_list_is_held():
    order = an_order(
        protocol_id="CRPS-ESKET-INTERMITTENT",
        drug=OrderDrug.S_KETAMINE,
        field=Field.RATE_MG_PER_KG_H,
        steps=[a_step("0.05", 60), a_step("0.2", 300, stop_if=STOP)],
        vial="25",
        infusions=6,
        gap_days=GapDays(minimum=14, maximum=14),
    )
    found = findings_of(order)
    assert ids_of(found, Level.HARD) == set()
    assert ids_of(found, Level.SOFT) == {"VIAL-STRENGTH"}
    assert ids_of(found, Level.INFO) == {"PROTOCOL-WARNING"}


def test_it_refuses_the_other_ketamine():
    found = findings_of(an_order(drug=OrderDrug.S_KETAMINE))
    assert "published for racemate, the order is for s-ketamine" in only(found, "PROTOCOL-DRUG").sentence


def test_it_refuses_what_must_not_be_offered():
    order = an_order(protocol_id="MIX-OUTPATIENT-PATIL")
    found = findings_of(order)
    assert ids_of(found, Level.HARD) >= {"PROTOCOL-DO-NOT-OFFER", "PROTOCOL-DOSING-FIELD"}


@pytest.mark.parametrize(
    "protocol_id", [one.id for one in PACK.protocols.values() if one.do_not_offer.outpatient]
)
def test_it_refuses_every_protocol_that_needs_a_ward(protocol_id):
    found = findings_of(an_order(protocol_id=protocol_id))
    assert "PROTOCOL-DO-NOT-OFFER" in ids_of(found, Level.HARD)


def test_it_refuses_a_dose_typed_in_another_field():
    found = findings_of(an_order(field=Field.DOSE_MG, steps=[a_step("35", 40)]))
    assert (
        "dosed in mg/kg, the order was typed in mg: retype it"
        in only(found, "PROTOCOL-DOSING-FIELD").sentence
    )


@pytest.mark.parametrize(
    ("protocol_id", "field"),
    [
        ("CHR-5X40", Field.DOSE_MG_PER_KG),
        ("MDD-0.5X6", Field.DOSE_MG_PER_KG),
        ("CRPS-10DAY-OUTPATIENT", Field.RATE_MG_PER_KG_H),
        ("CRPS-100H-INPATIENT", Field.RATE_MG_PER_H),
        ("SCI-80MG-7DAY", Field.DOSE_MG),
        ("OUT-80MG-2H", Field.DOSE_MG),
        ("NEU-ESCALATING-3DAY", Field.RATE_MG_PER_KG_H),
        ("CRPS-4DAY-ESCALATING", None),
        ("MIX-OUTPATIENT-PATIL", None),
    ],
)
def test_it_types_each_protocols_dose_in_one_field(protocol_id, field):
    assert dosing_field(PACK.protocol(protocol_id)) is field


def test_it_gives_a_field_to_every_protocol_that_it_offers():
    assert all(dosing_field(offer.protocol) for offer in PACK.offered())


def test_it_asks_for_a_reason_when_the_dose_departs():
    found = findings_of(an_order(steps=[a_step("0.6", 40)]))
    dose = only(found, "PROTOCOL-DOSE-MG-PER-KG")
    assert dose.level is Level.SOFT
    assert dose.sentence.startswith(
        "0.6 mg/kg departs from the published 0.5: say why. (CHR-5X40; Tankha 2025.)"
    )
    assert ids_of(found) == {
        "PROTOCOL-DOSE-MG-PER-KG"
    }  # the rate follows from it and is not asked about twice


@pytest.mark.parametrize(
    ("order", "limit_id", "words"),
    [
        (
            an_order(steps=[a_step("0.5", 60)]),
            "PROTOCOL-DURATION-MIN",
            "60 min departs from the published 40",
        ),
        (an_order(infusions=6), "PROTOCOL-INFUSIONS", "6 infusions departs from the published 5"),
        (
            an_order(gap_days=GapDays(minimum=1, maximum=2)),
            "PROTOCOL-GAP-DAYS",
            "Gaps of 1 to 2 days depart from 1:",
        ),
        (
            an_order(protocol_id="MDD-0.5X6", infusions=6, gap_days=GapDays(minimum=1, maximum=2)),
            "PROTOCOL-GAP-DAYS",
            "depart from 2 to 4",
        ),
        (
            an_order(
                protocol_id="OUT-80MG-2H",
                field=Field.DOSE_MG,
                steps=[a_step("70", 130)],
                infusions=1,
                gap_days=None,
            ),
            "PROTOCOL-DOSE-MG",
            "70 mg departs from the published 80 or more",
        ),
        (a_crps_order("0.36", weight_kg="60"), "PROTOCOL-RATE-MG-PER-KG-H", "published 0.35 or less"),
        (
            an_order(
                protocol_id="NEU-ESCALATING-3DAY",
                field=Field.RATE_MG_PER_KG_H,
                steps=[a_step("0.1", 240)],
                infusions=3,
            ),
            "PROTOCOL-RATE-MG-PER-KG-H",
            "published 0.2 to 0.6",
        ),
        (
            an_order(
                protocol_id="CRPS-5DAY-INPATIENT",
                setting="inpatient",
                field=Field.RATE_MG_PER_H,
                steps=[a_step("20", 7200)],
                infusions=1,
                gap_days=None,
            ),
            "PROTOCOL-RATE-MG-PER-H-START",
            "20 mg/h at the start departs from the published 10 or less",
        ),
    ],
)
def test_it_asks_for_a_reason_when_anything_departs(order, limit_id, words):
    found = only(findings_of(order), limit_id)
    assert found.level is Level.SOFT
    assert words in found.sentence


def test_it_takes_any_published_step_as_the_first_of_a_day():
    order = an_order(
        protocol_id="NEU-ESCALATING-3DAY",
        field=Field.RATE_MG_PER_KG_H,
        steps=[a_step("0.6", 240)],
        infusions=3,
    )
    assert findings_of(order) == []


def test_it_keeps_a_mood_series_inside_three_weeks():
    order = an_order(protocol_id="MDD-0.5X6", infusions=6, gap_days=GapDays(minimum=3, maximum=4))
    assert ids_of(findings_of(order, template="TPL-MOOD-6X3W")) == {
        "TEMPLATE-NEEDS-1",
        "TEMPLATE-NEEDS-2",
        "PROTOCOL-WARNING",
    }
    slow = dataclasses.replace(order, gap_days=GapDays(minimum=5, maximum=5))
    assert (
        "25 days or more, the template allows 21"
        in only(findings_of(slow, template="TPL-MOOD-6X3W"), "TEMPLATE-SPAN").sentence
    )


def test_it_waits_for_the_directors_start_rate():
    found = findings_of(a_crps_order(), template="TPL-CRPS-10DAY", director_settings={})
    missing = only(found, "DIRECTOR-SETS-rate_mg_per_kg_h.start")
    assert missing.level is Level.HARD
    assert "the medical director fills it in and signs it before anyone can order" in missing.sentence


def test_it_asks_why_a_start_is_above_the_directors():
    settings = {"TPL-CRPS-10DAY": {"rate_mg_per_kg_h.start": d("0.1")}}
    found = findings_of(a_crps_order("0.2"), template="TPL-CRPS-10DAY", director_settings=settings)
    assert "above the director's 0.1 mg/kg/h" in only(found, "DIRECTOR-START").sentence


@pytest.mark.parametrize(
    ("first", "said"), [(True, "A first outpatient"), (None, "Earlier ketamine is not recorded.")]
)
def test_it_cautions_before_a_series_without_a_trial(first, said):
    found = only(findings_of(an_order(), first_ketamine_course=first), "LIM-FIRST")
    assert found.level is Level.SOFT
    assert found.sentence.startswith(said)
    assert "at least 80 mg over more than 120 min" in found.sentence


def test_it_is_content_with_one_trial_infusion():
    order = an_order(
        protocol_id="OUT-80MG-2H", field=Field.DOSE_MG, steps=[a_step("80", 121)], infusions=1, gap_days=None
    )
    assert "LIM-FIRST" not in ids_of(findings_of(order, first_ketamine_course=True))


@pytest.mark.parametrize(("before", "level"), [(7, None), (8, Level.SOFT), (None, Level.INFO)])
def test_it_counts_the_infusions_of_a_year(before, level):
    found = [
        one.level
        for one in findings_of(an_order(), treatments_last_12_months=before)
        if one.limit_id == "LIM-YEAR"
    ]
    assert found == ([] if level is None else [level])


@pytest.mark.parametrize(("days", "asks"), [(None, False), (55, True), (56, False)])
def test_it_keeps_a_gap_after_a_long_course(days, asks):
    assert (
        "LIM-GAP-LONG" in ids_of(findings_of(an_order(), days_since_long_course=days), Level.SOFT)
    ) is asks


@pytest.mark.parametrize(("days", "level"), [(0, None), (30, None), (31, Level.SOFT), (-1, Level.HARD)])
def test_it_looks_at_the_age_of_the_weight(days, level):
    order = an_order(weight=Weight(kg=d(70), measured_on=TODAY - timedelta(days=days)))
    found = [one.level for one in findings_of(order) if one.limit_id == "WEIGHT-DATE"]
    assert found == ([] if level is None else [level])


def test_it_asks_about_the_inpatient_ceiling_of_chronic_pain():
    order = an_order(
        protocol_id="CNCP-INPATIENT-PS12",
        setting="inpatient",
        field=Field.RATE_MG_PER_KG_H,
        steps=[a_step("0.6", 600)],
        infusions=1,
        gap_days=None,
    )
    assert "LIM-RATE-CNCP" in ids_of(findings_of(order), Level.SOFT)


def test_it_asks_to_confirm_recalled_numbers():
    order = an_order(protocol_id="PLP-0.4", steps=[a_step("0.4", 60)], infusions=1, gap_days=None)
    assert "PROTOCOL-CONFIRM" in ids_of(findings_of(order), Level.SOFT)


def test_it_puts_refusals_first_and_gives_every_finding_source_and_mark():
    found = findings_of(a_crps_order("0.5", weight_kg="90"), first_ketamine_course=None)
    levels = [list(Level).index(finding.level) for finding in found]
    assert levels == sorted(levels)
    assert all(finding.source and finding.mark and finding.sentence for finding in found)


def test_it_is_signed_only_when_every_question_is_answered():
    soft = findings_of(an_order(infusions=6))
    assert unanswered(soft, reasons={}) == soft
    assert unanswered(soft, reasons={"PROTOCOL-INFUSIONS": "  "}) == soft
    assert (
        unanswered(soft, reasons={"PROTOCOL-INFUSIONS": "Booster after the fifth, agreed with the patient."})
        == []
    )
    hard = findings_of(an_order(vial="25"))
    assert unanswered(hard, reasons={"VIAL-STRENGTH": "No."}) == hard
    info = findings_of(an_order(), treatments_last_12_months=None)
    assert unanswered(info, reasons={}) == []


def test_it_checks_nothing_without_its_limits():
    limits = {name: limit for name, limit in PACK.limits.items() if name != "LIM-BOLUS"}
    with pytest.raises(OrderRefused, match="The library lacks LIM-BOLUS"):
        findings_of(an_order(), limits=limits)


def test_it_checks_nothing_that_does_not_belong_together():
    with pytest.raises(OrderRefused, match="do not belong together"):
        findings_of(an_order(), template="TPL-CRPS-10DAY")
    with pytest.raises(OrderRefused, match="do not belong together"):
        findings_of(an_order(), protocol=PACK.protocol("PLP-0.4"))


DIGITS = st.text("0123456789", min_size=1, max_size=4)
FORMS = st.one_of(
    st.builds("{}.{}".format, DIGITS, DIGITS),
    st.builds("{},{}".format, DIGITS, DIGITS),
    st.builds(".{}".format, DIGITS),
    st.builds("{}e{}".format, DIGITS, DIGITS),
    DIGITS,
    st.text(max_size=6),
)


@given(FORMS, st.decimals(40, 150, places=1))
def test_h02_no_decimal_form_passes_hard_limit(typed, weight_kg):
    """Whatever is typed into the one dosing field: what is read and signed is never above a hard limit."""
    try:
        rate = parse_number(typed, name="The rate", unit="mg/kg/h")
    except NumberRefused:
        return
    order = a_crps_order(rate, weight_kg=weight_kg)
    if not ids_of(findings_of(order, template="TPL-CRPS-10DAY"), Level.HARD):
        assert rate <= 1
        assert rate * weight_kg <= 25
        assert rate * weight_kg * 4 <= 100


def test_it_catches_a_tenfold_error_in_every_template():
    for order in (
        an_order(steps=[a_step("5", 40)]),
        an_order(
            protocol_id="MDD-0.5X6",
            steps=[a_step("5", 40)],
            infusions=6,
            gap_days=GapDays(minimum=3, maximum=4),
        ),
        a_crps_order("3.5"),
    ):
        assert "LIM-RATE" in ids_of(findings_of(order), Level.HARD)


def test_it_opens_the_form_with_the_published_numbers():
    chronic = propose(
        protocol=PACK.protocol("CHR-5X40"), template=the_template("TPL-CHR-5X40"), weight_kg=d(70)
    )
    assert (chronic.field, chronic.value, chronic.minutes, chronic.infusions) == (
        Field.DOSE_MG_PER_KG,
        d("0.5"),
        40,
        5,
    )
    assert (chronic.gap_days_min, chronic.gap_days_max, chronic.template_id) == (1, 1, "TPL-CHR-5X40")
    mood = propose(
        protocol=PACK.protocol("MDD-0.5X6"), template=the_template("TPL-MOOD-6X3W"), weight_kg=d(70)
    )
    assert (mood.infusions, mood.gap_days_min, mood.gap_days_max) == (6, 3, 4)


def test_it_leaves_the_crps_start_empty_until_the_director_fills_it():
    question = {
        "protocol": PACK.protocol("CRPS-10DAY-OUTPATIENT"),
        "template": the_template("TPL-CRPS-10DAY"),
    }
    empty = propose(**question, weight_kg=d(80))
    assert (empty.value, empty.highest_value) == (None, d("0.312"))
    signed = {"TPL-CRPS-10DAY": {"rate_mg_per_kg_h.start": d("0.1")}}
    assert propose(**question, weight_kg=d(60), director_settings=signed).value == d("0.1")
    assert propose(**question, weight_kg=d(60)).highest_value == d("0.35")
    assert propose(**question, weight_kg=d(300), director_settings=signed).value == d("0.083")


def test_it_opens_the_form_of_every_protocol_in_the_archive():
    for protocol in PACK.protocols.values():
        found = propose(protocol=protocol, weight_kg=Decimal(70))
        assert found.field is dosing_field(protocol)
        assert found.field is not None or found.value is None
    assert propose(protocol=PACK.protocol("SCI-80MG-7DAY"), weight_kg=d(70)).value == d(80)
    assert propose(protocol=PACK.protocol("CRPS-5DAY-INPATIENT"), weight_kg=d(70)).value == d(10)
