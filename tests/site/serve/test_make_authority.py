"""The clinic's own authority: made once, its key for its owner alone, certificates renewed in time."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from ebbtide.site.serve.authority import days_left, ensure_certificate, how_to_trust, names_of_this_machine

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
NAMES = ["localhost", "127.0.0.1", "::1", "clinic.local"]


def load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_it_makes_a_certificate_that_its_authority_signed(tmp_path: Path) -> None:
    made = ensure_certificate(tmp_path / "keys", names=NAMES, at=AT)
    assert made.authority is not None
    server, authority = load(made.certificate), load(made.authority)
    server.verify_directly_issued_by(authority)
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert not server.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(name.value) for name in names} == set(NAMES)
    assert isinstance(server.public_key(), ec.EllipticCurvePublicKey)
    assert days_left(made.certificate, at=AT) == 397


def test_it_keeps_keys_for_their_owner_alone(tmp_path: Path) -> None:
    ensure_certificate(tmp_path / "keys", names=NAMES, at=AT)
    for name in ("authority.key", "server.key"):
        assert stat.S_IMODE((tmp_path / "keys" / name).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("days", "names", "renewed"),
    [
        (0, NAMES, False),
        (366, NAMES, False),
        (368, NAMES, True),
        (1, [*NAMES, "10.0.0.9"], True),
        (1, NAMES[:2], False),
    ],
)
def test_it_renews_in_time_and_when_the_machine_has_a_new_name(
    tmp_path: Path, days: int, names: list[str], *, renewed: bool
) -> None:
    made = ensure_certificate(tmp_path, names=NAMES, at=AT)
    assert made.authority is not None
    before, authority = made.certificate.read_bytes(), made.authority.read_bytes()
    ensure_certificate(tmp_path, names=names, at=AT + timedelta(days=days))
    assert (made.certificate.read_bytes() != before) == renewed
    assert made.authority.read_bytes() == authority


def test_it_signs_anew_when_its_authority_was_lost(tmp_path: Path) -> None:
    made = ensure_certificate(tmp_path, names=NAMES, at=AT)
    (tmp_path / "authority.key").unlink()
    ensure_certificate(tmp_path, names=NAMES, at=AT)
    assert made.authority is not None
    load(made.certificate).verify_directly_issued_by(load(made.authority))


def test_it_knows_the_names_of_this_machine() -> None:
    names = names_of_this_machine("0.0.0.0")
    assert {"localhost", "127.0.0.1", "::1"} <= set(names)
    assert "0.0.0.0" not in names
    assert "192.0.2.55" in names_of_this_machine("192.0.2.55")


def test_it_explains_what_to_do_on_a_tablet() -> None:
    words = "\n".join(how_to_trust(Path("/data/keys/authority.crt"), address="https://10.0.0.9:8765/"))
    for part in (
        "/data/keys/authority.crt",
        "https://10.0.0.9:8765/",
        "iPad",
        "Android",
        "never the file ending in .key",
    ):
        assert part in words
