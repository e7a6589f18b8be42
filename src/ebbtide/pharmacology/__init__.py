"""The pharmacology floor: what ketamine does in a body, numbers in and numbers out. No Django, no database, no clock.

Start at :func:`preview` for an order, at :func:`concentration_ng_per_ml` for a curve, at :func:`the_library` for models.
Amounts are mg of free base, rates mg/h, times h, concentrations ng/mL; a concentration always carries its sampling site.

Nothing is loaded before it is asked for: NumPy and the data file come with the first name that needs them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ebbtide.pharmacology.effects.action import (
        AcuteTolerance,
        additive_linear,
        effect_site_ng_per_ml,
        sigmoid_emax,
        tolerance_ng_per_ml,
    )
    from ebbtide.pharmacology.effects.anchors import (
        Anchor,
        Comparison,
        Concentration,
        Guarded,
        GuardRails,
        Place,
        Rail,
        compare,
        guard,
    )
    from ebbtide.pharmacology.effects.curves import (
        Dosed,
        EffectAnswer,
        EffectCurve,
        EngineeringEstimate,
        effect_answer,
        line_check,
        systolic_rise,
        venous_equivalent_ng_per_ml,
    )
    from ebbtide.pharmacology.effects.drivers import (
        DriverShare,
        SiteRate,
        cautions_of,
        driver_share,
        site_rate,
    )
    from ebbtide.pharmacology.effects.library import Effects, the_effects
    from ebbtide.pharmacology.effects.models import Driver, EffectModel
    from ebbtide.pharmacology.effects.occupancy import Occupancies, OccupancyRange, occupancies
    from ebbtide.pharmacology.effects.slow_relief import (
        SlowRelief,
        expected_pain,
        impulse_error,
        slow_relief_of,
        state_from_areas_ng_per_ml,
        state_from_curve_ng_per_ml,
    )
    from ebbtide.pharmacology.engine.chains import metabolite_concentrations_ng_per_ml
    from ebbtide.pharmacology.engine.closed_form import auc_ng_h_per_ml, concentration_ng_per_ml, peak_of
    from ebbtide.pharmacology.errors import (
        MalformedModel,
        MalformedSchedule,
        NotComputable,
        PharmacologyError,
        UnknownModel,
    )
    from ebbtide.pharmacology.figures import two_figures
    from ebbtide.pharmacology.people.person import Person, Sex, body_of
    from ebbtide.pharmacology.previews import CAPTION, Curve, Outcome, Preview, preview
    from ebbtide.pharmacology.published.library import Library, the_library
    from ebbtide.pharmacology.published.models import Drug, Mark, Model, Site
    from ebbtide.pharmacology.schedule import (
        Bolus,
        Infusion,
        RateChange,
        Schedule,
        constant_infusion,
        from_rate_changes,
    )
    from ebbtide.pharmacology.validation.performance import Performance, performance

__all__ = [
    "CAPTION",
    "AcuteTolerance",
    "Anchor",
    "Bolus",
    "Comparison",
    "Concentration",
    "Curve",
    "Dosed",
    "Driver",
    "DriverShare",
    "Drug",
    "EffectAnswer",
    "EffectCurve",
    "EffectModel",
    "Effects",
    "EngineeringEstimate",
    "GuardRails",
    "Guarded",
    "Infusion",
    "Library",
    "MalformedModel",
    "MalformedSchedule",
    "Mark",
    "Model",
    "NotComputable",
    "Occupancies",
    "OccupancyRange",
    "Outcome",
    "Performance",
    "Person",
    "PharmacologyError",
    "Place",
    "Preview",
    "Rail",
    "RateChange",
    "Schedule",
    "Sex",
    "Site",
    "SiteRate",
    "SlowRelief",
    "UnknownModel",
    "additive_linear",
    "auc_ng_h_per_ml",
    "body_of",
    "cautions_of",
    "compare",
    "concentration_ng_per_ml",
    "constant_infusion",
    "driver_share",
    "effect_answer",
    "effect_site_ng_per_ml",
    "expected_pain",
    "from_rate_changes",
    "guard",
    "impulse_error",
    "line_check",
    "metabolite_concentrations_ng_per_ml",
    "occupancies",
    "peak_of",
    "performance",
    "preview",
    "sigmoid_emax",
    "site_rate",
    "slow_relief_of",
    "state_from_areas_ng_per_ml",
    "state_from_curve_ng_per_ml",
    "systolic_rise",
    "the_effects",
    "the_library",
    "tolerance_ng_per_ml",
    "two_figures",
    "venous_equivalent_ng_per_ml",
]

_HOME = {
    "effects.action": (
        "AcuteTolerance",
        "additive_linear",
        "effect_site_ng_per_ml",
        "sigmoid_emax",
        "tolerance_ng_per_ml",
    ),
    "effects.anchors": (
        "Anchor",
        "Comparison",
        "Concentration",
        "Guarded",
        "GuardRails",
        "Place",
        "Rail",
        "compare",
        "guard",
    ),
    "effects.curves": (
        "Dosed",
        "EffectAnswer",
        "EffectCurve",
        "EngineeringEstimate",
        "effect_answer",
        "line_check",
        "systolic_rise",
        "venous_equivalent_ng_per_ml",
    ),
    "effects.drivers": (
        "DriverShare",
        "SiteRate",
        "cautions_of",
        "driver_share",
        "site_rate",
    ),
    "effects.library": (
        "Effects",
        "the_effects",
    ),
    "effects.models": (
        "Driver",
        "EffectModel",
    ),
    "effects.occupancy": (
        "Occupancies",
        "OccupancyRange",
        "occupancies",
    ),
    "effects.slow_relief": (
        "SlowRelief",
        "expected_pain",
        "impulse_error",
        "slow_relief_of",
        "state_from_areas_ng_per_ml",
        "state_from_curve_ng_per_ml",
    ),
    "engine.chains": ("metabolite_concentrations_ng_per_ml",),
    "engine.closed_form": (
        "auc_ng_h_per_ml",
        "concentration_ng_per_ml",
        "peak_of",
    ),
    "errors": (
        "MalformedModel",
        "MalformedSchedule",
        "NotComputable",
        "PharmacologyError",
        "UnknownModel",
    ),
    "figures": ("two_figures",),
    "people.person": (
        "Person",
        "Sex",
        "body_of",
    ),
    "previews": (
        "CAPTION",
        "Curve",
        "Outcome",
        "Preview",
        "preview",
    ),
    "published.library": (
        "Library",
        "the_library",
    ),
    "published.models": (
        "Drug",
        "Mark",
        "Model",
        "Site",
    ),
    "schedule": (
        "Bolus",
        "Infusion",
        "RateChange",
        "Schedule",
        "constant_infusion",
        "from_rate_changes",
    ),
    "validation.performance": (
        "Performance",
        "performance",
    ),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}


def __getattr__(name: str) -> object:
    """The public name, from the module that holds it."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
