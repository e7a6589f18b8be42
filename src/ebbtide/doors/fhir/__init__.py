"""Ebbtide: the fhir room."""
