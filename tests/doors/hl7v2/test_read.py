"""Reading a message: what becomes a reading, what a state without a value, and what is set aside."""

from dataclasses import asdict
from datetime import timedelta

import pytest

from ebbtide.doors.hl7v2.codes import vocabulary
from ebbtide.doors.hl7v2.reading import NotUnderstood, read
from ebbtide.journey.infusion.arrivals import WORDS, Reason
from ebbtide.journey.infusion.freshness import signals
from tests.doors.hl7v2.messages import AT, STAMP, message, obx


def one(*lines, **fields):
    report = read(message(*lines, **fields), AT)
    assert len(report.samples) == 1, report
    return report.samples[0]


def reasons(*lines, **fields):
    report = read(message(*lines, **fields), AT)
    assert report.samples == ()
    return [odd.reason for odd in report.set_aside]


def test_it_reads_every_signal_of_the_vocabulary() -> None:
    lines = [obx(s, v) for s, v in {"spo2": "97", "pulse": "71", "hr": "72", "rr": "14", "etco2": "38", "sbp": "128",
                                    "dbp": "74", "map": "92", "temp": "36.8", "o2_flow": "2"}.items()]  # fmt: skip
    report = read(message(*lines), AT)
    assert {s.signal: s.value for s in report.samples} == {
        "spo2": 97, "pulse": 71, "hr": 72, "rr": 14, "etco2": 38, "sbp": 128, "dbp": 74, "map": 92, "temp": 36.8, "o2_flow": 2,
    }  # fmt: skip
    assert {s.signal: s.unit for s in report.samples} == {s: signals()[s].unit for s in signals()}
    assert {s.state for s in report.samples} == {"value"}
    assert report.set_aside == ()


def test_it_knows_the_same_signals_and_units_as_the_stage() -> None:
    assert {name: kind.unit for name, kind in vocabulary().kinds.items()} == {
        name: signal.unit for name, signal in signals().items()
    }
    assert set(WORDS) == set(Reason)


@pytest.mark.parametrize(
    ("signal", "value", "unit", "found"),
    [
        ("temp", "98.6", "F", 37.0),
        ("temp", "37.0", "C", 37.0),
        ("etco2", "5.1", "kPa", 38.253),
        ("sbp", "16", "kPa", 120.01),
        ("temp", "98.6", "[degF]^[degF]^UCUM", 37.0),
        ("spo2", "97", "%^%^UCUM", 97.0),
        ("hr", "72", "/min^/min^UCUM", 72.0),
        ("sbp", "120", "mm[Hg]", 120.0),
    ],
)
def test_it_converts_by_the_unit_that_was_sent(signal, value, unit, found) -> None:
    assert one(obx(signal, value, unit=unit)).value == found


@pytest.mark.parametrize("number", ["-999", "-100", "-99.9", "-1", "-1.0", "8388607", "", '""', "-999.00"])
@pytest.mark.parametrize(("signal", "unit"), [("spo2", "%"), ("temp", "F"), ("sbp", "kPa"), ("rr", "rpm")])
def test_it_takes_no_value_numbers_for_no_data(signal, unit, number) -> None:
    sample = one(obx(signal, number, unit=unit))
    assert (sample.state, sample.value) == ("no_data", None)


@pytest.mark.parametrize(
    ("signal", "value", "state"),
    [
        ("spo2", "0", "probe_off"), ("pulse", "0.0", "probe_off"), ("hr", "0", "no_data"), ("sbp", "0", "no_data"),
        ("rr", "0", "value"), ("etco2", "0", "value"), ("spo2", "101", "artefact"), ("spo2", "12", "artefact"),
        ("hr", "320", "artefact"), ("hr", "-5", "artefact"), ("temp", "12", "artefact"), ("sbp", "9" * 25, "artefact"),
    ],
)  # fmt: skip
def test_it_says_why_there_is_no_value(signal, value, state) -> None:
    sample = one(obx(signal, value))
    assert sample.state == state
    assert (sample.value is None) == (state != "value")


def test_it_keeps_no_data_when_the_monitor_has_no_result() -> None:
    assert one(obx("spo2", "97", status="X")).state == "no_data"


