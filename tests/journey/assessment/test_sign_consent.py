"""Signing a consent: W28 a blank form never becomes one; W31 type, date, method, expiry, and a lapse that shows."""

import hashlib
import io
from datetime import timedelta

import pytest
from PIL import Image, ImageDraw
from pypdf import PdfReader

from ebbtide.ground.documents.files import read_file
from ebbtide.ground.documents.models import Document
from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.people.actions import SetSetting, set_setting
from ebbtide.ground.policy import Denied
from ebbtide.journey.assessment.actions import SignConsent, WithdrawConsent, sign_consent, withdraw_consent
from ebbtide.journey.assessment.consent_text import text_in
from ebbtide.journey.assessment.models import Consent
from ebbtide.journey.assessment.queries import (
    consent_on_file,
    current_consent,
    evaluate,
    inputs_for,
    standing_of,
)
from ebbtide.journey.assessment.rules import ConsentState
from tests.builders import NOW, a_patient, an_act, an_actor, an_episode

pytestmark = pytest.mark.django_db


def a_picture(*, drawn=True):
    picture = Image.new("RGBA", (300, 90), (0, 0, 0, 0))
    if drawn:
        ImageDraw.Draw(picture).line([(10, 60), (120, 20), (280, 70)], fill=(20, 40, 58, 255), width=4)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def a_signing(episode, **changes):
    text = text_in(changes.get("language", "en"))
    made = {
        "language": "en",
        "text_sha256": text.sha256,
        "understood": text.section_ids,
        "signed_name": "Alma Reyes",
    }
    return SignConsent(episode=episode, **{**made, **changes})


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"understood": (), "signed_name": ""}, "CONSENT-SECTIONS"),
        ({"understood": text_in("en").section_ids[:-1]}, "CONSENT-SECTIONS"),
        ({"signed_name": "   "}, "CONSENT-UNSIGNED"),
        ({"signed_name": "--"}, "CONSENT-UNSIGNED"),
        ({"signed_name": "Jonas Weber"}, "CONSENT-NAME"),
        ({"picture": a_picture(drawn=False)}, "CONSENT-PICTURE"),
        ({"picture": b"not a picture"}, "CONSENT-PICTURE"),
        ({"text_sha256": "0" * 64}, "CONSENT-TEXT"),
        ({"signed_at": NOW + timedelta(days=1)}, "CONSENT-FUTURE"),
    ],
)
def test_it_never_takes_a_blank_or_unsigned_form_for_a_consent(changes, rule):
    episode = an_episode()
    with pytest.raises(Refused) as refused:
        sign_consent(an_act(an_actor("front_desk")), a_signing(episode, **changes))
    assert refused.value.rule == rule
    assert not Consent.objects.exists()
    assert not Document.objects.exists()
    assert consent_on_file(episode, at=NOW).state is ConsentState.NONE


def test_it_keeps_type_date_method_expiry_witness_and_the_sealed_paper():
    episode, desk = an_episode(), an_actor("front_desk")
    consent = sign_consent(an_act(desk), a_signing(episode, picture=a_picture()))
    assert (consent.how, consent.text_version, consent.language) == ("screen", text_in("en").version, "en")
    assert consent.signed_at == NOW
    assert (consent.expires_on - NOW.date()).days == 183
    assert consent.witnessed_by_id == desk.staff_id
    paper = read_file(consent.document)
    assert hashlib.sha256(paper).hexdigest() == consent.document.sha256
    words = "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper)).pages)
    for part in ("off-label", "-15.79", "Alma Reyes", "Witness", "no further", "988"):
        assert part in words


def test_it_is_signed_by_typing_alone_and_with_an_accent_or_none():
    episode = an_episode(a_patient(family_name="Núñez-Ortiz"))
    assert (
        sign_consent(an_act(an_actor("front_desk")), a_signing(episode, signed_name="alma nunez ortiz")).how
        == "screen"
    )


def test_it_is_signed_in_the_portal_by_the_patient_and_by_nobody_elses():
    patient = a_patient()
    episode, own = an_episode(patient), an_actor(patient)
    consent = sign_consent(an_act(own), a_signing(episode, language="es"))
    assert (consent.language, consent.witnessed_by) == ("es", None)
    with pytest.raises(Denied):
        sign_consent(an_act(an_actor(a_patient(family_name="Other"))), a_signing(episode))


def test_it_keeps_a_scan_as_it_came():
    consent = sign_consent(
        an_act(an_actor("front_desk")),
        a_signing(an_episode(), scan=a_picture(), scan_type="image/png", signed_at=NOW - timedelta(days=2)),
    )
    assert consent.how == "scanned"
    assert consent.document.media_type == "image/png"
    assert consent.signed_at == NOW - timedelta(days=2)


def test_it_counts_until_its_last_day_and_shows_that_it_lapsed():
    episode = an_episode()
    consent = sign_consent(an_act(an_actor("front_desk")), a_signing(episode))
    last = NOW + timedelta(days=183)
    assert current_consent(episode, at=last) == consent
    assert consent_on_file(episode, at=last + timedelta(days=1)).state is ConsentState.EXPIRED
    assert current_consent(episode, at=last + timedelta(days=1)) is None


def test_it_lasts_as_long_as_the_clinic_decided():
    episode = an_episode()
    clinic = episode.patient.clinic
    set_setting(
        an_act(an_actor("director", clinic=clinic)),
        SetSetting(clinic=clinic, name="consent_valid_days", value=30, reason="policy C-4"),
    )
    consent = sign_consent(an_act(an_actor("front_desk")), a_signing(episode))
    assert (consent.expires_on - NOW.date()).days == 30


def test_it_feeds_the_rule_of_the_series_and_of_the_day():
    episode = an_episode()

    def outcome():
        found = evaluate(standing_of(episode, as_of=NOW), stage="series")
        return next(f.outcome for f in found.findings if f.rule == "SUI-LOG-03")

    assert inputs_for(episode, as_of=NOW)["consent_current"].value is False
    assert outcome() == "defer"
    consent = sign_consent(an_act(an_actor("front_desk")), a_signing(episode))
    assert outcome() == "clear"
    withdraw_consent(an_act(an_actor("front_desk")), WithdrawConsent(consent=consent, reason=""))
    assert outcome() == "defer"
    assert consent_on_file(episode, at=NOW).state is ConsentState.WITHDRAWN


def test_it_no_longer_counts_when_the_text_was_replaced(monkeypatch):
    episode = an_episode()
    sign_consent(an_act(an_actor("front_desk")), a_signing(episode))
    monkeypatch.setattr("ebbtide.journey.assessment.queries.is_current", lambda _sha256: False)
    assert consent_on_file(episode, at=NOW).state is ConsentState.OLD_TEXT
