"""What the person who starts the clinic asked for, checked before anything is touched."""

import errno
import ipaddress
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from ebbtide.doors.hl7v2.tls import CertificateRefused, context_of
from ebbtide.ground import clock

MLLP_PORT = 2575  # what IANA keeps for HL7 over MLLP


class ServeTrouble(Exception):
    """The clinic cannot open; the message is one clear line."""


class OptionRefused(ServeTrouble):
    """An option has a value that cannot be used."""


class PortTaken(ServeTrouble):
    """Another program listens on the port."""


class TooNew(ServeTrouble):
    """The record was written by a newer Ebbtide."""


class ChildFailed(ServeTrouble):
    """A part of the clinic ended before it was ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """Everything `ebbtide serve` can be told."""

    data_folder: Path
    port: int = 8765
    bind: str = "127.0.0.1"
    demo: bool = False
    tls_cert: Path | None = None
    tls_key: Path | None = None
    database_url: str | None = None
    clock: str | None = None
    # None: the usual one; 0: no gateway
    mllp_port: int | None = None

    @property
    def is_local(self) -> bool:
        """Only this machine can reach the pages."""
        try:
            return ipaddress.ip_address(self.bind.strip("[]")).is_loopback
        except ValueError:
            return self.bind == "localhost"


def check_options(options: ServeOptions) -> None:
    """Every option can be used."""
    if not 1 <= options.port <= 65535:
        raise OptionRefused(
            f"The port is {options.port}: choose one from 1 to 65535 with --port or EBBTIDE_PORT."
        )
    if options.mllp_port is not None and not 0 <= options.mllp_port <= 65535:
        raise OptionRefused(
            f"The port for the monitors is {options.mllp_port}: choose one from 0 to 65535 with --mllp-port or "
            "EBBTIDE_MLLP_PORT; 0 leaves the gateway out."
        )
    if options.clock and not options.demo:
        raise OptionRefused(
            "EBBTIDE_CLOCK moves the clock of the demonstration only: add --demo, or leave it out."
        )
    if options.clock:
        _check_clock(options.clock)
    if (options.tls_cert is None) != (options.tls_key is None):
        raise OptionRefused("A certificate and its key belong together: give both --tls-cert and --tls-key.")
    for file in (options.tls_cert, options.tls_key):
        if file is not None and not file.is_file():
            raise OptionRefused(f"The file {file} does not exist: name the certificate and its key.")
    _check_monitors_certificate()


def check_port_is_free(options: ServeOptions) -> None:
    """Nobody listens on the port, and this account may."""
    host = options.bind.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, options.port))
        except (OSError, UnicodeError) as trouble:
            raise _port_trouble(options, trouble) from trouble


def settled_mllp_port(options: ServeOptions) -> int:
    """The port of the monitor gateway, free now; 0 when there is none.

    A demonstration that was told none takes another one when the usual one is taken: its monitors are its own. In a
    real clinic monitors were set to the port, so there it is refused.
    """
    wanted = MLLP_PORT if options.mllp_port is None else options.mllp_port
    if wanted == 0:
        return 0
    bind = os.environ.get("EBBTIDE_MLLP_BIND") or "127.0.0.1"
    try:
        return _free_port(bind, wanted)
    except OSError as trouble:
        if options.demo and options.mllp_port is None:
            return _free_port(bind, 0)
        raise _mllp_trouble(bind, wanted, trouble) from trouble


def _free_port(bind: str, port: int) -> int:
    with socket.socket(socket.AF_INET6 if ":" in bind else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((bind.strip("[]"), port))
        return int(probe.getsockname()[1])


def _mllp_trouble(bind: str, port: int, trouble: OSError) -> ServeTrouble:
    if trouble.errno == errno.EADDRINUSE:
        return PortTaken(
            f"Port {port} for the monitors is taken by another program. "
            "Choose another with --mllp-port or EBBTIDE_MLLP_PORT; 0 leaves the gateway out."
        )
    return OptionRefused(
        f"The monitors cannot be heard on {bind}, port {port}: correct EBBTIDE_MLLP_BIND or EBBTIDE_MLLP_PORT."
    )


def _port_trouble(options: ServeOptions, trouble: OSError | UnicodeError) -> ServeTrouble:
    number = trouble.errno if isinstance(trouble, OSError) else None
    if number == errno.EADDRINUSE:
        return PortTaken(
            f"Port {options.port} is taken by another program. Choose another with --port or EBBTIDE_PORT."
        )
    if number == errno.EACCES:
        return PortTaken(
            f"Port {options.port} is reserved for the system. Choose one above 1023 with --port or EBBTIDE_PORT."
        )
    return OptionRefused(f"{options.bind} is no address of this machine: correct --bind.")


def _check_monitors_certificate() -> None:
    """Said at once, and not by a gateway that ends again and again."""
    names = ("EBBTIDE_MLLP_TLS_CERT", "EBBTIDE_MLLP_TLS_KEY", "EBBTIDE_MLLP_TLS_CA")
    certificate, key, authority = (os.environ.get(name, "") for name in names)
    try:
        context_of(certificate=certificate, key=key, authority=authority)
    except CertificateRefused as refusal:
        raise OptionRefused(str(refusal)) from refusal


def _check_clock(setting: str) -> None:
    try:
        clock.now_from(setting, origin_s=0.0)
    except clock.ClockSettingRefused as refusal:
        raise OptionRefused(str(refusal)) from refusal
