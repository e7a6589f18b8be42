"""The figures of the validation page, drawn the same to the byte each time: no date, fixed names, rounded numbers."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np

from ebbtide.pharmacology import Site, constant_infusion, the_library
from ebbtide.pharmacology.effects.curves import venous_equivalent_ng_per_ml
from ebbtide.pharmacology.effects.library import the_effects
from ebbtide.pharmacology.validation.digitised import NORKETAMINE
from ebbtide.pharmacology.validation.observed import (
    KETAMINE_NG_PER_NMOL,
    NORKETAMINE_S_ARM,
    RACEMIC_ARM_R,
    RACEMIC_ARM_S,
    S_ARM,
    Observed,
    described,
    hourly_steps,
    ketamine_nmol_per_ml,
    metabolite_nmol_per_ml,
    reference_body,
)
from ebbtide.pharmacology.validation.targets import Target

STYLE = {
    "svg.hashsalt": "ebbtide",
    "svg.fonttype": "none",
    "font.family": ["sans-serif"],
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e2e6ea",
    "path.simplify": False,
}
# colours that stay apart for eyes that see few of them (Okabe and Ito); the site is the kind of line, never a colour alone
COLOURS = {
    "kamp_2020": "#0072B2",
    "simons_2022": "#D55E00",
    "otto_2021": "#009E73",
    "perez_ruixo_2021": "#CC79A7",
    "domino": "#56B4E9",
    "clements_250": "#666666",
}
LINES = {Site.ARTERIAL: "-", Site.VENOUS: "--", Site.UNKNOWN: ":"}
DECIMALS = 5  # of a number before it is drawn: another processor's last bit moves no line
METABOLITE_MODELS = ("simons_2022", "otto_2021", "perez_ruixo_2021")


def drawn(curves: Mapping[str, Observed], targets: Mapping[str, Target]) -> dict[str, bytes]:
    """Every figure by its file name; those with digitised points need the curves."""
    import matplotlib as mpl

    with mpl.rc_context(STYLE):
        return _drawn(curves, targets)


def _drawn(curves: Mapping[str, Observed], targets: Mapping[str, Target]) -> dict[str, bytes]:
    racemic = curves[RACEMIC_ARM_S].plus(curves[RACEMIC_ARM_R])
    s_rates, racemic_rates = (targets[name].several("rates_mg_kg_h") for name in ("T4", "T3"))
    offered = [model.id for model in the_library().offered]
    times_h = np.linspace(0.0, 5.0, 301)
    s_arm = {one: ketamine_nmol_per_ml(one, hourly_steps(s_rates), times_h) for one in offered}
    both = {one: ketamine_nmol_per_ml(one, hourly_steps(racemic_rates), times_h) for one in offered}
    formed = {
        one: metabolite_nmol_per_ml(one, NORKETAMINE, hourly_steps(s_rates), times_h)
        for one in METABOLITE_MODELS
    }
    return {
        "s-arm.svg": _against(curves[S_ARM], times_h, s_arm, "S-ketamine, S arm (nmol/mL)"),
        "racemic-arm.svg": _against(racemic, times_h, both, "S- and R-ketamine, racemic arm (nmol/mL)"),
        "norketamine.svg": _against(
            curves[NORKETAMINE_S_ARM], times_h, formed, "S-norketamine, S arm (nmol/mL)"
        ),
        "common-dose.svg": common_dose(targets["T2"]),
    }


def _axes(label: str, *, hours: str) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.2), layout="none")
    axes = figure.add_axes((0.09, 0.12, 0.88, 0.84))
    axes.set_xlabel(hours)
    axes.set_ylabel(label)
    return figure, axes


def _model_lines(axes: Any, times: Sequence[float], curves: Mapping[str, Any]) -> None:
    for model_id, values in curves.items():
        axes.plot(
            times,
            np.round(values, DECIMALS),
            color=COLOURS[model_id],
            linestyle=LINES[the_library().model(model_id).site],
            linewidth=1.8,
            label=described(model_id),
        )


def _against(observed: Observed, times_h: Any, curves: Mapping[str, Any], label: str) -> bytes:
    figure, axes = _axes(label, hours="hours from the start; three rates of one hour each, then nothing")
    _model_lines(axes, np.round(times_h, DECIMALS), curves)
    points = observed.compared()
    axes.plot(
        points.times_h,
        np.round(points.nmol_per_ml, DECIMALS),
        "ko",
        markersize=5,
        label="read off the figure (arterial)",
    )
    axes.set_xlim(0, 5)
    axes.set_ylim(0, None)
    axes.legend(frameon=False, fontsize=9, loc="upper left")
    return _written(figure)


def common_dose(target: Target) -> bytes:
    """0.5 mg/kg over 40 min in 70 kg: every offered model, the exploratory link, and the level that is quoted most."""
    over_min = target.number("over_min")
    schedule = constant_infusion(amount_mg=target.number("dose_mg"), over_h=over_min / 60)
    minutes = np.arange(181.0)
    figure, axes = _axes("ketamine (ng/mL)", hours="minutes from the start; 35 mg over 40 min, 70 kg")
    offered = {
        model.id: KETAMINE_NG_PER_NMOL * ketamine_nmol_per_ml(model.id, schedule, minutes / 60)
        for model in the_library().offered
    }
    _model_lines(axes, list(minutes), offered)
    link = venous_equivalent_ng_per_ml(
        body=reference_body("kamp_2020"),
        schedule=schedule,
        times_h=minutes / 60,
        link=the_effects().venous_link,
    )
    axes.plot(
        minutes,
        np.round(link, DECIMALS),
        color="#999999",
        linestyle="-.",
        label="kamp_2020 behind the exploratory venous link",
    )
    axes.plot([over_min], [target.number("ng_ml")], "kD", markersize=6, label="185 ng/mL, quoted (venous)")
    axes.set_xlim(0, 180)
    axes.set_ylim(0, None)
    axes.legend(frameon=False, fontsize=9, loc="upper right")
    return _written(figure)


def _written(figure: Any) -> bytes:
    out = BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    lines: Iterable[bytes] = (line.rstrip() for line in out.getvalue().splitlines())
    return b"\n".join(lines) + b"\n"