@pytest.mark.parametrize("status", ["R", "F", ""])
def test_it_reads_a_value_whatever_its_usual_status(status) -> None:
    assert one(obx(status=status)).value == 97


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (obx(code="150021^SpO2^MDC"), Reason.CODE_AND_TEXT),
        (obx(code="150456^MDC_PRESS_CUFF_SYS^MDC"), Reason.CODE_AND_TEXT),
        (obx(code="150456^^MDC"), Reason.CODE_AND_TEXT),
        (obx(code="150456^MDC_PULS_OXIM_SAT_O2"), Reason.UNKNOWN_CODE),
        (obx(code="150037^MDC_PRESS_BLD_ART_ABP_SYS^MDC", unit="mmHg"), Reason.UNKNOWN_CODE),
        (obx(code="150020^MDC_PRESS_BLD_NONINV^MDC", unit="mmHg"), Reason.UNKNOWN_CODE),
        (obx(code="150456^MDC_PULS_OXIM_SAT_O2_WAVEFORM^MDC", kind="NA"), Reason.UNKNOWN_CODE),
        (obx("temp", "36.8", unit=""), Reason.UNIT),
        (obx("temp", "36.8", unit="mmHg"), Reason.UNIT),
        (obx("temp", "36.8", unit="268192^MDC_DIM_FAHR^MDC"), Reason.UNIT),
        (obx("etco2", "5.2", unit="%"), Reason.UNIT),
        (obx("hr", "72", unit="999^X^MDC"), Reason.UNIT),
        (obx(status="C"), Reason.STATUS),
        (obx(status="W"), Reason.STATUS),
    ],
)
def test_it_sets_aside_what_it_would_have_to_guess(line, reason) -> None:
    assert reasons(line) == [reason]


@pytest.mark.parametrize("value", ["---", "high", "1e9", "NaN", "inf", "9,7", "٩٧"])
def test_it_takes_no_word_for_a_number(value) -> None:
    report = read(message(obx("spo2", value)), AT)
    assert [s.state for s in report.samples] == ["no_data"]
    assert [odd.reason for odd in report.set_aside] == [Reason.NOT_A_NUMBER]
    assert "value" not in report.set_aside[0].seen


def test_it_passes_over_the_tree_of_devices() -> None:
    lines = [obx(code="69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC", value="", unit="", kind="", status="X"),
             obx(code="150020^MDC_PRESS_BLD_NONINV^MDC", value="", unit="mmHg")]  # fmt: skip
    assert reasons(*lines) == []


@pytest.mark.parametrize(
    ("fields", "device", "key"),
    [
        ({"sender": "SIM-CHAIR-1"}, "", "SIM-CHAIR-1"),
        ({"sender": "GW^0017FF^EUI-64", "facility": "WARD"}, "", "0017FF/WARD"),
        ({"sender": "CENTRAL"}, "M42^VENDOR", "M42"),
        ({"sender": "CENTRAL"}, "urn:x^^0012210000000001^EUI-64", "0012210000000001"),
    ],
)
def test_it_finds_the_device_that_speaks(fields, device, key) -> None:
    assert one(obx(device=device), **fields).device_key == key


def test_it_takes_the_devices_own_line_for_lines_that_name_none() -> None:
    tree = obx(
        code="69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC", value="", unit="", status="X", device="M7"
    ).replace("1.1.1|", "1.0.0.0|")
    report = read(message(tree, obx(), obx("hr", "70", device="M8"), sender="CENTRAL"), AT)
    assert [s.device_key for s in report.samples] == ["M7", "M8"]


def placed(place, **fields) -> str:
    return obx(**fields).replace("1.1.1|", f"{place}|")


def test_it_never_gives_one_monitors_reading_to_the_person_on_another() -> None:
    """Two monitors in one message: each line goes to the device above it in the tree, and one above nobody to nobody."""
    trees = [
        placed(
            f"{n}.0.0.0",
            code="69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC",
            device=f"M{n}",
            value="",
            status="X",
        )
        for n in (1, 2)
    ]
    lines = [placed("2.1.1.1", value="92"), placed("1.1.1.1", value="91"), placed("3.1.1.1", value="93")]
    report = read(message(*trees, *lines, sender="CENTRAL"), AT)
    assert {s.device_key: s.value for s in report.samples} == {"M1": 91, "M2": 92}
    assert [odd.reason for odd in report.set_aside] == [Reason.DEVICE_UNCLEAR]


