"""Rights and doors: the matrix of roles.yaml, every route with what it declares, and every action that changes the record."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from ebbtide.ground.policy.table import Grant, Resource, table
from tools.manual.imports import modules
from tools.manual.marks import table as drawn

NOT_OURS = "account/"


def roles() -> str:
    return drawn(["Role", "Who"], [[name, label] for name, label in table().roles.items()])


def conditions() -> str:
    return drawn(["Condition", "Means"], [[name, words] for name, words in table().conditions.items()])


def matrix() -> str:
    """One table for each stage: a line for each resource, a column for each role that has a right in it."""
    stages = dict.fromkeys(resource.stage for resource in table().resources.values())
    return "\n\n".join(f"### {stage}\n\n{_stage(stage)}" for stage in stages)


def _stage(stage: str) -> str:
    resources = [one for one in table().resources.values() if one.stage == stage]
    named = {grant.role for one in resources for grant in one.grants}
    columns = [role for role in table().roles if role in named]
    rows = [[_name(one), *(_cell(one, role) for role in columns)] for one in resources]
    return drawn(["Resource", *columns], rows)


def _name(resource: Resource) -> str:
    mark = "" if resource.basis == "reviewed" else " (design)"
    return f"`{resource.id}`{mark}" + (f": {resource.note}" if resource.note else "")


def _cell(resource: Resource, role: str) -> str:
    return "; ".join(_grant(grant) for grant in resource.grants if grant.role == role)


def _grant(grant: Grant) -> str:
    order = list(_verbs())
    verbs = ", ".join(sorted(grant.do, key=order.index))
    scope = ", ".join(sorted(grant.scope - {"whole"}))
    when = ", ".join(sorted(grant.when))
    return verbs + (f" [{scope}]" if scope else "") + (f" if {when}" if when else "")


def _verbs() -> tuple[str, ...]:
    return ("create", "read", "amend", "cancel", "sign", "witness", "acknowledge", "propose", "verify")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    path: str
    name: str
    view: Any


def _routes(resolver: URLResolver | None = None, prefix: str = "", space: str = "") -> Iterator[Route]:
    for entry in (resolver or get_resolver()).url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _routes(entry, path, f"{space}{entry.namespace}:" if entry.namespace else space)
        elif isinstance(entry, URLPattern) and not path.startswith(NOT_OURS):
            yield Route(path=path, name=f"{space}{entry.name}", view=entry.callback)


def routes() -> str:
    """Every route of ours; where a resource guards it, the roles that may get in at all."""
    rows = [[f"`/{one.path}`", one.name, *_guard(one.view.declared)] for one in _routes()]
    return drawn(["Route", "Name", "Guard", "Who gets in"], rows)


def _guard(declared: Any) -> list[str]:
    if not declared.resource:
        who = "everybody signed in" if declared.verb == "signed_in" else "everybody"
        return [declared.open_because, who]
    grants = table().resources[declared.resource].grants
    let_in = [role for role in table().roles if any(g.role == role and declared.verb in g.do for g in grants)]
    about = f" of one {declared.about.__name__}" if declared.about else ""
    return [f"{declared.verb} `{declared.resource}`{about}", ", ".join(let_in)]


def actions() -> str:
    """Every function under @action, as it stands in the source."""
    rows = sorted(row for name, path in modules() for row in _actions(name, path.read_text(encoding="utf-8")))
    return drawn(["Action", "Room", "Resource", "Verb", "What it does"], rows)


def _actions(module: str, text: str) -> Iterator[list[str]]:
    if "@action(" not in text:
        return
    for node in ast.walk(ast.parse(text)):
        for call in getattr(node, "decorator_list", []):
            if isinstance(node, ast.FunctionDef) and isinstance(call, ast.Call) and _is_action(call):
                told = [ast.literal_eval(one) for one in call.args if isinstance(one, ast.Constant)]
                says = (ast.get_docstring(node) or "").split("\n")[0]
                room = module.removeprefix("ebbtide.").split(".actions")[0]
                yield [f"`{node.name}`", room, *(f"`{one}`" for one in told), says]


def _is_action(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "action" and len(call.args) == 2
