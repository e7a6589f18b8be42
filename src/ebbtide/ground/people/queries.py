"""Reading people and places: the newest value of a setting, and who is who."""

from typing import Any

from ebbtide.ground.people.models import Account, Clinic, ClinicSetting, Staff


def setting(clinic: Clinic, name: str, default: Any) -> Any:
    """The clinic's newest value of a setting, or the default when nobody has set it."""
    row = newest_setting(clinic, name)
    return default if row is None else row.value


def newest_setting(clinic: Clinic, name: str) -> ClinicSetting | None:
    """The newest row of a setting, with who approved it and when."""
    return (
        ClinicSetting.objects.filter(clinic=clinic, name=name)
        .select_related("approved_by")
        .order_by("-set_at", "-id")
        .first()
    )


def settings_starting_with(clinic: Clinic, prefix: str) -> dict[str, ClinicSetting]:
    """The newest row of each setting whose name starts with `prefix`."""
    rows = ClinicSetting.objects.filter(clinic=clinic, name__startswith=prefix).select_related("approved_by")
    return {row.name: row for row in rows.order_by("set_at", "id")}


def staff_by_email(email: str) -> Staff | None:
    """The staff member behind an e-mail address, still here and enabled."""
    account = (
        Account.objects.filter(email__iexact=email, is_active=True).select_related("staff__clinic").first()
    )
    staff = getattr(account, "staff", None)
    return staff if staff is not None and staff.left_at is None else None
