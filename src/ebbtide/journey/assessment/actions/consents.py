"""assessment: consent: given on the screen or on paper, always as a sealed document; and withdrawn. A blank form is none."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ebbtide.ground.documents.actions import StoreDocument, store_document
from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.people.models import Staff
from ebbtide.ground.people.queries import setting
from ebbtide.ground.policy.decisions import may
from ebbtide.journey.access.models import Episode
from ebbtide.journey.assessment.actions.turns import refuse, topics
from ebbtide.journey.assessment.consent_paper import BlankPicture, checked_picture, signed_paper
from ebbtide.journey.assessment.consent_text import text_in
from ebbtide.journey.assessment.models import Consent, ConsentWithdrawal
from ebbtide.journey.assessment.rules import CONSENT_VALID_DAYS, check_signature


@dataclass(frozen=True, slots=True, kw_only=True)
class SignConsent:
    """The parts ticked one by one and the name that signs; with the drawn signature, or with the scan of the signed paper.

    `text_sha256` is of the text that the page showed or the paper carries, so that nobody signs a text they have not read.
    """

    episode: Episode
    language: str
    text_sha256: str
    understood: tuple[str, ...]
    signed_name: str
    picture: bytes = b""
    scan: bytes = b""
    scan_type: str = ""
    signed_at: datetime | None = None  # on paper it may have been signed earlier


@action("assessment.consent", "create", about=lambda command: command.episode)
def sign_consent(act: Act, command: SignConsent) -> Done[Consent]:
    """Keep the signed text as a document sealed by its hash, and the consent that names it."""
    patient, text = command.episode.patient, text_in(command.language)
    if command.text_sha256 != text.sha256:
        raise Refused(
            "CONSENT-TEXT", "The text of the consent was replaced meanwhile. Read the new one and sign that."
        )
    refuse(
        check_signature(
            sections=text.section_ids, understood=command.understood, signed_name=command.signed_name,
            family_name=patient.family_name,
        )
    )  # fmt: skip
    signed_at = command.signed_at or act.at
    if signed_at > act.recorded_at:
        raise Refused(
            "CONSENT-FUTURE",
            "The day of the signature lies in the future. Enter the day that stands on the paper.",
        )
    witness = _witness(act, command.episode)
    document = store_document(
        act.nested("document"), _paper(act, command, witness=witness, signed_at=signed_at)
    )
    valid_days = setting(patient.clinic, "consent_valid_days", CONSENT_VALID_DAYS)
    consent = Consent.objects.create(
        episode=command.episode, text_version=text.version, text_sha256=text.sha256, language=text.language,
        understood=list(command.understood), how="scanned" if command.scan else "screen",
        signed_name=" ".join(command.signed_name.split()), document=document, witnessed_by=witness, signed_at=signed_at,
        expires_on=signed_at.astimezone(ZoneInfo(patient.clinic.time_zone)).date() + timedelta(days=valid_days),
    )  # fmt: skip
    return Done(value=consent, announce=topics(patient))


def _witness(act: Act, episode: Episode) -> Staff | None:
    """Whoever hands over the tablet or takes the paper witnesses it by their own sign-in; alone in the portal there is none."""
    if (
        act.by.staff_id is None
        or not may(act.by, "witness", "assessment.consent", episode, at=act.recorded_at).allowed
    ):
        return None
    return Staff.objects.get(id=act.by.staff_id)


def _paper(act: Act, command: SignConsent, *, witness: Staff | None, signed_at: datetime) -> StoreDocument:
    patient = command.episode.patient
    if command.scan:
        content, media_type = command.scan, command.scan_type
    else:
        try:
            picture = checked_picture(command.picture)
        except BlankPicture as blank:
            raise Refused("CONSENT-PICTURE", str(blank)) from blank
        content, media_type = (
            signed_paper(
                patient, text=text_in(command.language), signed_name=command.signed_name, picture=picture,
                witness=witness.name if witness else "", at=signed_at,
            ),
            "application/pdf",
        )  # fmt: skip
    return StoreDocument(
        clinic=patient.clinic, patient=patient, kind="consent", title="Consent to ketamine infusions",
        media_type=media_type, content=content,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawConsent:
    """The person takes a consent back; a reason may be given and is never asked for."""

    consent: Consent
    reason: str = ""


@action("assessment.consent", "create", about=lambda command: command.consent)
def withdraw_consent(act: Act, command: WithdrawConsent) -> Done[ConsentWithdrawal]:
    """From now this consent does not count; that it was given stays in the record."""
    if ConsentWithdrawal.objects.filter(consent=command.consent).exists():
        raise Refused(
            "CONSENT-WITHDRAWN", "This consent was withdrawn already. Nothing more needs to be done."
        )
    row = ConsentWithdrawal.objects.create(
        consent=command.consent,
        reason=command.reason.strip(),
        recorded_by=act.by.identity,
        withdrawn_at=act.at,
    )
    return Done(value=row, announce=topics(command.consent.episode.patient))
