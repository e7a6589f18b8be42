"""Errors of the pharmacology floor: each message says what is wrong, the value with its unit, and what to do."""


class PharmacologyError(Exception):
    """Something the pharmacology floor cannot compute from what it was given."""


class MalformedModel(PharmacologyError):
    """A model's data do not say what the schema asks for."""


class MalformedSchedule(PharmacologyError):
    """A dosing schedule that no pump could give: time runs backwards, or an amount is negative."""


class UnknownModel(PharmacologyError):
    """A model id that the library does not hold."""


class NotComputable(PharmacologyError):
    """A model whose published data are not enough for the curve that was asked for."""


class UnreadableDose(PharmacologyError):
    """A dose in writing that the grammar of :mod:`ebbtide.pharmacology.doses.text` does not hold."""
