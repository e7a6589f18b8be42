"""custody: the rows of the safe: the books (vials, accounts, movements, variances) and the papers beside them."""

from ebbtide.journey.custody.models.books import (
    DRUG_NAMES,
    Account,
    AccountKind,
    Destruction,
    Movement,
    MovementKind,
    Variance,
    VarianceClosing,
    VarianceNote,
    Vial,
)
from ebbtide.journey.custody.models.records import (
    Count,
    CountKind,
    CountLine,
    CountSecond,
    LossKind,
    LossRecord,
    RegisterReport,
    ReportForm,
    Undrawn,
)

__all__ = [
    "DRUG_NAMES",
    "Account",
    "AccountKind",
    "Count",
    "CountKind",
    "CountLine",
    "CountSecond",
    "Destruction",
    "LossKind",
    "LossRecord",
    "Movement",
    "MovementKind",
    "RegisterReport",
    "ReportForm",
    "Undrawn",
    "Variance",
    "VarianceClosing",
    "VarianceNote",
    "Vial",
]
