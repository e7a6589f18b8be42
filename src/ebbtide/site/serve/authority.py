"""HTTPS without a purchased certificate: the clinic's own small authority, and how a tablet learns to trust it."""

import ipaddress
import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 397  # browsers refuse longer ones
RENEW_BELOW_DAYS = 30
BACKDATED = timedelta(hours=1)  # a tablet's clock may be a little slow
NOWHERE = "192.0.2.1"  # documentation address: choosing a route to it sends nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a web server needs, and the authority that tablets must trust."""

    certificate: Path
    key: Path
    authority: Path | None = None


def ensure_certificate(folder: Path, *, names: Iterable[str], at: datetime) -> Certificate:
    """A certificate of the clinic's own authority for these names, made or renewed when it is needed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = Certificate(
        certificate=folder / "server.crt", key=folder / "server.key", authority=folder / "authority.crt"
    )
    wanted = sorted(set(names))
    if _authority_is_due(folder, at=at):
        _make_authority(folder, at=at)
    if not _still_serves(found, names=wanted, at=at):
        _make_server_certificate(folder, names=wanted, at=at)
    return found


def names_of_this_machine(bind: str) -> list[str]:
    """The names and addresses under which a tablet may call this machine."""
    host = socket.gethostname()
    found = {"localhost", "127.0.0.1", "::1", host, f"{host.partition('.')[0]}.local", socket.getfqdn()}
    found |= {_address_towards(NOWHERE)} if bind in {"0.0.0.0", "::"} else {bind.strip("[]")}  # noqa: S104
    return sorted(name for name in found if name and _can_be_certified(name))


def how_to_trust(authority: Path, *, address: str) -> list[str]:
    """What to do on a tablet, in words."""
    return [
        f"Pages are sent over HTTPS with a certificate of this clinic's own authority: {authority}",
        "Each tablet must trust it once. Copy that one file to the tablet (never the file ending in .key), then",
        "  iPad: open it, Settings > General > VPN & Device Management > install;",
        "        then Settings > General > About > Certificate Trust Settings > switch it on.",
        "  Android: Settings > Security > Encryption & credentials > Install a certificate > CA certificate.",
        "  Computer: import it as a trusted authority in the browser or the system's keychain.",
        f"Then open {address}. Until then the browser warns, and it is right to do so.",
    ]


def days_left(certificate: Path, *, at: datetime) -> float:
    """Days until this certificate ends (d); below zero when it has ended."""
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    return (found.not_valid_after_utc - at) / timedelta(days=1)


def _authority_is_due(folder: Path, *, at: datetime) -> bool:
    certificate = folder / "authority.crt"
    whole = certificate.exists() and (folder / "authority.key").exists()
    return not whole or days_left(certificate, at=at) < CERTIFICATE_DAYS


def _make_authority(folder: Path, *, at: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Ebbtide clinic authority", unit=socket.gethostname())
    only_signs = _key_usage(signs_certificates=True)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - BACKDATED)
        .not_valid_after(at + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(only_signs, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_key(folder / "authority.key", key)
    _write(folder / "authority.crt", _pem(certificate), mode=0o644)


def _make_server_certificate(folder: Path, *, names: list[str], at: datetime) -> None:
    authority_key = serialization.load_pem_private_key((folder / "authority.key").read_bytes(), password=None)
    if not isinstance(authority_key, ec.EllipticCurvePrivateKey):
        raise TypeError(
            f"{folder / 'authority.key'} is not an elliptic-curve key: remove it, a new one is made."
        )
    authority = x509.load_pem_x509_certificate((folder / "authority.crt").read_bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_name("Ebbtide", unit=socket.gethostname()))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - BACKDATED)
        .not_valid_after(at + timedelta(days=CERTIFICATE_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(_issued_by(authority_key), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    _write_key(folder / "server.key", key)
    _write(folder / "server.crt", _pem(certificate) + _pem(authority), mode=0o644)


def _still_serves(found: Certificate, *, names: list[str], at: datetime) -> bool:
    """It is signed by today's authority, names this machine as it is, and lasts long enough."""
    if not (found.certificate.exists() and found.key.exists() and found.authority is not None):
        return False
    certificate = x509.load_pem_x509_certificate(found.certificate.read_bytes())
    authority = x509.load_pem_x509_certificate(found.authority.read_bytes())
    alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    named = {str(name.value) for name in alternatives}
    ours = certificate.issuer == authority.subject and _is_signed_by(certificate, authority)
    return ours and set(names) <= named and days_left(found.certificate, at=at) >= RENEW_BELOW_DAYS


def _is_signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except Exception:  # noqa: BLE001 - whatever is wrong with it, a new one is made
        return False
    return True


def _can_be_certified(name: str) -> bool:
    try:
        _general_name(name)
    except ValueError:
        return False
    return True


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _address_towards(destination: str) -> str:
    """The address of this machine on its network; empty when it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as route:
        try:
            route.connect((destination, 9))
        except OSError:
            return ""
        return str(route.getsockname()[0])


def _name(common: str, *, unit: str) -> x509.Name:
    return x509.Name([
        x509.NameAttribute(NameOID.COMMON_NAME, common),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit[:64]),
    ])  # fmt: skip


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _issued_by(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(path, text, mode=0o600)


def _write(path: Path, content: bytes, *, mode: int) -> None:
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
