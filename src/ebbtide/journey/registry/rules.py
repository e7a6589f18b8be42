"""Rules of the registry: no clock, no database. What may leave, and when an exposure can be recorded."""

from ebbtide.journey.registry.deidentify import K


class NotYet(Exception):
    """A rule that is not kept: its name, and the sentence for the person who acts."""

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(sentence)
        self.rule, self.sentence = rule, sentence


def check_something_leaves(*, rows: int, suppressed: int) -> None:
    """A file holds at least one row (REG-NONE, REG-FEW)."""
    if rows:
        return
    if suppressed:
        raise NotYet(
            "REG-FEW",
            f"Nothing leaves: fewer than {K} people match, and every row would have to be left out. Widen the filters.",
        )
    raise NotYet(
        "REG-NONE",
        "Nothing leaves: no infusion with an exposure and a permission matches. Widen the filters.",
    )


def check_infusion_ended(*, started: bool, stopped: bool) -> None:
    """An exposure stands on a whole infusion (REG-OPEN)."""
    if started and stopped:
        return
    raise NotYet(
        "REG-OPEN",
        "The infusion has not been started and stopped yet: its exposure is recorded after the stop.",
    )
