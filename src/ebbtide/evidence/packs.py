"""The evidence room's rule pack: loads, checks and caches it. A malformed pack is refused whole."""

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any, TypeVar

from ebbtide.evidence.conditions import as_operand, read_condition
from ebbtide.evidence.errors import EvidenceError, PackRefused
from ebbtide.evidence.files import PackFile, marks_of, read_packaged
from ebbtide.evidence.inputs import InputSpec, InputType, read_inputs
from ebbtide.evidence.logic import Operand
from ebbtide.evidence.model import (
    Concept,
    DrugNames,
    IfMissing,
    Outcome,
    Override,
    Parameter,
    ReconfirmationPolicy,
    Rule,
    Stage,
    SuitabilityPack,
)

RULES_FILE = "suitability-rules.yaml"
INTERACTIONS_FILE = "interactions.yaml"
ADDITIONS_FILE = "additions.yaml"

CODE_SYSTEMS = {
    "rxnorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "snomed": "http://snomed.info/sct",
}
PLACEHOLDER = re.compile(r"\{(\w+)\}")
RULE_KEYS = frozenset(
    {"id", "title", "stage", "when", "verdict", "if_missing", "override"}
    | {"message", "grade", "source", "mark", "review_by", "examples"}
)
RULE_KEYS_OPTIONAL = frozenset({"applies_if", "mark_note"})
FIRED = frozenset({Outcome.EXCLUDE, Outcome.DEFER, Outcome.CAUTION, Outcome.INFO})

Word = TypeVar("Word", Stage, Outcome, IfMissing, Override)


@lru_cache(maxsize=1)
def load_suitability_pack() -> SuitabilityPack:
    """The pack that ships with the product, read and checked once per process."""
    interactions = read_packaged(INTERACTIONS_FILE)
    return build_pack(
        read_packaged(RULES_FILE),
        classes=frozenset(interactions.part("classes")),
        additions=read_packaged(ADDITIONS_FILE),
    )


def build_pack(rules: PackFile, *, classes: frozenset[str], additions: PackFile) -> SuitabilityPack:
    """A pack from its files; refuses a malformed one and says what is wrong with it."""
    check_stages(rules.part("stages"))
    concepts = _concepts(rules.part("concepts"), additions.content.get("concepts", {}))
    indications = tuple(str(name) for name in rules.part("indications"))
    inputs = read_inputs(
        inputs=rules.part("inputs"),
        keys={"concepts": concepts, "classes": classes, "indications": indications},
        additions=additions.content,
    )
    parameters = {name: _parameter(name, row) for name, row in rules.part("parameters").items()}
    reader = RuleReader(inputs=inputs, parameters=parameters, sources=rules.part("sources"))
    return SuitabilityPack(
        version=rules.version,
        sha256=rules.sha256,
        additions_version=additions.version,
        additions_sha256=additions.sha256,
        stages=rules.part("stages"),
        sources=rules.part("sources"),
        parameters=parameters,
        inputs=inputs,
        indications=indications,
        concepts=concepts,
        rules=reader.read_all(rules.part("rules")),
        not_adopted=tuple(rule.id for rule in reader.read_all(rules.content.get("proposed_rules", []))),
        reconfirmation=_reconfirmation(rules.part("reconfirmation"), inputs),
        ketamine=_drug_names(additions.part("ketamine")),
    )


def check_stages(stages: Mapping[str, str]) -> None:
    """The pack's stages are the three that the product evaluates at."""
    if set(stages) != set(Stage):
        raise PackRefused(f"The pack's stages are {sorted(stages)}; this program knows {sorted(Stage)}.")


def _parameter(name: str, row: Mapping[str, Any]) -> Parameter:
    if "default" not in row or "unit" not in row:
        raise PackRefused(f"Parameter {name} needs a default and a unit.")
    return Parameter(
        name=name,
        default=as_operand(row["default"]),
        unit=str(row["unit"]),
        mark=marks_of(row.get("mark"), where=f"Parameter {name}"),
        why=str(row.get("why", "")),
    )


def _concepts(rows: Mapping[str, Any], additions: Mapping[str, Any]) -> dict[str, Concept]:
    unknown = sorted(set(additions) - set(rows))
    if unknown:
        raise PackRefused(f"The additions name concepts that the pack does not have: {', '.join(unknown)}.")
    return {name: _concept(name, row, additions.get(name, {})) for name, row in rows.items()}


def _concept(name: str, row: Mapping[str, Any], added: Mapping[str, Any]) -> Concept:
    return Concept(
        name=name,
        judgement=bool(row.get("judgement", False)),
        happened=bool(added.get("happened", False)),
        icd10cm=tuple(str(code) for code in row.get("icd10cm", [])),
        snomed=frozenset(str(code) for code in row.get("snomed", [])),
        snomed_history=frozenset(str(code) for code in added.get("snomed_history", [])),
        icd10cm_history=tuple(str(code) for code in added.get("icd10cm_history", [])),
        mark=marks_of(row.get("mark"), where=f"Concept {name}"),
        note=str(row.get("note", "")),
    )


def _drug_names(row: Mapping[str, Any]) -> DrugNames:
    return DrugNames(
        codes={system: tuple(row.get(key, [])) for key, system in CODE_SYSTEMS.items()},
        words=tuple(word.lower() for word in row["words"]),
    )


