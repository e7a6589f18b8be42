"""A monitor's message: ORU^R01 as IHE PCD-01 writes it, from values by signal. Pure."""

from collections.abc import Mapping
from datetime import datetime

CODES: Mapping[str, tuple[str, str]] = {
    "hr": ("147842^MDC_ECG_HEART_RATE^MDC", "264864^MDC_DIM_BEAT_PER_MIN^MDC"),
    "pulse": ("149530^MDC_PULS_OXIM_PULS_RATE^MDC", "264864^MDC_DIM_BEAT_PER_MIN^MDC"),
    "spo2": ("150456^MDC_PULS_OXIM_SAT_O2^MDC", "262688^MDC_DIM_PERCENT^MDC"),
    "rr": ("151562^MDC_RESP_RATE^MDC", "264928^MDC_DIM_RESP_PER_MIN^MDC"),
    "etco2": ("151708^MDC_CONC_AWAY_CO2_ET^MDC", "266016^MDC_DIM_MMHG^MDC"),
    "sbp": ("150301^MDC_PRESS_CUFF_SYS^MDC", "266016^MDC_DIM_MMHG^MDC"),
    "dbp": ("150302^MDC_PRESS_CUFF_DIA^MDC", "266016^MDC_DIM_MMHG^MDC"),
    "map": ("150303^MDC_PRESS_CUFF_MEAN^MDC", "266016^MDC_DIM_MMHG^MDC"),
}
NO_RESULT = "X"


def stamp(at: datetime) -> str:
    """An instant as HL7 writes it, to the millisecond and with its zone."""
    return at.strftime("%Y%m%d%H%M%S.%f")[:18] + at.strftime("%z")


def report(key: str, number: int, at: datetime, values: Mapping[str, float | None]) -> bytes:
    """What the monitor `key` says at this moment; None is a signal that has no result now."""
    now = stamp(at)
    lines = [
        f"MSH|^~\\&|EBBTIDE_TWIN||||{now}||ORU^R01^ORU_R01|{key}-{number}|P|2.6|||AL|NE",
        "PID|||",
        f"OBR|1|||182777000^monitoring of patient^SCT|||{now}",
        f"OBX|1||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0|||||||X|||||||{key}^EBBTIDE^{key}^L",
    ]
    for place, (signal, value) in enumerate(values.items(), start=2):
        code, unit = CODES[signal]
        told = "" if value is None else f"{value:g}"
        status = NO_RESULT if value is None else "R"
        lines.append(f"OBX|{place}|NM|{code}|1.1.1.{place}|{told}|{unit}|||||{status}|||{now}")
    return ("\r".join(lines) + "\r").encode()
