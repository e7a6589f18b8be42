"""The record, table by table, printed from the models: what a row is, whether it is ever changed, and each column."""

import inspect
import re

from django.apps import apps
from django.db.models import Field, ForeignKey, Model

from tools.manual.marks import cell, table

ROOMS = ("people", "ledger", "jobs", "documents", "access", "assessment", "careplan", "course")
KINDS = {
    "UUIDField": "id without meaning", "BigAutoField": "number", "BigIntegerField": "whole number", "IntegerField": "whole number",
    "DateTimeField": "instant (UTC)", "DateField": "day", "BooleanField": "yes or no", "JSONField": "structure",
    "TextField": "text", "EmailField": "e-mail address", "ArrayField": "list", "FloatField": "number", "BinaryField": "bytes",
    "PositiveIntegerField": "whole number",
}  # fmt: skip


def models_of(label: str) -> list[type[Model]]:
    """The rows of one room, in the order of its source, without the row history."""
    found = [one for one in apps.get_app_config(label).get_models() if not _is_history(one)]
    return sorted(found, key=lambda one: inspect.getsourcelines(one)[1])


def _is_history(model: type[Model]) -> bool:
    return any(one.__module__ == "pghistory.models" and one.__name__ == "Event" for one in model.__mro__)


def record() -> str:
    return "\n\n".join(
        f"## {label}\n\n" + "\n\n".join(_model(one) for one in models_of(label)) for label in ROOMS
    )


def _model(model: type[Model]) -> str:
    says = inspect.cleandoc(model.__doc__ or "")
    # Django gives a model without a docstring the list of its columns
    says = "" if says.startswith(f"{model.__name__}(") else " ".join(says.split()) + " "
    rows = [_column(model, field) for field in model._meta.concrete_fields]
    kept = f"{says}{_changes(model)}"
    return f"### `{model._meta.db_table}`: {model.__name__}\n\n{kept}\n\n{table(['Column', 'Holds', 'May be empty', 'Means'], rows)}"


def _changes(model: type[Model]) -> str:
    names = {trigger.name for trigger in getattr(model._meta, "triggers", [])}
    if "append_only" in names:
        return "*Append-only: the database refuses to change, remove or empty it.*"
    if any("insert" in name for name in names) or hasattr(model, "pgh_event_model"):
        return "*May change; every version of every row is kept beside it.*"
    outside = getattr(model, "outside_the_ledger", "")
    return (
        f"*May change. Outside the ledger: {outside}*"
        if outside
        else "*No trigger guards it; the ledger's proof names a change.*"
    )


def _column(model: type[Model], field: "Field[object, object]") -> list[str]:
    return [
        f"`{field.column}`",
        _kind(field),
        "yes" if field.null or field.blank else "no",
        _meaning(model, field),
    ]


def _kind(field: "Field[object, object]") -> str:
    if isinstance(field, ForeignKey):
        return f"one of `{field.related_model._meta.db_table}`"
    name = type(field).__name__
    if name == "CharField":
        return f"text, up to {field.max_length}"
    if name == "DecimalField":
        return f"exact number, {field.decimal_places} places"  # type: ignore[attr-defined]
    return KINDS.get(name, name)


def _meaning(model: type[Model], field: "Field[object, object]") -> str:
    """Its comment in the source, then the words it may hold."""
    choices = [str(key) for key, _ in field.flatchoices] if field.choices else []
    held = f"one of: {', '.join(choices)}" if choices else ""
    return cell("; ".join(part for part in (_comment(model, field.name), str(field.help_text), held) if part))


def _comment(model: type[Model], name: str) -> str:
    """The comment lines right above a field."""
    lines = inspect.getsource(model).splitlines()
    place = next((n for n, line in enumerate(lines) if re.match(rf"    {name} = ", line)), None)
    if place is None:
        return ""
    above: list[str] = []
    while (found := re.match(r"    # (.*)", lines[place - 1])) is not None:
        above.insert(0, found[1])
        place -= 1
    return " ".join(above)
