"""The pharmacology floor: what ketamine does in a body, numbers in and numbers out. No Django, no database, no clock.

Start at :func:`preview` for an order, at :func:`concentration_ng_per_ml` for a curve, at :func:`the_library` for models.
Amounts are mg of free base, rates mg/h, times h, concentrations ng/mL; a concentration always carries its sampling site.
"""

from ebbtide.pharmacology.chains import metabolite_concentrations_ng_per_ml
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

__all__ = [
    "CAPTION",
    "Bolus",
    "Curve",
    "Drug",
    "Infusion",
    "Library",
    "MalformedModel",
    "MalformedSchedule",
    "Mark",
    "Model",
    "NotComputable",
    "Outcome",
    "Performance",
    "Person",
    "PharmacologyError",
    "Preview",
    "RateChange",
    "Schedule",
    "Sex",
    "Site",
    "UnknownModel",
    "auc_ng_h_per_ml",
    "body_of",
    "concentration_ng_per_ml",
    "constant_infusion",
    "from_rate_changes",
    "metabolite_concentrations_ng_per_ml",
    "peak_of",
    "performance",
    "preview",
    "the_library",
    "two_figures",
]
