"""Django's view of the fhir room."""

from django.apps import AppConfig


class FhirConfig(AppConfig):
    name = "ebbtide.doors.fhir"
    label = "fhir"
