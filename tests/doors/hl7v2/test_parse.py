"""Taking a message apart: separators and character sets of its own, escapes, repetitions, and what is not one message."""

import logging

import hl7
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ebbtide.doors.hl7v2.parsing import NotSplit, character_set, segments_of
from ebbtide.doors.hl7v2.reading import NotUnderstood, read
from ebbtide.journey.infusion.arrivals import Reason
from tests.doors.hl7v2.messages import AT, STAMP, message, obx

HEAD = f"MSH|^~\\&|SIM-CHAIR-1||EBBTIDE||{STAMP}||ORU^R01|1|P|2.6"
SPO2 = "OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC||97|262688^MDC_DIM_PERCENT^MDC"


def in_signs(text: str, signs: str) -> str:
    """The same message in separators of its own: field, component, repetition, escape, subcomponent."""
    return text.translate(str.maketrans("|^~\\&", signs))


def spo2_of(content: bytes) -> float | None:
    (sample,) = read(content, AT).samples
    return sample.value


@pytest.mark.parametrize("signs", ["|^~\\&", "#@!*%", "|:~\\&", "$^~/+"])
def test_it_reads_the_separators_that_the_message_names(signs) -> None:
    text = in_signs(f"{HEAD}\rOBR|1\r{SPO2}|||||R|||{STAMP}\r", signs)
    assert spo2_of(text.encode()) == 97


@pytest.mark.parametrize("told", ["^", "^~", "^~\\", "^~\\&", "^~\\&#"])
def test_it_reads_a_message_that_leaves_out_the_separators_it_does_not_need(told) -> None:
    head = HEAD.replace("^~\\&", told)
    assert spo2_of(f"{head}\r{SPO2}|||||R|||{STAMP}\r".encode()) == 97


@pytest.mark.parametrize("told", ["", "^^", "^~~", "a~\\&", "^ \\&", "|"])
def test_it_refuses_separators_that_cannot_be_told_apart(told) -> None:
    with pytest.raises(NotSplit, match="separators"):
        segments_of(f"{HEAD.replace('^~', told, 1).replace(chr(92) + '&', '', 1)}\r".encode())


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ("a\\T\\b", "a&b"),
        ("a\\S\\b\\F\\\\R\\\\E\\", "a^b|~\\"),
        ("SpO\\X32\\", "SpO2"),
        ("a\\.sp9999999999\\b", "a\\.sp9999999999\\b"),
        ("a\\b", "a\\b"),
        ("a\\Q\\b", "a\\Q\\b"),
        ("a\\X00\\b", "a\\X00\\b"),
        ("\\Xzz\\", "\\Xzz\\"),
        ("\\X1\\", "\\X1\\"),
        ("\\" * 201, "\\" * 201),
    ],
)
def test_it_leaves_escapes_to_the_package_and_never_repeats_a_blank_at_will(sent, found, caplog) -> None:
    with caplog.at_level(logging.DEBUG):
        (_, line) = segments_of(f"{HEAD}\rOBX|1|ST|{sent}^x\r".encode())
        assert line.parts(3, 2) == (found, "x")
    assert caplog.text == ""  # the package would write the text itself


def test_it_reads_an_escaped_unit() -> None:
    line = obx("temp", "36.8", unit="Cel^Cel^UCUM").replace("Cel^Cel", "\\X43\\el^Cel")
    assert spo2_of(message(line)) == 36.8


@pytest.mark.parametrize(
    ("named", "codec"),
    [
        ("UNICODE UTF-8", "utf-8"),
        ("utf8", "utf-8"),
        ("8859/1", "latin-1"),
        ("8859/15", "iso8859-15"),
        ("GB 18030-2000", "gb18030"),
        ("UNICODE UTF-8~8859/1", "utf-8"),
        ("", "utf-8"),
        ("", "latin-1"),
    ],
)
def test_it_reads_the_character_set_that_the_message_names(named, codec) -> None:
    text = f"{HEAD}||||||{named}\rPID|||||Ñandú^Zoë\r{SPO2}|||||R|||{STAMP}\r"
    assert character_set(text.encode(codec, "replace")) == named.partition("~")[0]
    assert spo2_of(text.encode(codec, "replace")) == 97


