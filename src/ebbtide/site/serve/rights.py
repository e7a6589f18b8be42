"""The application's rights in the database: what is never changed, and the little that may be deleted."""

from dataclasses import dataclass
from typing import Any

import pgtrigger
from django.apps import apps
from django.db import models

# Housekeeping of Django and its libraries: none of it is part of a patient's record.
DELETABLE = frozenset({
    "account_emailaddress",
    "account_emailconfirmation",
    "axes_accessattempt",
    "axes_accessattemptexpiration",
    "axes_accessfailurelog",
    "axes_accesslog",
    "django_session",
    "mfa_authenticator",
    "procrastinate_events",
    "procrastinate_jobs",
    "procrastinate_periodic_defers",
    "procrastinate_workers",
    "usersessions_usersession",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """Names of tables, for `grant_application`."""

    append_only: set[str]
    deletable: set[str]


def rights_of_the_application() -> Rights:
    """The rights that the installed rooms ask for: a model that its triggers protect from UPDATE is append-only."""
    every = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    tables = {model._meta.db_table for model in every}
    append_only = {model._meta.db_table for model in every if _is_append_only(model)}
    between = {model._meta.db_table for model in every if model._meta.auto_created}
    unmanaged = {model._meta.db_table for model in apps.get_models() if not model._meta.managed}
    return Rights(
        append_only=append_only,
        deletable=(((tables | unmanaged) & DELETABLE) | between) - append_only,
    )


def _is_append_only(model: type[models.Model]) -> bool:
    return _is_history(model) or any(_protects_from_update(trigger) for trigger in _triggers(model))


def _triggers(model: type[models.Model]) -> list[Any]:
    return list(getattr(model._meta, "triggers", []))


def _protects_from_update(trigger: object) -> bool:
    return isinstance(trigger, pgtrigger.Protect) and "UPDATE" in str(trigger.operation)


def _is_history(model: type[models.Model]) -> bool:
    return any(
        parent.__module__ == "pghistory.models" and parent.__name__ == "Event" for parent in model.__mro__
    )
