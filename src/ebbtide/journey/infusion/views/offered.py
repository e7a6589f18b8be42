"""infusion: what a form of the chair offers beside its fields: the touch pad, the scales, the drugs, usual words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ebbtide.journey.infusion.events import SIGNS, Field, Kind, plain_signed
from ebbtide.journey.infusion.forms import EntryForm
from ebbtide.journey.infusion.freshness import Freshness
from ebbtide.journey.infusion.models import Session
from ebbtide.journey.infusion.offers import OFFERED, ordered_drugs, rescue_drugs, scale_rows
from ebbtide.journey.infusion.queries import newest_gate, order_of, state_of
from ebbtide.journey.infusion.session import SessionState
from ebbtide.journey.infusion.vitals import Reading, newest

# the monitor's signal for each sign that a person may confirm by hand
SIGNAL_OF: Mapping[str, str] = {
    "hr_per_min": "hr", "sbp_mmHg": "sbp", "dbp_mmHg": "dbp", "spo2_percent": "spo2", "rr_per_min": "rr",
    "etco2_mmHg": "etco2", "o2_flow_l_per_min": "o2_flow", "temp_c": "temp",
}  # fmt: skip
# where the touch pad opens when nothing is known of a sign: a place on the pad, and no value [design]
OPENS_AT: Mapping[str, str] = {
    "hr_per_min": "75", "sbp_mmHg": "125", "dbp_mmHg": "75", "spo2_percent": "97", "rr_per_min": "14",
    "etco2_mmHg": "38", "o2_flow_l_per_min": "2", "temp_c": "36.8",
}  # fmt: skip
ALWAYS_ASKED = frozenset({"hr_per_min", "sbp_mmHg", "dbp_mmHg", "spo2_percent", "rr_per_min"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A value of the monitor as it can be confirmed by hand."""

    name: str
    value: str
    device: str


def offered(row: Session, kind: Kind, form: EntryForm, *, at: datetime) -> dict[str, Any]:
    """What stands beside the fields of this kind; the form's own inputs get what the page's script needs."""
    for (of, name), values in OFFERED.items():
        if of is kind and name in form.fields:
            form.fields[name].offers = values  # type: ignore[attr-defined]
    if kind is Kind.OBSERVATION:
        return _pad(row, form, at)
    if kind is Kind.SCALE:
        return {"scale_rows": scale_rows(state_of(row))}
    if kind is Kind.DRUG_GIVEN:
        return {"ordered_drugs": _ordered(row), "rescue_drugs": rescue_drugs()}
    return {}


def _ordered(row: Session) -> list[Any]:
    return ordered_drugs(order_of(row, newest_gate(row)).premedication)


def _pad(row: Session, form: EntryForm, at: datetime) -> dict[str, Any]:
    state = state_of(row)
    shown = {one.name: one for one in confirmable(newest(row, at))}
    for name, spec in SIGNS.items():
        asked = name in ALWAYS_ASKED or name in state.signs or name in shown
        form.fields[name].widget.attrs |= _attributes(name, spec, state, asked=asked)
        if (last := state.signs.get(name)) is not None:
            minutes = max(0, int((at - last.at).total_seconds() // 60))
            form.fields[name].help_text = f"last {plain_signed(last.value)}, {minutes} min ago"
    return {"monitor_shows": list(shown.values()), "is_pad": True}


def _attributes(name: str, spec: Field, state: SessionState, *, asked: bool) -> dict[str, str]:
    last = state.signs.get(name)
    return {
        "data-sign": name,
        "data-signal": SIGNAL_OF[name],
        "data-low": plain_signed(spec.low),
        "data-high": plain_signed(spec.high),
        "data-decimals": str(spec.decimals),
        "data-opens-at": OPENS_AT[name] if last is None else plain_signed(last.value),
        "data-last": "" if last is None else plain_signed(last.value),
        **({"data-asked": ""} if asked else {}),
    }


def confirmable(found: Mapping[str, Reading]) -> Iterator[Shown]:
    """What the monitor shows live: a stale, lost or synthetic value is not confirmed by a touch. A pressure is a pair."""
    live = {
        signal: one
        for signal, one in found.items()
        if one.freshness is Freshness.LIVE and one.value is not None
    }
    pair = live.get("sbp"), live.get("dbp")
    together = all(pair) and len({(one.device_id, one.observed_at) for one in pair if one}) == 1
    for name, signal in SIGNAL_OF.items():
        if signal in live and (together or signal not in {"sbp", "dbp"}):
            yield Shown(name=name, value=_typed(live[signal]), device=live[signal].device)


def _typed(reading: Reading) -> str:
    whole, _, rest = reading.text.partition(".")
    rest = rest.rstrip("0")
    return f"{whole}.{rest}" if rest else whole


def taken_over(row: Session, at: datetime) -> dict[str, str]:
    """The draft that a page without scripts opens with: what the monitor shows now, and where it came from."""
    shown = {one.name: one.value for one in confirmable(newest(row, at))}
    return {**shown, "taken_over": " ".join(f"{name}={value}" for name, value in shown.items())}
