"""What the children of the supervisor are told: addresses, keys and names, through their environment."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from ebbtide.site.serve.authority import Certificate, names_of_this_machine
from ebbtide.site.serve.demo_clock import DemoClock
from ebbtide.site.serve.options import OptionRefused, ServeOptions

KIND_FILE = "kind"
DEMONSTRATION = "demonstration"
CLINIC = "clinic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """The record's address for each of the two roles."""

    app_url: str
    owner_url: str


def environment_for(
    options: ServeOptions,
    *,
    addresses: Addresses,
    certificate: Certificate | None,
    demo_clock: DemoClock | None = None,
) -> dict[str, str]:
    """The environment of the pages and the worker; of the owner's address they learn nothing."""
    told = {
        name: value
        for name, value in os.environ.items()
        if name not in {"EBBTIDE_OWNER_URL", "EBBTIDE_CLOCK"}
    }
    told |= {
        "DATABASE_URL": addresses.app_url,
        "EBBTIDE_DATA": str(options.data_folder),
        "EBBTIDE_DEMO": "1" if options.demo else "0",
        "EBBTIDE_HTTPS": "1" if certificate else "0",
        "EBBTIDE_HOSTS": ",".join(_hosts(options)),
        "EBBTIDE_ADDRESS": os.environ.get("EBBTIDE_ADDRESS") or _address(options, secure=bool(certificate)),
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "ebbtide.site.settings"),
        "PYTHONUNBUFFERED": "1",
    }
    if options.mllp_port is not None:
        told["EBBTIDE_MLLP_PORT"] = str(options.mllp_port)
    return told if demo_clock is None else {**told, **demo_clock.environment()}


def make_signing_key(data_folder: Path) -> Path:
    """The key that signs sessions exists, for its owner alone."""
    path = data_folder / "keys" / "signing.key"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
    return path


def settle_kind(options: ServeOptions) -> str | None:
    """A real clinic's folder never opens with the demonstration's shortcuts; the reverse is allowed and said."""
    path = options.data_folder / KIND_FILE
    asked = DEMONSTRATION if options.demo else CLINIC
    if not path.exists():
        path.write_text(f"{asked}\n", encoding="utf-8")
        return None
    kept = path.read_text(encoding="utf-8").strip()
    if kept != DEMONSTRATION and options.demo:
        raise OptionRefused(
            f"{options.data_folder} holds a real clinic, and --demo would open it with known passwords. "
            "Leave --demo out, or choose another folder with EBBTIDE_DATA."
        )
    if kept == DEMONSTRATION and not options.demo:
        return (
            "This folder holds the demonstration clinic: its accounts and passwords are known to everybody."
        )
    return None


def _address(options: ServeOptions, *, secure: bool) -> str:
    """How a person reaches the pages, for the links in letters; a clinic with a name of its own says it in EBBTIDE_ADDRESS."""
    asked = next((host for host in os.environ.get("EBBTIDE_HOSTS", "").split(",") if host), "")
    host = asked or ("localhost" if options.is_local else options.bind)
    return f"{'https' if secure else 'http'}://{host}:{options.port}"


def _hosts(options: ServeOptions) -> list[str]:
    asked = [host for host in os.environ.get("EBBTIDE_HOSTS", "").split(",") if host]
    own = ["localhost", "127.0.0.1", "::1"] if options.is_local else names_of_this_machine(options.bind)
    own.append(options.bind.strip("[]"))
    return sorted({*asked, *(f"[{name}]" if ":" in name else name for name in own)})
