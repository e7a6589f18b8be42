"""The files door: the form of an upload."""

from django import forms


class BundleForm(forms.Form):
    """One FHIR bundle of one person."""

    key = forms.CharField(max_length=200, widget=forms.HiddenInput)
    bundle = forms.FileField(
        label="FHIR R4 bundle (JSON, at most 10 MB)",
        widget=forms.ClearableFileInput(attrs={"accept": ".json,application/json,application/fhir+json"}),
    )
