"""The evidence room's reader of conditions: YAML in, checked conditions out. No clock, no I/O."""

from collections.abc import Callable, Mapping
from datetime import date, datetime

from ebbtide.evidence.errors import PackRefused, ValueRefused
from ebbtide.evidence.inputs import InputSpec, InputType
from ebbtide.evidence.logic import All, AnyOf, Compare, Condition, Known, Missing, NoneOf, Operand

GROUPS: Mapping[str, type[All] | type[AnyOf] | type[NoneOf]] = {"all": All, "any": AnyOf, "none": NoneOf}
PRESENCE: Mapping[str, Callable[[str], Known]] = {"known": Known, "missing": Missing}
ORDERED = frozenset({"lt", "le", "gt", "ge"})
OPS_BY_TYPE: Mapping[InputType, frozenset[str]] = {
    InputType.NUMBER: ORDERED,  # never eq: floats are not compared for equality
    InputType.INTEGER: ORDERED | {"eq", "ne"},
    InputType.DATE: ORDERED | {"eq", "ne"},
    InputType.BOOLEAN: frozenset({"eq", "ne"}),
    InputType.CHOICE: frozenset({"eq", "ne", "in"}),
    InputType.SET: frozenset({"contains", "intersects"}),
}
LISTS = frozenset({"in", "intersects"})


def read_condition(
    node: object, *, rule: str, inputs: Mapping[str, InputSpec], parameters: Mapping[str, Operand]
) -> Condition:
    """The condition that a YAML node spells, with every name, operator and value checked."""
    if not isinstance(node, Mapping):
        raise PackRefused(f"Rule {rule}: a condition must be a mapping, not {type(node).__name__}.")
    if len(node) == 1:
        ((word, content),) = node.items()
        if word in GROUPS:
            return _read_group(str(word), content, rule=rule, inputs=inputs, parameters=parameters)
        if word in PRESENCE:
            _spec_of(content, rule=rule, inputs=inputs)
            return PRESENCE[str(word)](str(content))
    return _read_comparison(node, rule=rule, inputs=inputs, parameters=parameters)


def _read_group(
    word: str,
    content: object,
    *,
    rule: str,
    inputs: Mapping[str, InputSpec],
    parameters: Mapping[str, Operand],
) -> Condition:
    if not isinstance(content, list) or not content:
        raise PackRefused(f"Rule {rule}: `{word}` needs a list of conditions.")
    parts = tuple(read_condition(part, rule=rule, inputs=inputs, parameters=parameters) for part in content)
    return GROUPS[word](parts)


def _spec_of(name: object, *, rule: str, inputs: Mapping[str, InputSpec]) -> InputSpec:
    spec = inputs.get(str(name))
    if spec is None or spec.record_only:
        raise PackRefused(f"Rule {rule} reads {name!r}, which is not declared under `inputs`.")
    return spec


def _read_comparison(
    node: Mapping[str, object],
    *,
    rule: str,
    inputs: Mapping[str, InputSpec],
    parameters: Mapping[str, Operand],
) -> Compare:
    if set(node) not in ({"input", "op", "value"}, {"input", "op", "param"}):
        raise PackRefused(
            f"Rule {rule}: a comparison has `input`, `op` and either `value` or `param`, not {sorted(node)}."
        )
    spec = _spec_of(node["input"], rule=rule, inputs=inputs)
    op = str(node["op"])
    if op not in OPS_BY_TYPE.get(spec.type, frozenset()):
        raise PackRefused(f"Rule {rule}: {op!r} cannot be asked of {spec.name}, which is a {spec.type}.")
    if "param" in node:
        return _with_parameter(spec, op, str(node["param"]), rule=rule, parameters=parameters)
    return Compare(name=spec.name, op=op, value=_operand(node["value"], spec, op, rule=rule))


def _with_parameter(
    spec: InputSpec, op: str, parameter: str, *, rule: str, parameters: Mapping[str, Operand]
) -> Compare:
    if parameter not in parameters:
        raise PackRefused(f"Rule {rule} reads the parameter {parameter!r}, which is not declared.")
    if isinstance(parameters[parameter], date) is not (spec.type is InputType.DATE):
        raise PackRefused(f"Rule {rule}: {parameter} and {spec.name} are not of one kind.")
    return Compare(name=spec.name, op=op, parameter=parameter)


def _operand(value: object, spec: InputSpec, op: str, *, rule: str) -> Operand:
    if (op in LISTS) is not isinstance(value, list):
        raise PackRefused(
            f"Rule {rule}: {op!r} on {spec.name} needs {'a list' if op in LISTS else 'one value'}."
        )
    members = value if isinstance(value, list) else [value]
    for member in members:
        try:
            spec.check(member)
        except ValueRefused as refused:
            raise PackRefused(f"Rule {rule}: {refused}") from refused
    return tuple(str(member) for member in members) if isinstance(value, list) else as_operand(value)


def as_operand(value: object) -> Operand:
    """A YAML scalar as something that a rule can compare with."""
    if isinstance(value, bool | int | float | str) or (
        isinstance(value, date) and not isinstance(value, datetime)
    ):
        return value
    raise PackRefused(f"{value!r} is nothing that a rule can compare with.")
