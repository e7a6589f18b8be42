"""assessment: the two warnings that stand above every page of a person, kept with the facts in the same act."""

from collections.abc import Iterable

from django.db.models import Model

from ebbtide.ground.people.models import Patient
from ebbtide.journey.assessment.models import Fact

BANNER_MAX_CHARS = 240  # what Patient.allergy_banner holds
LIMB_MAX_CHARS = 60  # what Patient.limb_not_to_use holds


ON_BANNERS = frozenset({"allergy", "affected_limbs", "ketamine_hypersensitivity"})


def banners_after(facts: Iterable[Fact], patient: Patient) -> list[Model]:
    """The banners, written again when one of these facts stands on them."""
    return banners(patient) if any(fact.name in ON_BANNERS for fact in facts) else []


def banners(patient: Patient) -> list[Model]:
    """Write what stands of allergies and affected limbs onto the patient; the patient, if that changed something."""
    standing = Fact.objects.filter(
        patient=patient,
        replaced_by__isnull=True,
        withdrawn=False,
        name__in=ON_BANNERS,
    ).order_by("recorded_at", "id")
    rows = list(standing.values_list("name", "value", "words", "confirmed_by_id"))
    allergies = [_said(words or str(value), by) for name, value, words, by in rows if name == "allergy"]
    if any(name == "ketamine_hypersensitivity" and value is True for name, value, _, _ in rows):
        allergies.insert(0, "KETAMINE")
    limbs = sorted(
        {str(value).replace("_", " ").upper() for name, value, _, _ in rows if name == "affected_limbs"}
    )
    found = {
        "allergy_banner": "; ".join(allergies)[:BANNER_MAX_CHARS],
        "limb_not_to_use": ", ".join(limbs)[:LIMB_MAX_CHARS],
    }
    row = Patient.objects.get(id=patient.id)
    if all(getattr(row, field) == words for field, words in found.items()):
        return []
    for field, words in found.items():
        setattr(row, field, words)
        setattr(patient, field, words)
    row.save(update_fields=list(found))
    return [row]


def _said(words: str, confirmed_by: object) -> str:
    return words if confirmed_by else f"{words} (unconfirmed)"
