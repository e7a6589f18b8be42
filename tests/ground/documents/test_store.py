"""A document is on disk before its row commits, and is proved before it is given."""

import hashlib
import stat
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import reverse

from ebbtide.ground.documents import files, views
from ebbtide.ground.documents.actions import StoreDocument, store_document
from ebbtide.ground.documents.files import DocumentDamaged, path_of, read_file
from ebbtide.ground.documents.models import Document
from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.ledger.models import Entry
from ebbtide.ground.people.models import Clinic, Patient
from ebbtide.ground.policy import Denied
from tests.builders import a_clinic, a_patient, an_act, an_actor

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 letter"


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path: Path) -> None:
    settings.EBBTIDE_DATA = settings.STATIC_ROOT = tmp_path


def letter(clinic: Clinic, patient: Patient | None, **changed) -> StoreDocument:
    made = {
        "clinic": clinic,
        "patient": patient,
        "kind": "referral letter",
        "title": "Letter",
        "media_type": "application/pdf",
        "content": PDF,
    }
    return StoreDocument(**{**made, **changed})


def stored() -> Document:
    clinic = a_clinic()
    return store_document(
        an_act(an_actor("prescriber", clinic=clinic)), letter(clinic, a_patient(clinic=clinic))
    )


def test_it_writes_the_file_for_its_owner_alone_and_the_hash_into_row_and_ledger() -> None:
    document = stored()
    path = path_of(document.id)
    assert path.read_bytes() == PDF
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert document.sha256 == hashlib.sha256(PDF).hexdigest()
    assert Entry.objects.get(resource="ground.document").rows[0]["k"] == str(document.id)


def test_it_syncs_file_and_folders_before_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    sync = files.os.fsync
    monkeypatch.setattr(
        files.os, "fsync", lambda number: (seen.append(Document.objects.exists()), sync(number))[1]
    )
    stored()
    assert seen == [
        False,
        False,
        False,
        False,
    ]  # the file, its folder, the two folders above that were made for it


def test_it_stores_once_when_the_same_request_comes_twice() -> None:
    clinic = a_clinic()
    patient = a_patient(clinic=clinic)
    act = an_act(an_actor("prescriber", clinic=clinic), key="tap")
    first = store_document(act, letter(clinic, patient))
    assert store_document(act, letter(clinic, patient)) == first
    assert len(list(files.folder().rglob("*-*"))) == 1


def test_it_keeps_no_row_when_the_action_around_it_is_refused() -> None:
    def refused_at_the_end() -> None:
        with transaction.atomic():
            stored()
            raise Refused("X-1", "No.")

    with pytest.raises(Refused):
        refused_at_the_end()
    assert not Document.objects.exists()


@pytest.mark.parametrize("changed", [{"media_type": "text/html"}, {"patient": "elsewhere"}])
def test_it_refuses_what_could_run_and_another_clinics_patient(changed: dict) -> None:
    clinic = a_clinic()
    actor = an_actor("prescriber", clinic=clinic)
    if "patient" in changed:
        with pytest.raises(Denied):
            store_document(an_act(actor), letter(clinic, a_patient(clinic=a_clinic(name="Other"))))
        return
    with pytest.raises(Refused, match="cannot be stored"):
        store_document(an_act(actor), letter(clinic, a_patient(clinic=clinic), **changed))


def test_it_says_when_the_file_was_changed_or_lost() -> None:
    document = stored()
    path_of(document.id).write_bytes(b"%PDF-1.7 another")
    with pytest.raises(DocumentDamaged, match="not the one"):
        read_file(document)
    path_of(document.id).unlink()
    with pytest.raises(DocumentDamaged, match="cannot be read"):
        read_file(document)


def given(document: Document, actor) -> object:
    request = RequestFactory().get("/")
    request.actor, request.reading = actor, None
    return views.show(request, id=document.id)


def test_it_gives_the_document_as_an_attachment_that_cannot_run() -> None:
    document = stored()
    response = given(document, an_actor("prescriber", clinic=document.clinic))
    assert response.content == PDF
    assert response["Content-Disposition"] == 'attachment; filename="referral-letter-2026-11-23.pdf"'
    assert "sandbox" in response["Content-Security-Policy"]


def test_it_shows_nothing_to_others() -> None:
    from django.http import Http404

    document = stored()
    with pytest.raises(Http404):
        given(document, an_actor("nurse", clinic=document.clinic))
    with pytest.raises(Http404):
        given(document, an_actor("prescriber", clinic=a_clinic(name="Other")))
    with pytest.raises(Denied):
        given(document, an_actor("operator", clinic=document.clinic))


def test_it_gives_a_patient_their_own() -> None:
    document = stored()
    assert given(document, an_actor(document.patient)).status_code == 200


def test_it_sends_nobody_signed_in_to_the_sign_in(client: Client) -> None:
    document = stored()
    assert client.get(reverse("documents:show", args=[document.id])).status_code == 302


def test_it_gives_no_damaged_document() -> None:
    document = stored()
    path_of(document.id).write_bytes(b"x")
    response = given(document, an_actor("prescriber", clinic=document.clinic))
    assert response.status_code == 500
    assert b"backup" in response.content
