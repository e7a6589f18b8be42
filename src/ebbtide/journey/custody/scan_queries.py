"""Reading which vials a label can mean, and what a clinic knows of a product number."""

from ebbtide.ground.people.models import Clinic
from ebbtide.journey.custody.models import Vial
from ebbtide.journey.custody.queries import left_in_safe
from ebbtide.journey.custody.scans import Scanned


def vials_scanned(clinic: Clinic, scanned: Scanned) -> list[Vial]:
    """The vials that a label can mean: one when it names one vial, all of a lot in the safe when it names only its package."""
    rows = Vial.objects.filter(clinic=clinic)
    if scanned.identity:
        return list(rows.filter(label=scanned.identity))
    if not scanned.is_gs1:
        return []
    rows = rows.filter(gtin=scanned.gtin, **({"lot": scanned.lot} if scanned.lot else {}))
    left = left_in_safe(clinic)
    return [vial for vial in rows.order_by("expires_on", "label") if vial.pk in left]


def product_known(clinic: Clinic, gtin: str) -> Vial | None:
    """The newest vial of a product that this clinic received: what a scan of the next delivery fills in."""
    rows = Vial.objects.filter(clinic=clinic, gtin=gtin) if gtin else Vial.objects.none()
    return rows.order_by("-received_at", "-id").first()
