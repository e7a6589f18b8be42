"""Messages as monitors send them, written here from the fields that public sources show."""

from datetime import UTC, datetime

AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
STAMP = "20261123150000+0000"
UNITS = {
    "%": "262688^MDC_DIM_PERCENT^MDC",
    "bpm": "264864^MDC_DIM_BEAT_PER_MIN^MDC",
    "rpm": "264928^MDC_DIM_RESP_PER_MIN^MDC",
    "mmHg": "266016^MDC_DIM_MMHG^MDC",
    "kPa": "265987^MDC_DIM_KILO_PASCAL^MDC",
    "C": "268192^MDC_DIM_DEGC^MDC",
    "F": "268160^MDC_DIM_FAHR^MDC",
    "L/min": "265216^MDC_DIM_L_PER_MIN^MDC",
}
CODES = {
    "spo2": "150456^MDC_PULS_OXIM_SAT_O2^MDC",
    "pulse": "149530^MDC_PULS_OXIM_PULS_RATE^MDC",
    "hr": "147842^MDC_ECG_HEART_RATE^MDC",
    "rr": "151562^MDC_RESP_RATE^MDC",
    "etco2": "151708^MDC_CONC_AWAY_CO2_ET^MDC",
    "sbp": "150301^MDC_PRESS_CUFF_SYS^MDC",
    "dbp": "150302^MDC_PRESS_CUFF_DIA^MDC",
    "map": "150023^MDC_PRESS_BLD_NONINV_MEAN^MDC",
    "temp": "150344^MDC_TEMP^MDC",
    "o2_flow": "3151-8^Inhaled oxygen flow rate^LN",
}
SENDS = {"spo2": "%", "pulse": "bpm", "hr": "bpm", "rr": "rpm", "etco2": "mmHg", "sbp": "mmHg", "dbp": "mmHg",
         "map": "mmHg", "temp": "C", "o2_flow": "L/min"}  # fmt: skip


def obx(
    signal="spo2", value="97", *, code=None, unit=None, status="R", at=STAMP, kind="NM", device=""
) -> str:
    """One line. `unit` is a short name of UNITS, or an OBX-6 as it stands."""
    code = CODES[signal] if code is None else code
    unit = UNITS.get(unit, unit) if unit is not None else UNITS[SENDS[signal]]
    return f"OBX|1|{kind}|{code}|1.1.1|{value}|{unit}|||||{status}|||{at}||||{device}"


def message(
    *lines,
    sender="SIM-CHAIR-1",
    facility="",
    control="1",
    obr=STAMP,
    msh=STAMP,
    kind="ORU^R01^ORU_R01",
    process="P",
) -> bytes:
    """A whole message; PID carries a name that must never be kept."""
    head = f"MSH|^~\\&|{sender}|{facility}|EBBTIDE||{msh}||{kind}|{control}|{process}|2.6"
    body = [
        "PID|||SECRET-1^^^X||Quill^Nora||19790504|F",
        "PV1||I|CU1^^Bed001^TAM",
        f"OBR|1|||182777000^monitoring of patient^SCT|||{obr}",
    ]
    return "\r".join([head, *body, *lines, ""]).encode()
