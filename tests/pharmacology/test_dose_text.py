"""Doses in writing: every form is read, what is not a dose is refused in words, and writing round-trips."""

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ebbtide.pharmacology.doses.text import (
    AMOUNTS,
    DoseUnit,
    TimeUnit,
    WrittenBolus,
    WrittenDose,
    WrittenInfusion,
    WrittenPause,
    WrittenTime,
    read_bolus,
    read_duration,
    read_infusion,
    read_number,
    read_pause,
    schedule_of,
)
from ebbtide.pharmacology.errors import UnreadableDose

WEIGHT_KG = 70.0


def rows_of(*texts):
    schedule = schedule_of(infusions=[read_infusion(text) for text in texts], weight_kg=WEIGHT_KG)
    return [(part.start_h * 60, part.end_h * 60, part.rate_mg_per_h) for part in schedule.infusions]


@pytest.mark.parametrize(
    ("text", "start_min", "end_min", "rate_mg_per_h"),
    [
        ("35mg/40min", 0, 40, 52.5),
        ("0.5mg/kg/40min", 0, 40, 52.5),
        ("24.5mg/h/4h", 0, 240, 24.5),
        ("0.35mg/kg/h/4h", 0, 240, 24.5),
        ("20mg/30min@60min", 60, 90, 40),
        ("20mg/30min@1h", 60, 90, 40),
        ("0.5mg/kg/0.5h@1.5h", 90, 120, 70),
        ("24.5mg/h/240min@0min", 0, 240, 24.5),
        ("0.35mg/kg/h/4h@30min", 30, 270, 24.5),
        (" 35 mg / 40 min @ 10 min ", 10, 50, 52.5),
        ("0.35 mg / kg / h / 4 h", 0, 240, 24.5),
    ],
)
def test_it_reads_an_infusion(text, start_min, end_min, rate_mg_per_h):
    assert rows_of(text) == [pytest.approx((start_min, end_min, rate_mg_per_h), rel=1e-15)]


@pytest.mark.parametrize(
    ("text", "at_min", "amount_mg"),
    [("10mg@5min", 5, 10), ("0.1mg/kg@5min", 5, 7), ("10mg", 0, 10), ("10 mg @ 0.5h", 30, 10)],
)
def test_it_reads_a_bolus_that_lasts_a_minute(text, at_min, amount_mg):
    (bolus,) = schedule_of(boluses=[read_bolus(text)], weight_kg=WEIGHT_KG).boluses
    assert (bolus.at_h * 60, bolus.amount_mg) == pytest.approx((at_min, amount_mg), rel=1e-15)
    assert bolus.over_h * 60 == pytest.approx(1)


@pytest.mark.parametrize(
    ("pauses", "parts"),
    [
        (["20min@30min"], [(0, 30), (50, 80)]),
        (["0.5h@0min"], [(30, 90)]),
        (["20min@60min"], [(0, 60)]),
        # by the clock: the second falls 10 min after the first has ended
        (["20min@30min", "10min@60min"], [(0, 30), (50, 60), (70, 90)]),
        (["10min@60min", "20min@30min"], [(0, 30), (50, 60), (70, 90)]),
        (["20min@30min", "10min@40min"], [(0, 30), (60, 90)]),
    ],
)
def test_it_pauses_and_gives_the_same_amount(pauses, parts):
    schedule = schedule_of(
        infusions=[read_infusion("60mg/60min")],
        pauses=[read_pause(text) for text in pauses],
        weight_kg=WEIGHT_KG,
    )
    assert [(part.start_h * 60, part.end_h * 60) for part in schedule.infusions] == [
        pytest.approx(part) for part in parts
    ]
    assert schedule.total_mg == pytest.approx(60.0, rel=1e-14)


def test_it_starts_an_infusion_exactly_when_another_ends():
    first, second = schedule_of(
        infusions=[read_infusion("10mg/0.2min@0.1min"), read_infusion("10mg/30min@0.3min")],
        weight_kg=WEIGHT_KG,
    ).infusions
    assert first.end_h == second.start_h