def test_it_takes_a_sender_that_speaks_of_two_people_for_no_monitor() -> None:
    found = reasons(obx(), "PID|||||Other^One", obx("hr", "70"), sender="CENTRAL")
    assert found == [Reason.DEVICE_UNCLEAR] * 2


@pytest.mark.parametrize(
    ("obx14", "obr", "msh", "seconds", "reason"),
    [
        ("20261123145930+0000", STAMP, STAMP, -30, None),
        ("20261123085930-0600", STAMP, STAMP, -30, None),
        ("20261123145930.250Z", STAMP, STAMP, -29.75, None),
        ("", "20261123145950+0000", STAMP, -10, None),
        ("20261123085930", "", "20261123090000-0600", -30, None),
        ("20261123085930", "20261123090000", "20261123090000", 0, Reason.NO_TIME),
        ("", "", STAMP, 0, Reason.NO_TIME),
        ("20261123", "", STAMP, 0, Reason.NO_TIME),
        ("20261399999999+0000", STAMP, STAMP, 0, Reason.NO_TIME),
        ("20261123150300+0000", STAMP, STAMP, 0, Reason.CLOCK_AHEAD),
        ("20261123150001+0000", STAMP, STAMP, 1, None),
        ("20261123145500+0000", STAMP, STAMP, -300, Reason.CLOCK_BEHIND),
    ],
)
def test_it_knows_when_a_reading_was_taken(obx14, obr, msh, seconds, reason) -> None:
    report = read(message(obx(at=obx14), obr=obr, msh=msh), AT)
    assert report.samples[0].observed_at == AT + timedelta(seconds=seconds)
    assert [odd.reason for odd in report.set_aside] == ([reason] if reason else [])


def test_it_notes_a_clock_once_for_all_signals_of_a_device() -> None:
    report = read(message(obx(at=""), obx("hr", "70", at=""), obr=""), AT)
    assert [(odd.reason, odd.code) for odd in report.set_aside] == [(Reason.NO_TIME, "")]


@pytest.mark.parametrize("process", ["T", "D"])
def test_it_calls_a_monitor_in_training_synthetic(process) -> None:
    assert one(obx(), process=process).state == "synthetic"


def test_it_keeps_nothing_of_the_person_in_the_message() -> None:
    report = read(message(obx(), obx(code="1^X^Y")), AT)
    told = str(asdict(report))
    assert not [word for word in ("SECRET", "Quill", "Nora", "19790504", "Bed001") if word in told]


@pytest.mark.parametrize(
    ("content", "number"),
    [
        (b"", "100"),
        (b"hello", "100"),
        (b"MSH", "100"),
        (b"MSH|^~\\&", "200"),
        (b"MSH|^^\\&|", "100"),
        (message(kind="ADT^A01"), "200"),
        (message(kind="ORU^R32^ORU_R30"), "201"),
        (message(kind=""), "200"),
        (message(control=""), "101"),
        (message(*["OBX|1"] * 2001), "100"),
    ],
)
def test_it_says_why_it_understood_nothing(content, number) -> None:
    with pytest.raises(NotUnderstood) as refusal:
        read(content, AT)
    assert refusal.value.why.number == number
    assert refusal.value.why.words


def test_it_reads_other_separators_and_line_ends() -> None:
    odd = message(obx()).replace(b"^", b"@").replace(b"@~\\&", b"@~\\&").replace(b"\r", b"\r\n")
    assert read(odd, AT).samples[0].value == 97


def test_it_reads_latin_1_where_it_is_not_utf_8() -> None:
    content = message(obx("temp", "36.8", unit="\xb0C")).decode().encode("latin-1")
    assert read(content, AT).samples[0].value == 36.8


def test_it_answers_every_real_message(real_input) -> None:
    files = sorted((real_input / "hl7v2").glob("klotzt*")) + sorted((real_input / "hl7v2").glob("*.hl7"))
    told = {}
    for path in files:
        try:
            report = read(path.read_bytes(), AT)
            told[path.name] = (len(report.samples), {str(odd.reason) for odd in report.set_aside})
        except NotUnderstood as refusal:
            told[path.name] = refusal.why.number
    assert told["klotzt_PCD04_alarm.txt"] == told["klotzt_PCD04_watchdog.txt"] == (0, set())
    assert told["klotzt_ACK_watchdog.txt"] == "200"
    assert told["lfh_ORU-multiline-short.hl7"] == (0, {"unknown_code"})
