"""TLS at the monitors' door: the clinic's certificate, and an authority whose clients alone may speak. Python's ssl does it."""

import ssl

OLDEST = ssl.TLSVersion.TLSv1_2
HANDSHAKE_WITHIN_S = 10.0


class CertificateRefused(Exception):
    """A file that was named cannot be used; the message is one clear line."""


def context_of(*, certificate: str, key: str, authority: str = "") -> ssl.SSLContext | None:
    """How the gateway speaks; None where nothing is named: in the clear.

    Args:
        certificate: file of the gateway's certificate with its chain (PEM).
        key: file of its key (PEM), without a password.
        authority: file of the authority (PEM) that must have signed each monitor's own certificate; without it any may speak.

    Raises:
        CertificateRefused: a file is missing, not readable, or does not belong to the other.
    """
    if not (certificate or key or authority):
        return None
    if not (certificate and key):
        raise CertificateRefused(
            "Certificate and key of the monitor gateway belong together: give EBBTIDE_MLLP_TLS_CERT and EBBTIDE_MLLP_TLS_KEY."
        )
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = OLDEST
    try:
        made.load_cert_chain(certificate, key, password=lambda: "")  # never ask at a terminal
    except (OSError, ValueError) as trouble:
        raise CertificateRefused(
            "The monitor gateway cannot use the files in EBBTIDE_MLLP_TLS_CERT and EBBTIDE_MLLP_TLS_KEY: name a certificate "
            "and its key, both PEM, the key without a password and readable for this account."
        ) from trouble
    if authority:
        try:
            made.load_verify_locations(cafile=authority)
        except (OSError, ValueError) as trouble:
            raise CertificateRefused(
                "The monitor gateway cannot use the file in EBBTIDE_MLLP_TLS_CA: name the authority's certificate (PEM)."
            ) from trouble
        made.verify_mode = ssl.CERT_REQUIRED
    return made


def reason_of(trouble: Exception) -> str:
    """Why nothing came of a connection, in the library's own word; nothing of what was sent stands in it."""
    return (trouble.reason if isinstance(trouble, ssl.SSLError) else None) or type(trouble).__name__
