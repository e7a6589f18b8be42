"""assessment: consent: the text in the patient's words, signed on the screen or on paper, and taken back."""

from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_safe

from ebbtide.ground import clock
from ebbtide.ground.documents.uploads import UploadRefused, checked_upload
from ebbtide.ground.ledger.action import Refused, act_now
from ebbtide.ground.policy import ClinicRequest, allowed, guarded
from ebbtide.journey.access.models import Episode
from ebbtide.journey.assessment.actions import SignConsent, WithdrawConsent, sign_consent, withdraw_consent
from ebbtide.journey.assessment.consent_paper import blank_paper
from ebbtide.journey.assessment.consent_text import LANGUAGES, ConsentText, text_in
from ebbtide.journey.assessment.forms import ConsentForm, ScanForm, WithdrawForm
from ebbtide.journey.assessment.models import Consent
from ebbtide.journey.assessment.queries import consents_of, standing_of, state_of
from ebbtide.journey.assessment.rules import ConsentState
from ebbtide.journey.assessment.views.pages import answer, frame, put_on, say_saved

STATE_SHAPES = {"current": "ready", "expired": "expired", "withdrawn": "stopped", "old_text": "expired"}
STATE_WORDS = {
    "current": "Counts", "expired": "Lapsed", "withdrawn": "Withdrawn", "old_text": "Signed on a text that was replaced",
}  # fmt: skip


@require_safe
@guarded("assessment.consent", "read", about=Episode)
def consents(request: ClinicRequest, episode: Episode) -> HttpResponse:
    """Every consent of the episode, and whether one counts now."""
    standing = standing_of(episode)
    rows = []
    for row in consents_of(episode):
        state = state_of(row, clinic=standing.patient.clinic, at=standing.as_of)
        rows.append(
            {
                "row": row,
                "shape": STATE_SHAPES[state],
                "words": STATE_WORDS[state],
                "counts": state is ConsentState.CURRENT,
            }
        )
    counts = bool(rows) and rows[0]["counts"]
    context = frame(request, episode, standing, tab="consent", consents=rows, counts=counts)
    return answer(request, "consents", context)


@require_http_methods(["GET", "HEAD", "POST"])
@guarded("assessment.consent", "create", about=Episode)
def consent_sign(request: ClinicRequest, episode: Episode) -> HttpResponse:
    """The text, part by part, and the signature: in the patient's language and words."""
    text = _text(request, episode)
    form = ConsentForm(
        text, data=request.POST if request.method == "POST" else None, initial={"text_sha256": text.sha256}
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        command = SignConsent(
            episode=episode, language=text.language, text_sha256=data["text_sha256"], understood=form.understood(),
            signed_name=data["signed_name"], picture=form.picture_bytes() if data["picture"] else b"",
        )  # fmt: skip
        if (done := _sign(request, episode, form, command)) is not None:
            return done
    with translation.override(text.language):
        page = {"episode": episode, "patient": episode.patient, **_text_page(request, episode, text, form)}
        return answer(request, "consent_sign", page)


@require_http_methods(["GET", "HEAD", "POST"])
@guarded("assessment.consent", "witness", about=Episode)
def consent_scan(request: ClinicRequest, episode: Episode) -> HttpResponse:
    """A consent that was signed on paper: the scan, and what stands on it."""
    text = _text(request, episode)
    form = ScanForm(
        text,
        data=request.POST if request.method == "POST" else None,
        files=request.FILES if request.method == "POST" else None,
        initial={"text_sha256": text.sha256},
    )
    if request.method == "POST" and form.is_valid():
        data, clinic = form.cleaned_data, episode.patient.clinic
        try:
            scan = checked_upload(data["scan"])
        except UploadRefused as refused:
            form.add_error("scan", str(refused))
        else:
            command = SignConsent(
                episode=episode, language=text.language, text_sha256=data["text_sha256"], understood=form.understood(),
                signed_name=data["signed_name"], scan=scan.content, scan_type=scan.media_type,
                signed_at=form.signed_at(zone=clinic.time_zone, now=clock.now()),
            )  # fmt: skip
            if (done := _sign(request, episode, form, command)) is not None:
                return done
    context = frame(
        request, episode, standing_of(episode), tab="consent", **_text_page(request, episode, text, form)
    )
    return answer(request, "consent_scan", context)


@require_safe
@guarded("assessment.consent", "read", about=Episode)
def consent_paper(request: ClinicRequest, episode: Episode) -> HttpResponse:
    """The blank form for signing by hand. It is no consent."""
    text = _text(request, episode)
    paper = blank_paper(episode.patient, text=text, at=clock.now())
    response = HttpResponse(paper, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="consent-form-{text.language}.pdf"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@guarded("assessment.consent", "create", about=Consent)
def consent_withdraw(request: ClinicRequest, row: Consent) -> HttpResponse:
    """A consent is taken back; the confirmation repeats which."""
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    episode = row.episode
    if request.method == "POST" and form.is_valid():
        try:
            act = act_now(request.actor, form.cleaned_data["key"])
            withdrawal = withdraw_consent(
                act, WithdrawConsent(consent=row, reason=form.cleaned_data["reason"])
            )
        except Refused as refused:
            put_on(form, refused)
        else:
            say_saved(
                request, withdrawal, episode.patient, "the consent is withdrawn. No infusion starts on it."
            )
            return redirect("assessment:consents", episode.id)
    context = frame(request, episode, standing_of(episode), tab="consent", form=form, consent=row)
    return answer(request, "consent_withdraw", context)


def _text(request: ClinicRequest, episode: Episode) -> ConsentText:
    asked = request.POST.get("language") or request.GET.get("lang") or episode.patient.language
    return text_in(asked)


def _text_page(
    request: ClinicRequest, episode: Episode, text: ConsentText, form: ConsentForm
) -> dict[str, object]:
    patient = episode.patient
    return {
        "text": text,
        "form": form,
        "languages": LANGUAGES,
        "parts": [{"section": section, "field": form[section.id]} for section in text.sections],
        "witness": request.actor.name if allowed(request.actor, "witness", "assessment.consent") else "",
        "today": clock.now().astimezone(ZoneInfo(patient.clinic.time_zone)).date(),
    }


def _sign(
    request: ClinicRequest, episode: Episode, form: ConsentForm, command: SignConsent
) -> HttpResponse | None:
    """Where to go after the signature; None when a rule refused it."""
    try:
        row = sign_consent(act_now(request.actor, form.cleaned_data["key"]), command)
    except Refused as refused:
        put_on(form, refused)
        return None
    say_saved(
        request, row, episode.patient, f"the consent is signed and counts until {row.expires_on:%d %b %Y}."
    )
    return redirect("assessment:consents", episode.id)
