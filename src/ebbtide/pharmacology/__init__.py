"""The pharmacology floor: what ketamine does in a body, numbers in and numbers out. No Django, no database, no clock.

Start at :func:`preview` for an order, at :func:`concentration_ng_per_ml` for a curve, at :func:`the_library` for models.
Amounts are mg of free base, rates mg/h, times h, concentrations ng/mL; a concentration always carries its sampling site.
"""

from ebbtide.pharmacology.anchors import (
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
from ebbtide.pharmacology.chains import metabolite_concentrations_ng_per_ml
from ebbtide.pharmacology.drivers import DriverShare, SiteRate, cautions_of, driver_share, site_rate
from ebbtide.pharmacology.effect_curves import (
    Dosed,
    EffectAnswer,
    EffectCurve,
    EngineeringEstimate,
    effect_answer,
    line_check,
    systolic_rise,
    venous_equivalent_ng_per_ml,
)
from ebbtide.pharmacology.effect_library import Effects, the_effects
from ebbtide.pharmacology.effect_models import Driver, EffectModel
from ebbtide.pharmacology.effects import (
    AcuteTolerance,
    additive_linear,
    effect_site_ng_per_ml,
    sigmoid_emax,
    tolerance_ng_per_ml,
)
from ebbtide.pharmacology.engine import auc_ng_h_per_ml, concentration_ng_per_ml, peak_of
from ebbtide.pharmacology.errors import (
    MalformedModel,
    MalformedSchedule,
    NotComputable,
    PharmacologyError,
    UnknownModel,
)
from ebbtide.pharmacology.figures import two_figures
from ebbtide.pharmacology.library import Library, the_library
from ebbtide.pharmacology.models import Drug, Mark, Model, Site
from ebbtide.pharmacology.occupancy import Occupancies, OccupancyRange, occupancies
from ebbtide.pharmacology.people import Person, Sex, body_of
from ebbtide.pharmacology.performance import Performance, performance
from ebbtide.pharmacology.preview import CAPTION, Curve, Outcome, Preview, preview
from ebbtide.pharmacology.schedule import (
    Bolus,
    Infusion,
    RateChange,
    Schedule,
    constant_infusion,
    from_rate_changes,
)
from ebbtide.pharmacology.slow_relief import (
    SlowRelief,
    expected_pain,
    impulse_error,
    slow_relief_of,
    state_from_areas_ng_per_ml,
    state_from_curve_ng_per_ml,
)

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
