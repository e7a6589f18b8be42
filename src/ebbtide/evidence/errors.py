"""The evidence room's errors: each is the subject of a sentence."""


class EvidenceError(Exception):
    """Something in the evidence room cannot be used as it is."""


class PackRefused(EvidenceError):
    """A fact pack is malformed: it is not used at all, because half a rule is worse than none."""


class InputUnknown(EvidenceError):
    """A name was used that the vocabulary does not declare."""


class ValueRefused(EvidenceError):
    """A value has the wrong type, lies outside its choices or range, or carries another unit."""
