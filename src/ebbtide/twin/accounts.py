"""The twin room: the demonstration's accounts, with the passwords and TOTP secrets that a real clinic never writes down."""

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings

from ebbtide.ground.people.models import Account

FILE = "demo-accounts.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """One account that a visitor of the demonstration may use. Patients have no second factor: theirs is empty."""

    role: str
    name: str
    email: str
    password: str
    totp_secret: str


def accounts_file() -> Path:
    return Path(settings.EBBTIDE_DATA) / FILE


def new_password() -> str:
    """One password for every account of this demonstration: long enough, and easy to type."""
    return f"ebb-and-tide-{secrets.randbelow(9000) + 1000}"


def enrol(account: Account) -> str:
    """Give an account its second factor, as somebody who scans the code would; the secret."""
    secret: str = generate_totp_secret()
    TOTP.activate(account, secret)
    return secret


def write_accounts(accounts: Sequence[DemoAccount]) -> None:
    """Write the file for its owner alone, all of it or nothing."""
    path = accounts_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump([asdict(account) for account in accounts], file, indent=2, ensure_ascii=False)
        file.write("\n")
    beside.replace(path)


def read_accounts() -> list[DemoAccount]:
    """The accounts of the file; none when nobody has written it."""
    try:
        told = json.loads(accounts_file().read_text(encoding="utf-8"))
        return [DemoAccount(**row) for row in told]
    except (OSError, ValueError, TypeError):
        return []