REFUSED = [
    (read_infusion, "", "does not say over how long"),
    (read_infusion, "35mg", "does not say over how long"),
    (read_infusion, "24.5mg/h", "does not say over how long"),
    (read_infusion, "0.5mg/kg", "does not say over how long"),
    (read_infusion, "35mg/40", "the duration '40' has no unit \\(min or h\\)"),
    (read_infusion, "35mg/min", "the duration 'min' is not a number with a unit after it"),
    (read_infusion, "35/40min", "the dose '35' has no unit \\(mg, mg/kg, mg/h or mg/kg/h\\)"),
    (read_infusion, "/40min", "the dose '' is not a number with a unit after it"),
    (read_infusion, "mg/40min", "the dose 'mg' is not a number"),
    (read_infusion, "35ug/40min", "the dose is in 'ug', which is not one of its units"),
    (read_infusion, "35mg/kg/min/4h", "the dose is in 'mg/kg/min', which is not"),
    (read_infusion, "35MG/40min", "the dose is in 'MG'"),
    (read_infusion, "35mg/40m", "the duration is in 'm', which is not one of its units \\(min or h\\)"),
    (read_infusion, "35mg/40s", "the duration is in 's'"),
    (read_infusion, "0,5mg/kg/40min", "in the dose, '0,5' has a comma: write a decimal point, and nothing"),
    (read_infusion, "35mg/40,5min", "in the duration, '40,5' has a comma"),
    (read_infusion, ".5mg/kg/40min", "'.5' begins with its point: write a zero before it, as in 0.5"),
    (read_infusion, "5.mg/40min", "'5.' is not a number of digits with a decimal point"),
    (read_infusion, "-35mg/40min", "'-35' is not a number of digits"),
    (read_infusion, "+35mg/40min", "'\\+35' is not a number of digits"),
    (read_infusion, "1e3mg/40min", "the dose '1e3mg' is not a number with a unit"),
    (read_infusion, "1 0mg/40min", "'1 0' is not a number of digits"),
    (read_infusion, "1234567890mg/40min", "'1234567890' is not a number of digits"),
    (read_infusion, "٣mg/40min", "'٣' is not a number of digits"),
    (read_infusion, "nanmg/40min", "the dose 'nanmg' is not a number"),
    (read_infusion, "0mg/40min", "the dose is 0 mg and must be above zero"),
    (read_infusion, "35mg/0min", "the duration is 0min and must be above zero"),
    (read_infusion, "35mg/40min@", "the start '' is not a number with a unit"),
    (read_infusion, "35mg/40min@60", "the start '60' has no unit"),
    (read_infusion, "35mg/40min@-5min", "in the start, '-5' is not a number"),
    (read_infusion, "35mg/40min@5min@6min", "the start '5min@6min' is not a number with a unit"),
    (read_bolus, "10mg/5min", "the dose '10mg/5min' is not a number with a unit"),
    (read_bolus, "10mg/h@5min", "the dose is in 'mg/h', which is not one of its units \\(mg or mg/kg\\)"),
    (read_bolus, "0mg@5min", "the dose is 0 mg"),
    (read_bolus, "10mg@5", "the start '5' has no unit \\(min or h\\)"),
    (read_duration, "40", "the duration '40' has no unit"),
    (read_duration, "0min", "the duration is 0min and must be above zero"),
    (read_duration, "40min@5min", "is not a number with a unit after it"),
    (read_pause, "20min", "does not say when it starts"),
    (read_pause, "0min@30min", "the length is 0min and must be above zero"),
    (read_pause, "20@30min", "the length '20' has no unit"),
    (read_pause, "20mg@30min", "the length is in 'mg'"),
]


@pytest.mark.parametrize(("read", "text", "wrong"), REFUSED)
def test_it_refuses_in_words_and_shows_what_is_right(read, text, wrong):
    with pytest.raises(UnreadableDose, match=wrong) as refusal:
        read(text)
    sentence = str(refusal.value)
    assert sentence.startswith(f"{text!r} cannot be read as ")
    example = {
        read_infusion: "35mg/40min",
        read_bolus: "10mg@5min",
        read_pause: "20min@30min",
        read_duration: "40min",
    }[read]
    assert example in sentence


@pytest.mark.parametrize("text", ["70,5", ".5", "5.", "seventy", "", "nan", "inf", "-1", "1_000", "1e2"])
def test_it_refuses_what_is_no_number(text):
    with pytest.raises(UnreadableDose, match=r"comma|zero before it|not a number"):
        read_number(text)


numbers = st.decimals(min_value=0, max_value=999_999_999, places=3, allow_nan=False).map(
    lambda value: value.copy_abs()
)
times = st.builds(WrittenTime, value=numbers, unit=st.sampled_from(TimeUnit))
lengths = times.filter(lambda time: time.value > 0)
starts = st.none() | times


def doses(units):
    return st.builds(
        WrittenDose, value=numbers.filter(lambda value: value > 0), unit=st.sampled_from(list(units))
    )


@given(st.builds(WrittenInfusion, dose=doses(DoseUnit), duration=lengths, start=starts))
def test_it_reads_back_the_infusion_that_it_wrote(written):
    assert read_infusion(str(written)) == written
    assert str(read_infusion(str(written))) == str(written)


@given(st.builds(WrittenBolus, dose=doses(AMOUNTS), start=starts))
def test_it_reads_back_the_bolus_that_it_wrote(written):
    assert read_bolus(str(written)) == written


@given(st.builds(WrittenPause, length=lengths, start=times))
def test_it_reads_back_the_pause_that_it_wrote(written):
    assert read_pause(str(written)) == written


@given(numbers.filter(lambda value: value > 0), st.floats(45, 170), st.integers(1, 600))
def test_it_gives_a_dose_per_kg_as_the_same_dose_in_mg(value, weight_kg, minutes):
    assume(value < 1000)
    per_kg = schedule_of(infusions=[read_infusion(f"{value}mg/kg/{minutes}min")], weight_kg=weight_kg)
    assert per_kg.total_mg == pytest.approx(float(value) * weight_kg, rel=1e-14)


@given(st.text(max_size=30))
def test_it_never_fails_but_in_words(text):
    for read in (read_infusion, read_bolus, read_pause):
        try:
            written = read(text)
        except UnreadableDose:
            continue
        assert read(str(written)) == written


def test_it_writes_without_zeros_and_powers():
    assert str(WrittenTime(value=Decimal("600.0"), unit=TimeUnit.MINUTE)) == "600min"
    assert str(WrittenDose(value=Decimal("0.50"), unit=DoseUnit.MG_PER_KG)) == "0.5mg/kg"


def test_it_reads_how_long() -> None:
    assert read_duration("40min").minutes == 40
    assert read_duration("1.5h").minutes == 90