def _reconfirmation(row: Mapping[str, Any], inputs: Mapping[str, InputSpec]) -> ReconfirmationPolicy:
    named = [*row.get("renews", []), *row.get("never_renews", [])]
    unknown = sorted(name for name in named if name not in inputs)
    if unknown or set(row["renews"]) & set(row["never_renews"]):
        raise PackRefused(
            f"Reconfirmation names inputs that are unknown ({', '.join(unknown) or 'none'}) or both renewed "
            "and never renewed. Correct the pack."
        )
    return ReconfirmationPolicy(
        statement=str(row["statement"]),
        signed_by=frozenset(row["signed_by"]),
        renews=tuple(row["renews"]),
        max_gap_h=float(row["max_gap_h"]),
        max_days_without_full_review=int(row["max_days_without_full_review"]),
        never_renews=frozenset(row["never_renews"]),
    )


class RuleReader:
    """Reads rules against one vocabulary, one set of parameters and one list of sources."""

    def __init__(
        self,
        *,
        inputs: Mapping[str, InputSpec],
        parameters: Mapping[str, Parameter],
        sources: Mapping[str, str],
    ) -> None:
        self.inputs = inputs
        self.parameters: dict[str, Operand] = {name: row.default for name, row in parameters.items()}
        self.sources = sources

    def read_all(self, rows: object) -> tuple[Rule, ...]:
        """Every rule of a list, in its order; an id stands once."""
        if not isinstance(rows, list):
            raise PackRefused("The pack's rules are not a list.")
        rules = tuple(self.read(row) for row in rows)
        ids = [rule.id for rule in rules]
        twice = sorted({rule_id for rule_id in ids if ids.count(rule_id) > 1})
        if twice:
            raise PackRefused(f"Rule ids stand twice in the pack: {', '.join(twice)}.")
        return rules

    def read(self, row: Mapping[str, Any]) -> Rule:
        """One rule, with its keys, words, names, source and examples checked."""
        rule_id = self._check_keys(row)
        when = self._condition(row["when"], rule_id)
        applies_if = self._condition(row["applies_if"], rule_id) if "applies_if" in row else None
        conditions = [when] if applies_if is None else [applies_if, when]
        rule = Rule(
            id=rule_id,
            title=str(row["title"]),
            stages=frozenset(_word(stage, Stage, rule_id) for stage in row["stage"]),
            applies_if=applies_if,
            when=when,
            verdict=_word(row["verdict"], Outcome, rule_id),
            if_missing=_word(row["if_missing"], IfMissing, rule_id),
            override=_word(row["override"], Override, rule_id),
            message=str(row["message"]),
            grade=str(row["grade"]),
            source=tuple(row["source"]),
            mark=marks_of(row["mark"], where=f"Rule {rule_id}"),
            mark_note=str(row.get("mark_note", "")),
            review_by=row["review_by"],
            fires=row["examples"].get("fires", {}),
            clear=row["examples"].get("clear", {}),
            input_names=frozenset[str]().union(*(condition.names() for condition in conditions)),
            parameter_names=frozenset[str]().union(*(part.parameter_names() for part in conditions)),
        )
        self._check_words(rule)
        return rule

    def _check_keys(self, row: Mapping[str, Any]) -> str:
        rule_id = str(row.get("id", "without an id"))
        missing = sorted(RULE_KEYS - set(row))
        unknown = sorted(set(row) - RULE_KEYS - RULE_KEYS_OPTIONAL)
        if missing or unknown:
            raise PackRefused(
                f"Rule {rule_id}: missing {', '.join(missing) or 'nothing'}; "
                f"not understood: {', '.join(unknown) or 'nothing'}."
            )
        return rule_id

    def _condition(self, node: object, rule_id: str) -> Any:
        return read_condition(node, rule=rule_id, inputs=self.inputs, parameters=self.parameters)

    def _check_words(self, rule: Rule) -> None:
        if rule.verdict not in FIRED or not rule.stages or not isinstance(rule.review_by, date):
            raise PackRefused(f"Rule {rule.id} needs a verdict that can fire, a stage and a review date.")
        unknown = [key for key in rule.source if key not in self.sources]
        known = set(self.inputs) | set(self.parameters)
        unknown += [name for name in PLACEHOLDER.findall(rule.message) if name not in known]
        if unknown or not rule.source:
            raise PackRefused(f"Rule {rule.id} names what the pack does not declare: {', '.join(unknown)}.")
        for name, value in [*rule.fires.items(), *rule.clear.items()]:
            self._check_example(rule.id, name, value)

    def _check_example(self, rule_id: str, name: str, value: object) -> None:
        spec = self.inputs.get(name)
        if spec is None:
            raise PackRefused(f"Rule {rule_id}: its examples use {name!r}, which is not declared.")
        try:
            for member in value if spec.type is InputType.SET and isinstance(value, list) else [value]:
                spec.check(member)
        except EvidenceError as refused:
            raise PackRefused(f"Rule {rule_id}: example: {refused}") from refused


def _word(value: object, words: type[Word], rule_id: str) -> Word:
    if value not in set(words):
        raise PackRefused(f"Rule {rule_id}: {value!r} is not one of {', '.join(words)}.")
    return words(str(value))
