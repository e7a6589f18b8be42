"""Everything that can be set: variables of the environment found in the source, and the clinic's settings with their defaults.

The meanings are written here by hand; a variable that the source reads and nobody explains fails the test of the manual.
"""

import re

from ebbtide.desks.director.values import values
from tools.manual.imports import modules
from tools.manual.marks import table

NAMED = re.compile(r"[\"'](EBBTIDE_[A-Z_]+|DATABASE_URL)[\"']")
# not variables: names of Django settings that begin the same way
NOT_READ = {"EBBTIDE_ENROL_URL"}
# name: (flag of ebbtide serve, what it is when nobody says, meaning)
VARIABLES = {
    "EBBTIDE_DATA": ("--data", "/var/lib/ebbtide as root, else ~/.local/share/ebbtide", "The clinic's data folder: database, uploads, keys."),
    "EBBTIDE_PORT": ("--port", "8765", "Port of the pages."),
    "EBBTIDE_BIND": ("--bind", "127.0.0.1", "Address to listen on; any other than this machine's own is served over HTTPS."),
    "EBBTIDE_MLLP_PORT": ("--mllp-port", "none", "Port of the monitor gateway."),
    "EBBTIDE_MLLP_BIND": ("", "127.0.0.1", "Address on which the monitor gateway listens."),
    "EBBTIDE_MLLP_ALLOW": ("", "this machine", "Addresses or networks that may speak to the gateway, with commas between."),
    "EBBTIDE_MLLP_TLS_CERT": ("", "none: in the clear", "Certificate of the monitor gateway with its chain (PEM); monitors then speak TLS 1.2 or newer."),
    "EBBTIDE_MLLP_TLS_KEY": ("", "none", "Its key (PEM), without a password."),
    "EBBTIDE_MLLP_TLS_CA": ("", "none: any client", "Authority (PEM) that must have signed each monitor's own certificate."),
    "EBBTIDE_ADDRESS": ("", "the address that serve prints", "How people reach the pages, for the links in letters."),
    "EBBTIDE_REPLAY_FILE": ("", "a recording that we made", "A per-minute recording that the demonstration's second monitor plays."),
    "DATABASE_URL": ("--database-url", "the embedded PostgreSQL", "Another PostgreSQL, as the role that owns nothing."),
    "EBBTIDE_OWNER_URL": ("", "the same as DATABASE_URL", "The same database as the role that owns the record; only preparing reads it."),
    "EBBTIDE_CLOCK": ("--clock", "real time", "The demonstration's own time, START@RATE; refused outside --demo."),
    "EBBTIDE_CLOCK_ORIGIN": ("", "set by serve", "The real instant that every process of one demonstration counts from."),
    "EBBTIDE_DEMO": ("--demo", "0", "1 in the demonstration; set by serve for its parts."),
    "EBBTIDE_HTTPS": ("", "set by serve", "1 when the pages go out over HTTPS: cookies are then secure."),
    "EBBTIDE_HOSTS": ("", "this machine's names", "Further names that browsers may call it by, with commas between."),
    "EBBTIDE_ORIGINS": ("", "none", "Origins behind a proxy of your own that may send forms, with commas between."),
    "EBBTIDE_SECRET_KEY": ("", "keys/signing.key in the data folder", "The key that signs sessions."),
    "EBBTIDE_SMTP_URL": ("", "none: letters wait", "Where letters go out: smtp://user:password@host:port or smtps://…"),
    "EBBTIDE_MAIL_FROM": ("", "clinic@localhost", "The address that letters come from."),
    "EBBTIDE_TEST_DATABASE": ("", "none", "Only for tests: the name of the test database."),
}  # fmt: skip


def read_by_source() -> set[str]:
    """Every variable that the product's source names."""
    return {
        name for _, path in modules() for name in NAMED.findall(path.read_text(encoding="utf-8"))
    } - NOT_READ


def environment() -> str:
    rows = [
        [f"`{name}`", f"`{flag}`" if flag else "", default, words]
        for name, (flag, default, words) in VARIABLES.items()
    ]
    return table(["Variable", "Flag of serve", "When nobody says", "Means"], rows)


def clinic_settings() -> str:
    """The settings that a medical director signs, by group."""
    groups = dict.fromkeys(one.group for one in values().values())
    return "\n\n".join(f"### {group}\n\n{_group(group)}" for group in groups)


def _group(group: str) -> str:
    rows = [
        [f"`{one.name}`", one.label, one.in_words(one.default), one.why]
        for one in values().values()
        if one.group == group
    ]
    return table(["Setting", "Means", "Default", "Why"], rows)