def test_it_does_not_guess_a_character_set_that_it_cannot_read() -> None:
    text = f"{HEAD}||||||ISO IR87\rPID|||||Ñ\r{SPO2}\r"
    with pytest.raises(NotUnderstood) as refusal:
        read(text.encode("latin-1"), AT)
    assert refusal.value.why.number == "103"
    assert spo2_of(text.replace("Ñ", "N").encode()) == 97  # nothing in it needs the set


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f"FHS|^~\\&\rBHS|^~\\&\r{HEAD}\r{SPO2}\rBTS|1\rFTS|1\r", "batch"),
        (f"{HEAD}\r{SPO2}\r{HEAD}\r{SPO2}\r", "Two messages"),
        (f"{HEAD}\r{SPO2}\rDSC|12|F\r", "several parts"),
        (f"{HEAD}\rADD|97\r", "several parts"),
    ],
)
def test_it_takes_no_reading_from_a_batch_two_messages_or_half_a_one(content, words) -> None:
    with pytest.raises(NotUnderstood, match=words):
        read(content.encode(), AT)


def test_it_names_the_message_that_it_cannot_take_whole() -> None:
    with pytest.raises(NotUnderstood) as refusal:
        read(f"{HEAD}\r{SPO2}\rDSC|12\r".encode(), AT)
    assert refusal.value.header.control_id == "1"


def test_it_passes_over_an_empty_pointer_to_a_continuation() -> None:
    assert spo2_of(f"{HEAD}\r\r{SPO2}\r  \rDSC||\r".encode()) == 97


@pytest.mark.parametrize(
    ("value", "kind", "state"),
    [
        ("97~98", "NM", "no_data"),
        ("^97", "SN", "value"),
        ("=^97", "SN", "value"),
        (">^97", "SN", "no_data"),
        ("^97^-^99", "SN", "no_data"),
        ("97^98", "NM", "no_data"),
        ("97", "SN", "value"),
        ("9\\X37\\", "NM", "no_data"),
        ("9\\Q\\7", "NM", "no_data"),
    ],
)
def test_it_does_not_choose_between_two_values_of_one_reading(value, kind, state) -> None:
    report = read(message(obx("spo2", value, kind=kind)), AT)
    assert report.samples[0].state == state
    assert bool(report.set_aside) == (state == "no_data")


@pytest.mark.parametrize(
    ("code", "signal", "reason"),
    [
        ("8867-4^Heart rate^LN^147842^MDC_ECG_HEART_RATE^MDC", "hr", None),
        ("HR1^Own code^99ACME^147842^MDC_ECG_HEART_RATE^MDC", "hr", None),
        ("147842^MDC_ECG_HEART_RATE^MDC^HR1^Own code^99ACME", "hr", None),
        ("147842^MDC_ECG_HEART_RATE^MDC^9279-1^Respiratory rate^LN", "", Reason.CODE_AND_TEXT),
        ("147842^MDC_ECG_HEART_RATE^MDC^8867-4^SpO2^LN", "", Reason.CODE_AND_TEXT),
        ("HR1^Own^99ACME^HR2^Own^99ACME", "", Reason.UNKNOWN_CODE),
    ],
)
def test_it_reads_two_codes_of_one_reading_only_where_they_agree(code, signal, reason) -> None:
    report = read(message(obx("hr", "72", code=code)), AT)
    assert [s.signal for s in report.samples] == ([signal] if signal else [])
    assert [odd.reason for odd in report.set_aside] == ([reason] if reason else [])


TEXT = st.text(st.sampled_from("ab9. ^~&|"), max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(TEXT, min_size=6, max_size=6), min_size=1, max_size=4))
def test_it_takes_a_message_apart_as_the_package_does(rows) -> None:
    lines = ["OBX|" + "|".join(text.replace("|", "") for text in row) for row in rows]
    content = f"{HEAD}\r" + "\r".join(lines) + "\r"
    theirs, ours = hl7.parse(content), segments_of(content.encode())
    for mine, other in zip(ours[1:], theirs[1:], strict=True):
        for number in range(1, 7):
            # a field that has one plain value is that value; else the first repetition's components, each to its first part
            repetitions = str(other[number]).split("~")
            first = [part.split("&")[0].strip() for part in repetitions[0].split("^")]
            assert mine.parts(number, 3) == (*first, "", "", "")[:3]
