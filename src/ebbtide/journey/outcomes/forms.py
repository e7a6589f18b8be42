"""Forms of the outcomes: a score asked for at the visit, the taking of an alert, and its closing note."""

from typing import Any

from django import forms

from ebbtide.evidence.instrument_texts import Question, Sheet
from ebbtide.evidence.scoring import Blank, Given
from ebbtide.journey.outcomes.rules import NOTE_MIN

BLANK, DECLINED = "blank", "declined"


class KeyForm(forms.Form):
    """A form whose only content is that it was sent, once."""

    key = forms.CharField(max_length=200, widget=forms.HiddenInput)


class CloseForm(KeyForm):
    note = forms.CharField(
        label="Who spoke with the person, and what came of it",
        min_length=NOTE_MIN,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class EnterForm(KeyForm):
    """One instrument, item by item. Nothing is chosen beforehand: what is not asked stays not asked."""

    def __init__(self, sheet: Sheet, data: Any = None) -> None:
        super().__init__(data)
        for question in sheet.questions:
            self.fields[f"item_{question.item}"] = forms.ChoiceField(
                label=question.ask,
                required=False,
                choices=_choices(question),
                widget=forms.RadioSelect if not question.is_scale else forms.Select,
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not any(cleaned[name] for name in cleaned if name.startswith("item_")):
            raise forms.ValidationError("Nothing is answered: choose at least one answer, or go back.")
        return cleaned

    def given(self) -> dict[int, Given]:
        """The answers as the scoring reads them; an item that was left alone was not asked."""
        told = {name: value for name, value in self.cleaned_data.items() if name.startswith("item_")}
        return {
            int(name.removeprefix("item_")): Blank.DECLINED if value == DECLINED else int(value)
            for name, value in told.items()
            if value
        }


def _choices(question: Question) -> list[tuple[str, str]]:
    named = [(str(option.value), _words(question, option.value, option.words)) for option in question.options]
    first = [("", "not asked")] if question.is_scale else []
    return [*first, *named, (DECLINED, "asked, and declined")]


def _words(question: Question, value: int, words: str) -> str:
    if words:
        return f"{value} · {words}"
    ends = {question.options[0].value: question.low, question.options[-1].value: question.high}
    return f"{value} · {ends[value]}" if value in ends else str(value)
