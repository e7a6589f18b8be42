"""Forms of the chart: who joins a care team, and the address that opens the portal."""

from typing import Any

from django import forms

from ebbtide.ground.people.models import Staff


class JoinForm(forms.Form):
    """Somebody joins the people who look after this patient."""

    staff = forms.ModelChoiceField(
        label="Who joins", queryset=Staff.objects.none(), empty_label="Choose a colleague"
    )
    key = forms.CharField(max_length=200, widget=forms.HiddenInput)

    def __init__(self, *args: Any, colleagues: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["staff"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        field.queryset = colleagues
        field.label_from_instance = lambda obj: f"{obj.name}, {', '.join(obj.roles)}"  # type: ignore[method-assign]


class PortalForm(forms.Form):
    """The address with which a patient signs in."""

    email = forms.EmailField(label="E-mail of the patient", max_length=254)
    key = forms.CharField(max_length=200, widget=forms.HiddenInput)
