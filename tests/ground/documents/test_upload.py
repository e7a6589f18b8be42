"""Uploads are judged by their content; pictures are drawn anew; a PDF that runs something is refused."""

import io
from collections.abc import Callable

import pytest
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from ebbtide.ground.documents import uploads
from ebbtide.ground.documents.uploads import UploadRefused, checked_upload


def picture(kind: str, *, size: tuple[int, int] = (40, 20), mode: str = "RGB", exif: bool = True) -> bytes:
    out = io.BytesIO()
    made = Image.new(mode, size, 3)
    tags = Image.Exif()
    tags[0x0110] = "SecretCamera"
    tags[0x0112] = 6  # turned by a quarter
    made.save(out, format=kind, **({"exif": tags} if exif else {}))
    return out.getvalue()


def pdf(change: Callable[[PdfWriter], object] = lambda _: None) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(("kind", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png")])
def test_it_strips_what_travelled_in_a_picture_and_turns_it_upright(kind: str, media_type: str) -> None:
    checked = checked_upload(io.BytesIO(picture(kind)))
    assert checked.media_type == media_type
    assert b"SecretCamera" not in checked.content
    opened = Image.open(io.BytesIO(checked.content))
    assert opened.size == (20, 40)
    assert not opened.getexif()


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "LA", "I;16"])
def test_it_keeps_pictures_of_every_mode(mode: str) -> None:
    assert checked_upload(io.BytesIO(picture("PNG", mode=mode, exif=False))).media_type == "image/png"


def test_it_keeps_a_plain_pdf_as_it_is() -> None:
    content = pdf()
    assert checked_upload(io.BytesIO(content)).content == content


REFUSED_PDFS = {
    "script": lambda w: w.root_object.update(
        {
            NameObject("/OpenAction"): DictionaryObject(
                {
                    NameObject("/S"): NameObject("/JavaScript"),
                    NameObject("/JS"): TextStringObject("app.alert(1)"),
                }
            )
        }
    ),
    "attachment": lambda w: w.add_attachment("x.exe", b"MZ"),
    "locked": lambda w: w.encrypt("secret"),
}


@pytest.mark.parametrize("what", REFUSED_PDFS)
def test_it_refuses_a_pdf_that_runs_hides_or_is_locked(what: str) -> None:
    with pytest.raises(UploadRefused):
        checked_upload(io.BytesIO(pdf(REFUSED_PDFS[what])))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ\x90",
        b"<html>",
        b"%PDF-1.7 rubbish",
        b"\x89PNG\r\n\x1a\nrubbish",
        b"\xff\xd8\xffrubbish",
        b"GIF89a",
    ],
)
def test_it_refuses_what_is_not_what_it_says(content: bytes) -> None:
    with pytest.raises(UploadRefused):
        checked_upload(io.BytesIO(content))


def test_it_refuses_a_cut_off_picture() -> None:
    whole = picture("JPEG", size=(400, 400))
    with pytest.raises(UploadRefused, match="damaged"):
        checked_upload(io.BytesIO(whole[: len(whole) // 2]))


def test_it_refuses_what_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UploadRefused, match="10 MB"):
        checked_upload(io.BytesIO(b"%PDF-" + bytes(uploads.MAX_BYTES)))
    monkeypatch.setattr(uploads, "MAX_PIXELS", 100)
    with pytest.raises(UploadRefused, match="pixels"):
        checked_upload(io.BytesIO(picture("PNG")))


def test_it_refuses_a_pdf_too_intricate_to_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_PDF_OBJECTS", 3)
    with pytest.raises(UploadRefused, match="intricate"):
        checked_upload(io.BytesIO(pdf()))
