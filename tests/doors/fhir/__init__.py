"""Tests of the FHIR door."""
