"""TLS at the monitors' door: by certificates made here. What is refused is said in the log, and nothing of what was sent."""

import asyncio
import contextlib
import ssl
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ebbtide.doors.hl7v2.framing import framed
from ebbtide.doors.hl7v2.gateway import Gateway
from ebbtide.doors.hl7v2.tls import CertificateRefused, context_of
from tests.doors.hl7v2.messages import AT, message, obx
from tests.doors.hl7v2.test_gateway import LOCAL, Shelf, said


class Authority:
    """A small authority, and what it signed."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.own = self._signed(name, self.key, ca=True)
        self.file = self._kept(f"{name}.crt", self.own.public_bytes(serialization.Encoding.PEM))

    def gives(self, name):
        """Certificate and key, as files."""
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        certificate = self._signed(name, key, ca=False).public_bytes(serialization.Encoding.PEM)
        return self._kept(f"{self.name}-{name}.crt", certificate), self._kept(f"{self.name}-{name}.key", pem)

    def _signed(self, name, key, *, ca):
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])
        now = datetime.now(tz=UTC)
        made = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        )
        made = made.serial_number(x509.random_serial_number())
        made = made.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
        made = made.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        return made.sign(self.key, hashes.SHA256())

    def _kept(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return str(path)


@pytest.fixture
def ours(tmp_path):
    return Authority(tmp_path, "ours")


def a_gateway(ours, *, authority=""):
    certificate, key = ours.gives("gateway")
    return context_of(certificate=certificate, key=key, authority=authority)


def a_monitor(ours, shows=None, *, newest=None):
    made = ssl.create_default_context(cafile=ours.file)
    if shows:
        made.load_cert_chain(*shows)
    if newest:
        made.minimum_version, made.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, newest
    return made


def spoken(tls, client):
    """What a monitor is answered, and the reasons in the log when it is not."""

    async def scene():
        shelf = Shelf()
        gateway = Gateway(shelf, now=lambda: AT, allow=LOCAL, tls=tls)
        server = await gateway.listen("127.0.0.1", 0)
        try:
            return await _asked(server.sockets[0].getsockname()[1], client), shelf.reports
        finally:
            server.close()
            await gateway.close()
            await asyncio.sleep(0.01)

    with structlog.testing.capture_logs() as logs:
        answer, reports = asyncio.run(scene())
    return answer, reports, [one["why"] for one in logs if one["event"] == "monitor_tls_refused"]


async def _asked(port, client):
    name = None if client is None else "gateway"
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname=name)
    except OSError:
        return None
    try:
        writer.write(framed(message(obx())))
        return (await asyncio.wait_for(said(reader), 10))[1]
    except (OSError, asyncio.IncompleteReadError):
        return None
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def test_a_monitor_that_trusts_the_certificate_is_answered(ours) -> None:
    assert spoken(a_gateway(ours), a_monitor(ours))[0] == "MSA|AA|1"


def test_a_monitor_in_the_clear_is_not_heard_and_the_log_says_so_without_its_words(ours) -> None:
    answer, reports, why = spoken(a_gateway(ours), None)
    assert (answer, reports) == (None, [])
    assert len(why) == 1
    assert "MSH" not in why[0]


def test_only_a_client_of_the_named_authority_may_speak(ours, tmp_path) -> None:
    tls = a_gateway(ours, authority=ours.file)
    assert spoken(tls, a_monitor(ours, ours.gives("monitor")))[0] == "MSA|AA|1"
    stranger = Authority(tmp_path, "strangers").gives("monitor")
    assert spoken(tls, a_monitor(ours, stranger)) == (None, [], ["CERTIFICATE_VERIFY_FAILED"])
    assert spoken(tls, a_monitor(ours)) == (None, [], ["PEER_DID_NOT_RETURN_A_CERTIFICATE"])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_old_version_is_refused(ours) -> None:
    old = a_monitor(ours, newest=ssl.TLSVersion.TLSv1_1)
    old.set_ciphers("ALL:@SECLEVEL=0")
    assert spoken(a_gateway(ours), old) == (None, [], ["UNSUPPORTED_PROTOCOL"])


def test_files_that_cannot_be_used_are_refused_by_the_name_of_the_setting(ours, tmp_path) -> None:
    certificate, key = ours.gives("gateway")
    _, other = ours.gives("other")
    told = [
        ({"certificate": certificate, "key": ""}, "EBBTIDE_MLLP_TLS_KEY"),
        ({"certificate": certificate, "key": other}, "EBBTIDE_MLLP_TLS_KEY"),
        ({"certificate": str(tmp_path / "none.crt"), "key": key}, "EBBTIDE_MLLP_TLS_CERT"),
        ({"certificate": certificate, "key": key, "authority": key}, "EBBTIDE_MLLP_TLS_CA"),
        ({"certificate": "", "key": "", "authority": ours.file}, "EBBTIDE_MLLP_TLS_CERT"),
    ]
    for named, setting in told:
        with pytest.raises(CertificateRefused, match=setting):
            context_of(**named)
    assert context_of(certificate="", key="") is None
