"""The policy's table, read from roles.yaml: role × resource × action × scope. What is not written there is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml


class PolicyTableRefused(ValueError):
    """roles.yaml is malformed: the program does not start with rights it cannot read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    role: str
    do: frozenset[str]
    scope: frozenset[str]
    when: frozenset[str]

    @property
    def rows(self) -> str:
        """The rows part of the scope: whole, assigned or own."""
        return next(name for name in ("whole", "assigned", "own") if name in self.scope)

    @property
    def opens_rows(self) -> bool:
        """Whether this grant opens an identified row.

        A de-identified view, a log without content, a count, a flag, and what waits for a cause, a request or a
        broken glass are views of their own: none of them is the row.
        """
        return self.opens(frozenset())

    def opens(self, shows: frozenset[str]) -> bool:
        """The same, where what the resource shows is itself such a view (the registry's data set)."""
        return not (self.when | self.scope & {"deidentified"}) & (ROWS_STAY_CLOSED | {"deidentified"}) - shows


ROWS_STAY_CLOSED = frozenset(
    {"log_only", "aggregate", "consent_flag", "break_glass", "by_cause", "by_request"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    id: str
    stage: str
    basis: str
    note: str
    kinds: frozenset[str]
    grants: tuple[Grant, ...]
    # this resource is a view: de-identified, or counts alone. Its pages never show an identified row
    shows: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    version: str
    roles: Mapping[str, str]
    actions: frozenset[str]
    conditions: Mapping[str, str]
    resources: Mapping[str, Resource]

    def grants_for(self, *, roles: frozenset[str], action: str, resource: str) -> tuple[Grant, ...]:
        """Every grant line that opens rows to one of these roles; several lines are added together."""
        lines = self.lines_for(roles=roles, action=action, resource=resource)
        return tuple(g for g in lines if g.opens(self.resources[resource].shows))

    def lines_for(self, *, roles: frozenset[str], action: str, resource: str) -> tuple[Grant, ...]:
        """Every grant line that speaks for one of these roles, whatever it opens."""
        if resource not in self.resources:
            raise PolicyTableRefused(
                f"The resource {resource!r} is not in roles.yaml: add it, marked design."
            )
        return tuple(g for g in self.resources[resource].grants if g.role in roles and action in g.do)


def _grant(line: Mapping[str, Any], *, resource: str, known: Mapping[str, set[str]]) -> Grant:
    grant = Grant(
        role=line["role"],
        do=frozenset(line["do"]),
        scope=frozenset(line["scope"]),
        when=frozenset(line.get("when", ())),
    )
    for name, found in (
        ("roles", {grant.role}),
        ("actions", grant.do),
        ("scopes", grant.scope),
        ("conditions", grant.when),
    ):
        if unknown := set(found) - known[name]:
            raise PolicyTableRefused(f"{resource}: {sorted(unknown)} is not among the {name} of roles.yaml.")
    if not grant.scope & {"whole", "assigned", "own"}:
        raise PolicyTableRefused(
            f"{resource}: the grant of {grant.role} names no rows (whole, assigned or own)."
        )
    return grant


def _shows(item: Mapping[str, Any], known: Mapping[str, set[str]]) -> frozenset[str]:
    shows = frozenset(item.get("shows", ()))
    if unknown := shows - (known["scopes"] | known["conditions"]):
        raise PolicyTableRefused(f"{item['id']}: {sorted(unknown)} is not a view that roles.yaml knows.")
    return shows


def table_from(raw: Mapping[str, Any]) -> Table:
    """The table, with every name checked against its own lists.

    Raises:
        PolicyTableRefused: a name is unknown, a resource stands twice, or the default is not deny.
    """
    if raw.get("default") != "deny":
        raise PolicyTableRefused("roles.yaml must say default: deny.")
    known = {
        name: {item["id"] for item in raw[name]} for name in ("roles", "actions", "scopes", "conditions")
    }
    resources: dict[str, Resource] = {}
    for item in raw["resources"]:
        if item["id"] in resources:
            raise PolicyTableRefused(f"{item['id']} stands twice in roles.yaml.")
        resources[item["id"]] = Resource(
            id=item["id"],
            stage=item["stage"],
            basis=item["basis"],
            note=item.get("note", ""),
            kinds=frozenset(item.get("kinds", ())),
            grants=tuple(_grant(line, resource=item["id"], known=known) for line in item["grants"]),
            shows=_shows(item, known),
        )
    return Table(
        version=str(raw["version"]),
        roles={item["id"]: item["label"] for item in raw["roles"]},
        actions=frozenset(known["actions"]),
        conditions={item["id"]: item["means"] for item in raw["conditions"]},
        resources=resources,
    )


@lru_cache(maxsize=1)
def table() -> Table:
    """The clinic's table, read once."""
    text = (files("ebbtide.ground.policy") / "roles.yaml").read_text(encoding="utf-8")
    return table_from(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))  # noqa: S506 - a safe loader
