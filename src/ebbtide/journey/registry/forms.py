"""Forms of the registry: which infusions are asked for, and in which form they are taken out."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ebbtide.journey.registry.dataset import Filters
from ebbtide.journey.registry.models import ExportFormat
from ebbtide.journey.registry.queries import Choices


class FilterForm(forms.Form):
    """Three readable questions; each may stay open."""

    complaint = forms.ChoiceField(label=_("Complaint"), required=False)
    protocol = forms.ChoiceField(label=_("Protocol"), required=False)
    since = forms.DateField(
        label=_("Given since"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, data: Any, *, offered: Choices) -> None:
        super().__init__(data)
        complaint: Any = self.fields["complaint"]
        protocol: Any = self.fields["protocol"]
        complaint.choices = [("", _("Every complaint")), *offered.complaints]
        protocol.choices = [("", _("Every protocol")), *offered.protocols]

    def filters(self) -> Filters:
        """What is asked for; a field that cannot be read is left open, and the page says which."""
        self.is_valid()
        told = self.cleaned_data
        return Filters(
            complaint=told.get("complaint") or "",
            protocol=told.get("protocol") or "",
            since=told.get("since"),
        )


class ExportForm(forms.Form):
    """The form of the file, and the act's key."""

    format = forms.ChoiceField(choices=ExportFormat.choices, widget=forms.HiddenInput)
    key = forms.CharField(max_length=200, widget=forms.HiddenInput)


class KeyForm(forms.Form):
    """A form whose only content is that it was sent, once."""

    key = forms.CharField(max_length=200, widget=forms.HiddenInput)
