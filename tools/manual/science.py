"""What the literature says, printed from the packs: suitability rules with their parameters and sources, and the protocols."""

from collections.abc import Mapping
from decimal import Decimal

from ebbtide.evidence.model import Rule, Stage
from ebbtide.evidence.packs import load_suitability_pack
from ebbtide.evidence.protocols import Limit, Protocol, RateSpan, Span, Template, load_protocols
from tools.manual.marks import cell, table


def rules_version() -> str:
    pack = load_suitability_pack()
    return f"Pack {pack.version}, {len(pack.rules)} rules, SHA-256 `{pack.sha256}`."


def rules_index() -> str:
    """Every rule in one line."""
    rows = [[one.id, one.title, _stages(one), one.verdict.value] for one in load_suitability_pack().rules]
    return table(["Rule", "Title", "Stages", "Verdict"], rows)


def rules() -> str:
    return "\n\n".join(_rule(one) for one in load_suitability_pack().rules)


def _stages(rule: Rule) -> str:
    return ", ".join(stage.value.replace("_", " ") for stage in Stage if stage in rule.stages)


def _rule(rule: Rule) -> str:
    mark = ", ".join(rule.mark) + (f" ({cell(rule.mark_note)})" if rule.mark_note else "")
    rows = [
        ["Verdict", f"**{rule.verdict.value}** at {_stages(rule)}"],
        ["Says", rule.message],
        ["When something is missing", rule.if_missing.value],
        ["Who may override", {"none": "nobody"}.get(rule.override.value, rule.override.value)],
        ["Reads", ", ".join(f"`{name}`" for name in sorted(rule.input_names))],
        ["Parameters", ", ".join(f"`{name}`" for name in sorted(rule.parameter_names)) or "none"],
        ["Source", ", ".join(rule.source)],
        ["Grade", rule.grade],
        ["Mark", mark],
        ["Look again by", rule.review_by.isoformat()],
    ]
    return f"### {rule.id}\n\n{cell(rule.title)}\n\n{table(['', ''], rows)}"


def parameters() -> str:
    rows = [
        [f"`{one.name}`", str(one.default), one.unit, ", ".join(one.mark), one.why]
        for one in load_suitability_pack().parameters.values()
    ]
    return table(["Parameter", "Default", "Unit", "Mark", "Why"], rows)


def sources() -> str:
    return table(["Source", "Is"], [[name, words] for name, words in load_suitability_pack().sources.items()])


def _number(value: Decimal | None) -> str:
    return "not published" if value is None else f"{value.normalize():f}"


def _span(span: Span | None) -> str:
    if span is None:
        return ""
    if span.minimum is None and span.maximum is None:
        return f"mean {_number(span.mean)}"
    if span.minimum == span.maximum:
        return _number(span.minimum)
    if span.minimum is None:
        return f"up to {_number(span.maximum)}"
    return f"{_number(span.minimum)} to {'open' if span.maximum is None else _number(span.maximum)}"


def _rate(rate: RateSpan | None, unit: str) -> str:
    if rate is None:
        return ""
    if rate.steps:
        return f"steps {', '.join(_number(step) for step in rate.steps)} {unit}"
    if rate.start == rate.maximum:
        return f"{_number(rate.start)} {unit}"
    if rate.start is None:
        return f"up to {_number(rate.maximum)} {unit} (start not published)"
    return f"from {_number(rate.start)} to {_number(rate.maximum)} {unit}"


def _dose(one: Protocol) -> str:
    least = "at least " if one.dose_is_minimum else ""
    fixed = "" if one.dose_mg is None else f"{_number(one.dose_mg)} mg"
    weighed = "" if one.dose_mg_per_kg is None else f"{_span(one.dose_mg_per_kg)} mg/kg"
    parts = [
        least + (weighed or fixed),
        _rate(one.rate_mg_per_kg_h, "mg/kg/h"),
        _rate(one.rate_mg_per_h, "mg/h"),
    ]
    return "; ".join(part for part in parts if part)


def _caps(one: Protocol) -> str:
    caps = {
        "mg/h": one.caps.rate_mg_per_h,
        "mg an infusion": one.caps.infusion_mg,
        "mg a course": one.caps.course_mg,
    }
    return (
        "; ".join(f"{_number(value)} {unit}" for unit, value in caps.items() if value is not None)
        or "none published"
    )


def _refused(one: Protocol) -> str:
    where = [name for name in ("outpatient", "inpatient") if one.do_not_offer.in_setting(name)]
    return f"{', '.join(where)}: {one.do_not_offer.why or ''}" if where else "offered"


def protocols_version() -> str:
    pack = load_protocols()
    return f"Archive {pack.version}, {len(pack.protocols)} protocols, SHA-256 `{pack.sha256}`."


def protocols() -> str:
    rows = [
        [
            f"`{one.id}`", one.indication, one.drug.replace("_", " "), one.setting, _dose(one), f"{_span(one.duration_min)} min",
            _span(one.infusions), _span(one.gap_days), _caps(one), _refused(one), one.source, ", ".join(one.mark),
        ]
        for one in load_protocols().protocols.values()
    ]  # fmt: skip
    head = [
        "Protocol",
        "For",
        "Drug",
        "Setting",
        "Dose or rate",
        "One infusion",
        "Infusions",
        "Days between",
        "Published caps",
    ]
    return table([*head, "Not offered", "Source", "Mark"], rows)


def templates() -> str:
    return "\n\n".join(_template(one) for one in load_protocols().templates)


def _template(one: Template) -> str:
    cap = (
        ""
        if one.hard_cap_rate_mg_per_h is None
        else f"{_number(one.hard_cap_rate_mg_per_h)} mg/h. {one.cap_note}"
    )
    rows = {
        "Protocol": f"`{one.protocol}`",
        "Days between": _span(one.gap_days),
        "Within": f"{one.span_days_max} days" if one.span_days_max else "",
        "Hard cap": cap,
        "A director sets": ", ".join(f"`{name}`" for name in one.director_sets),
        "Needs": "; ".join(one.needs),
        "What is known": one.evidence_note,
        "Mark": ", ".join(one.mark) + (f" ({one.mark_note})" if one.mark_note else ""),
    }
    return f"### {one.id}\n\n{one.title}\n\n{table(['', ''], _said(rows))}"


def _said(rows: Mapping[str, str]) -> list[list[str]]:
    return [[name, words] for name, words in rows.items() if words]


def limits() -> str:
    return table(
        ["Limit", "What", "Numbers", "Level", "Source", "Mark"],
        [_limit(one) for one in load_protocols().limits.values()],
    )


def _limit(one: Limit) -> list[str]:
    numbers = ", ".join(f"{name} {_number(value)}" for name, value in one.numbers.items())
    level = one.level or "judged by the order form"
    return [f"`{one.id}`", one.what, numbers, level, one.source, ", ".join(one.mark)]
