"""The evidence room's coding: codes and drug names in, concepts and classes out. No clock, no I/O of its own.

A code family marked `judgement` does not decide: it makes a concept possible, and a clinician confirms it.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from ebbtide.evidence.interactions import InteractionPack, MedicationClass, load_interactions
from ebbtide.evidence.model import Concept, SuitabilityPack
from ebbtide.evidence.packs import load_suitability_pack

SNOMED = "http://snomed.info/sct"
ICD10 = frozenset(
    {"http://hl7.org/fhir/sid/icd-10-cm", "http://hl7.org/fhir/sid/icd-10", "urn:oid:2.16.840.1.113883.6.90"}
)
ATC = frozenset({"http://www.whocc.no/atc", "urn:oid:2.16.840.1.113883.6.73"})
ICD_CATEGORY_CHARS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ConceptMatch:
    """A concept that a code stands for.

    `certain` is false when a clinician must judge. `dated` is false when the code says that it happened and not when.
    """

    concept: str
    certain: bool
    happened: bool
    dated: bool


def concepts_for(*, system: str, code: str, pack: SuitabilityPack) -> tuple[ConceptMatch, ...]:
    """Every concept that a SNOMED CT or ICD-10 code stands for; none for a code that rules do not speak of."""
    return tuple(
        ConceptMatch(
            concept=concept.name,
            certain=not concept.judgement,
            happened=concept.happened,
            dated=not _is_history(concept, system=system, code=code),
        )
        for concept in pack.concepts.values()
        if _stands_for(concept, system=system, code=code) or _is_history(concept, system=system, code=code)
    )


def _stands_for(concept: Concept, *, system: str, code: str) -> bool:
    if system == SNOMED:
        return code in concept.snomed
    return system in ICD10 and any(_in_icd_family(family, code) for family in concept.icd10cm)


def _is_history(concept: Concept, *, system: str, code: str) -> bool:
    """Whether the code says that it happened, without saying when."""
    if system == SNOMED:
        return code in concept.snomed_history
    return system in ICD10 and any(_in_icd_family(family, code) for family in concept.icd10cm_history)


def _in_icd_family(family: str, code: str) -> bool:
    """Whether a code begins as its family does: I10 holds I10 and I10.9; O00-O9A holds every category between."""
    plain = code.replace(".", "").upper()
    first, _, last = family.partition("-")
    if last:
        return first <= plain[:ICD_CATEGORY_CHARS] <= last
    return plain.startswith(first.replace(".", ""))


def names_ketamine(*, system: str, code: str, text: str, pack: SuitabilityPack | None = None) -> bool:
    """Whether a code or a word of an allergy names ketamine or one of its isomers."""
    names = (pack or load_suitability_pack()).ketamine
    if code in names.codes.get(system, ()):
        return True
    return re.search(rf"\b(?:{'|'.join(map(re.escape, names.words))})\b", _plain(text)) is not None


def classes_named_in(text: str, *, pack: InteractionPack | None = None) -> tuple[str, ...]:
    """The medication classes whose ingredients a drug's text names, on word boundaries and in any case."""
    classes = (pack or load_interactions()).classes
    plain = _plain(text)
    return tuple(name for name, row in classes.items() if row.ingredients and _names_of(row).search(plain))


def classes_for_atc(code: str, *, pack: InteractionPack | None = None) -> tuple[str, ...]:
    """The medication classes whose ATC groups hold this code."""
    classes = (pack or load_interactions()).classes
    return tuple(name for name, row in classes.items() if row.atc and code.upper().startswith(row.atc))


@lru_cache(maxsize=64)
def _names_of(row: MedicationClass) -> re.Pattern[str]:
    """One pattern for every name of a class; a space in a name stands for any run of spaces."""
    names = (r"\s+".join(map(re.escape, _plain(name).split())) for name in row.ingredients)
    return re.compile(rf"\b(?:{'|'.join(names)})\b")


def _plain(text: str) -> str:
    """Lower case, straight apostrophes, and "St." without its stop."""
    return text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").replace("st. john", "st john")
