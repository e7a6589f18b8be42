"""The FHIR door: reads what another system says in FHIR R4, and keeps its words apart from ours.

A bundle is validated with `fhir.resources.R4B` (never the top-level import, which is R5). Nothing here writes.
"""
