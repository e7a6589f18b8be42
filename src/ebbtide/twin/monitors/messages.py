"""A monitor's message: ORU^R01 as IHE PCD-01 writes it, or as a vendor's habit has it, from values by signal. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ebbtide.twin.monitors.habits import NO_RESULT, PLAIN, USUAL_SIGNS, Habit

CODES: Mapping[str, tuple[str, str]] = {
    "hr": ("147842^MDC_ECG_HEART_RATE^MDC", "264864^MDC_DIM_BEAT_PER_MIN^MDC"),
    "pulse": ("149530^MDC_PULS_OXIM_PULS_RATE^MDC", "264864^MDC_DIM_BEAT_PER_MIN^MDC"),
    "spo2": ("150456^MDC_PULS_OXIM_SAT_O2^MDC", "262688^MDC_DIM_PERCENT^MDC"),
    "rr": ("151562^MDC_RESP_RATE^MDC", "264928^MDC_DIM_RESP_PER_MIN^MDC"),
    "etco2": ("151708^MDC_CONC_AWAY_CO2_ET^MDC", "266016^MDC_DIM_MMHG^MDC"),
    "sbp": ("150301^MDC_PRESS_CUFF_SYS^MDC", "266016^MDC_DIM_MMHG^MDC"),
    "dbp": ("150302^MDC_PRESS_CUFF_DIA^MDC", "266016^MDC_DIM_MMHG^MDC"),
    "map": ("150303^MDC_PRESS_CUFF_MEAN^MDC", "266016^MDC_DIM_MMHG^MDC"),
    "temp": ("150344^MDC_TEMP^MDC", "268192^MDC_DIM_DEGC^MDC"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One message on the wire, so long after the moment that it speaks of (s)."""

    after_s: float
    message: bytes


def stamp(at: datetime) -> str:
    """An instant as HL7 writes it, to the millisecond and with its zone."""
    return at.strftime("%Y%m%d%H%M%S.%f")[:18] + at.strftime("%z")


def sent(key: str, number: int, at: datetime, values: Mapping[str, float | None], habit: Habit) -> list[Sent]:
    """Everything that the monitor `key` sends of this moment: once or several times, at once or later."""
    message = report(key, number, at, values, habit)
    after_s = habit.late_s if habit.is_late(number) else 0.0
    return [Sent(after_s=after_s, message=message)] * habit.copies


def report(
    key: str, number: int, at: datetime, values: Mapping[str, float | None], habit: Habit = PLAIN
) -> bytes:
    """What the monitor `key` says at this moment; None is a signal that has no result now."""
    now = stamp(at + timedelta(seconds=habit.clock_s))
    own = "" if habit.time_in_group_alone else now
    lines = [
        f"MSH|^~\\&|EBBTIDE_TWIN||||{now}||ORU^R01^ORU_R01|{key}-{number}|P|2.6|||AL|NE",
        "PID|||",
        f"OBR|1|||182777000^monitoring of patient^SCT|||{now}",
        f"OBX|1||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0|||||||X|||||||{key}^EBBTIDE^{key}^L",
    ]
    for place, (signal, value) in enumerate(values.items(), start=2):
        code, told, unit, status = _line(signal, value, habit)
        lines.append(f"OBX|{place}|NM|{code}|1.1.1.{place}|{told}|{unit}|||||{status}|||{own}")
    text = habit.line_end.join(lines) + habit.line_end
    return _parted(text, habit.signs).encode()


def _line(signal: str, value: float | None, habit: Habit) -> tuple[str, str, str, str]:
    """Code, value, unit and status of one line."""
    code, unit = habit.codes.get(signal, CODES[signal])
    if value is None and habit.no_value is None:
        return code, "", unit, NO_RESULT
    if value is None:
        return code, f"{habit.no_value:g}", unit, habit.status
    for one in habit.units:
        # below zero it is a number that means "no value", and that is the same in every unit
        if signal in one.signals and value >= 0:
            value, unit = round(value * one.scale + one.shift, 3), one.unit
    return code, f"{value:g}", unit, habit.status


def _parted(text: str, signs: str) -> str:
    """The text with these separators instead of the usual ones."""
    if signs == USUAL_SIGNS:
        return text
    if clash := set(signs) & set(text) - set(USUAL_SIGNS):
        raise ValueError(
            f"{''.join(sorted(clash))} stands in the message and cannot part it: choose other signs."
        )
    return text.translate(str.maketrans(USUAL_SIGNS, signs))
