"""A refusal: a rule says no, in a sentence that says what to do next."""


class Refused(Exception):
    """A rule refuses this act: nothing was changed. `rule` names it, the sentence says what to do next."""

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(sentence)
        self.rule = rule
        self.sentence = sentence
