"""The documents room: what people upload is looked into before it is kept, and images are drawn anew."""

import io
import warnings
from dataclasses import dataclass
from typing import IO, Any, cast

from django.core.files.base import File
from PIL import Image, ImageOps, UnidentifiedImageError
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_PDF_OBJECTS = 200_000
JPEG_QUALITY = 90
MAGIC = {b"%PDF-": "application/pdf", b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
ACTIVE_NAMES = frozenset(
    {
        "/JavaScript",
        "/JS",
        "/Launch",
        "/EmbeddedFile",
        "/EmbeddedFiles",
        "/RichMedia",
        "/XFA",
        "/SubmitForm",
        "/ImportData",
    }
)


class UploadRefused(ValueError):
    """A file is not kept; the sentence says what to do instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedUpload:
    """What may be stored: the type that the content itself shows, and the content."""

    media_type: str
    content: bytes


def checked_upload(file: "File[Any] | IO[bytes]") -> CheckedUpload:
    """The upload, judged by its content and not by its name.

    Raises:
        UploadRefused: too large, no PDF, JPEG or PNG, damaged, locked, or carrying something that runs.
    """
    content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise UploadRefused(
            "The file is larger than 10 MB. Photograph it anew in a smaller size, or send fewer pages."
        )
    if not content:
        raise UploadRefused("The file is empty. Choose it again.")
    media_type = next((kind for start, kind in MAGIC.items() if content.startswith(start)), None)
    if media_type is None:
        raise UploadRefused(
            "Only PDF, JPEG and PNG files can be kept. Save or photograph the paper as one of these."
        )
    if media_type == "application/pdf":
        _check_pdf(content)
        return CheckedUpload(media_type=media_type, content=content)
    return CheckedUpload(media_type=media_type, content=_redrawn(content, media_type))


def _redrawn(content: bytes, media_type: str) -> bytes:
    """The same picture without anything that travelled in the file: place, device, hidden data."""
    picture_format = "JPEG" if media_type == "image/jpeg" else "PNG"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=[picture_format]) as opened:
                if opened.width * opened.height > MAX_PIXELS:
                    raise UploadRefused(
                        "The picture has more than 40 million pixels. Photograph it in a smaller size."
                    )
                upright = ImageOps.exif_transpose(opened)
                clean = upright.convert(
                    "RGB" if picture_format == "JPEG" or upright.mode not in {"RGBA", "LA", "P"} else "RGBA"
                )
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        if isinstance(error, UploadRefused):
            raise
        raise UploadRefused(
            "The picture is damaged or too large to open. Photograph the paper again."
        ) from None
    clean.info.clear()
    out = io.BytesIO()
    clean.save(out, format=picture_format, **({"quality": JPEG_QUALITY} if picture_format == "JPEG" else {}))
    return out.getvalue()


def _check_pdf(content: bytes) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader = PdfReader(io.BytesIO(content), strict=False)
            if reader.is_encrypted:
                raise UploadRefused("The PDF is locked by a password. Save it without one, or photograph it.")
            if not reader.pages:
                raise UploadRefused("The PDF has no page. Choose another file.")
            active = _something_runs(reader.trailer)
    except UploadRefused:
        raise
    except (
        PyPdfError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        RecursionError,
        OSError,
        NotImplementedError,
    ):
        # pypdf answers a broken file with any of these: to the person it is one thing
        raise UploadRefused(
            "The PDF is damaged and cannot be opened. Save or photograph the paper again."
        ) from None
    if active:
        raise UploadRefused(
            "The PDF carries a script, a form or another file inside. Print it to a plain PDF and send that."
        )


def _something_runs(trailer: DictionaryObject) -> bool:
    """Whether any reachable object names something that runs or is hidden inside."""
    waiting: list[Any] = [trailer]
    seen: set[tuple[int, int]] = set()
    looked_at = 0
    while waiting:
        item = waiting.pop()
        looked_at += 1
        if looked_at > MAX_PDF_OBJECTS:
            raise UploadRefused(
                "The PDF is too intricate to be checked. Print it to a plain PDF and send that."
            )
        if isinstance(item, IndirectObject):
            name = (item.idnum, item.generation)
            if name in seen:
                continue
            seen.add(name)
            item = item.get_object()
        if isinstance(item, DictionaryObject):
            names = {str(key) for key in item} | {
                str(value) for key in ("/S", "/Type", "/Subtype") if (value := item.get(key)) is not None
            }
            if names & ACTIVE_NAMES:
                return True
            waiting.extend(cast(Any, dict(item)).values())
        elif isinstance(item, ArrayObject):
            waiting.extend(cast(Any, list(item)))
    return False
