"""The emergency scripts as this clinic uses them: which were approved by whom, and which steps are its own words."""

from dataclasses import dataclass
from datetime import datetime

from ebbtide.ground.people.models import Clinic
from ebbtide.ground.people.queries import settings_starting_with
from ebbtide.journey.infusion.emergency import Script, Scripts, in_own_words, load_scripts

SETTINGS = "infusion.emergency_"
APPROVED_ON = f"{SETTINGS}approved_on"
OWN_STEPS = f"{SETTINGS}steps."


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """Who stands behind a script, and since when; nobody when the version was not approved."""

    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicScripts:
    """The scripts with the clinic's own words in the place of ours, each with who approved it."""

    scripts: Scripts
    approved: dict[str, Approved]

    def script(self, name: str) -> Script | None:
        return self.scripts.scripts.get(name)


def scripts_of(clinic: Clinic) -> ClinicScripts:
    """The scripts of a clinic (one query)."""
    shipped, rows = load_scripts(), settings_starting_with(clinic, SETTINGS)
    version = rows.get(APPROVED_ON)
    counts = version is not None and version.value == shipped.version_on.isoformat()
    found: dict[str, Script] = {}
    approved: dict[str, Approved] = {}
    for name, script in shipped.scripts.items():
        own = rows.get(f"{OWN_STEPS}{name}")
        found[name] = in_own_words(script, own.value) if own is not None else script
        row = own if found[name].own_words else (version if counts else None)
        who = row.approved_by.name if row is not None and row.approved_by is not None else ""
        approved[name] = Approved(by=who, at=row.set_at if row is not None and who else None)
    return ClinicScripts(scripts=Scripts(version_on=shipped.version_on, scripts=found), approved=approved)
