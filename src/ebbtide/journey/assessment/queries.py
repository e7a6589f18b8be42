"""assessment: reading what is known of a person, what the rules say of it now, what was signed, and whether consent counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet
from django.db.models.functions import JSONObject

from ebbtide.evidence import suitability
from ebbtide.evidence.inputs import InputType
from ebbtide.evidence.interactions import load_interactions
from ebbtide.evidence.model import Stage
from ebbtide.evidence.packs import load_suitability_pack
from ebbtide.evidence.readings import InputValue
from ebbtide.evidence.suitability import site_parameters
from ebbtide.ground import clock
from ebbtide.ground.people.models import Clinic, ClinicSetting, Patient
from ebbtide.journey.access.models import Episode
from ebbtide.journey.assessment.consent_text import is_current
from ebbtide.journey.assessment.history import LINES, MEASUREMENTS, KnownFact, as_read, inputs_at
from ebbtide.journey.assessment.models import Consent, Evaluation, Fact, ListConfirmation, Origin
from ebbtide.journey.assessment.rules import WEIGHT_STEP_KG, ConsentState, consent_state

PARAMETER = "parameter."
LONG_AGO = datetime.min.replace(tzinfo=UTC)


def current_facts(patient: Patient) -> QuerySet[Fact]:
    """What stands of a person: not replaced and not withdrawn, newest observation first."""
    rows = Fact.objects.filter(patient=patient, replaced_by__isnull=True, withdrawn=False)
    return rows.select_related("replaces", "confirmed_by").order_by(
        F("observed_at").desc(nulls_last=True), "-recorded_at"
    )


def origin_words(fact: Fact) -> str:
    """Where a fact is from, in words."""
    if fact.origin == Origin.IMPORTED:
        key = fact.source_key or (fact.replaces.source_key if fact.replaces else "")
        return f"imported from {key.partition('#')[0]}" if key else "imported"
    return {Origin.TYPED: "typed", Origin.MEASURED: "measured here", Origin.DEVICE: "device"}.get(
        Origin(fact.origin), "from the patient"
    )


def known(fact: Fact) -> KnownFact:
    """A row as the engine reads it."""
    spec = load_suitability_pack().inputs[fact.name]
    confirmed = fact.confirmed_by_id is not None
    return KnownFact(
        name=fact.name,
        value=as_read(spec, fact.value),
        unit=fact.unit,
        observed_at=fact.observed_at,
        origin=origin_words(fact),
        confirmed=confirmed,
        confirmed_at=fact.recorded_at if confirmed else None,
        measured_here=fact.origin in {Origin.MEASURED, Origin.DEVICE},
    )


# — lists —


@dataclass(frozen=True, slots=True, kw_only=True)
class ListState:
    """When a list was last confirmed, and when it was last gone through from top to bottom."""

    confirmed_at: datetime
    reviewed_at: datetime | None
    unchanged: bool
    by: str


def _list_states(rows: Iterable[Mapping[str, Any]]) -> dict[str, ListState]:
    """The newest confirmation of each list, from all of them, oldest first."""
    states: dict[str, ListState] = {}
    for row in rows:
        name, confirmed_at = row["name"], datetime.fromisoformat(row["confirmed_at"])
        before = states.get(name)
        reviewed_at = before.reviewed_at if row["unchanged"] and before else confirmed_at
        states[name] = ListState(
            confirmed_at=confirmed_at, reviewed_at=reviewed_at, unchanged=row["unchanged"], by=row["by"]
        )
    return states


def list_states(patient: Patient) -> Mapping[str, ListState]:
    """When each list was last confirmed, and last gone through from top to bottom."""
    return standing_of(patient).lists


# — parameters —


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteValue:
    """The clinic's own value of a threshold, with who approved it and when."""

    value: Any
    approved_by: str | None
    set_at: datetime


def _site_values(rows: Iterable[Mapping[str, Any]]) -> dict[str, SiteValue]:
    """The newest setting of each of the pack's parameters, from all of them, oldest first; other names are left out."""
    defaults = load_suitability_pack().defaults
    values: dict[str, SiteValue] = {}
    for row in rows:
        name = row["name"].removeprefix(PARAMETER)
        if name in defaults:
            held = date.fromisoformat(row["value"]) if isinstance(defaults[name], date) else row["value"]
            set_at = datetime.fromisoformat(row["set_at"])
            values[name] = SiteValue(value=held, approved_by=row["by"], set_at=set_at)
    return values


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownParameter:
    """One threshold with who stands behind it."""

    name: str
    value: Any
    unit: str
    why: str
    approved_by: str | None
    set_at: datetime | None


def shown_parameters(own: Mapping[str, SiteValue]) -> list[ShownParameter]:
    """Every threshold of the pack: the clinic's value with who approved it, or the default."""
    shown = []
    for name, parameter in load_suitability_pack().parameters.items():
        site = own.get(name)
        shown.append(
            ShownParameter(
                name=name,
                value=site.value if site else parameter.default,
                unit=parameter.unit,
                why=parameter.why,
                approved_by=site.approved_by if site else None,
                set_at=site.set_at if site else None,
            )
        )
    return shown


# — everything at once —


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What stands of a person at one moment, read once for a page or an act."""

    patient: Patient
    as_of: datetime
    facts: tuple[Fact, ...]
    lists: Mapping[str, ListState]
    parameters: Mapping[str, SiteValue]
    consent: "ConsentOnFile | None" = None

    def named(self, *names: str) -> list[Fact]:
        """The standing facts of these names."""
        return [fact for fact in self.facts if fact.name in names]

    def newest(self, name: str) -> Fact | None:
        """The fact of this name that was observed last."""
        known_by_now = [fact for fact in self.named(name) if (fact.observed_at or LONG_AGO) <= self.as_of]
        return max(known_by_now, key=lambda fact: fact.observed_at or LONG_AGO, default=None)

    @property
    def site_parameters(self) -> dict[str, Any]:
        """The clinic's own thresholds, by the pack's names."""
        return {name: site.value for name, site in self.parameters.items()}

    @property
    def unconfirmed(self) -> list[Fact]:
        """What arrived and nobody has confirmed yet."""
        return [fact for fact in self.facts if fact.confirmed_by_id is None]


LISTS = ArraySubquery(
    ListConfirmation.objects.filter(patient=OuterRef("pk"))
    .order_by("confirmed_at")
    .values(
        row=JSONObject(
            name="name", confirmed_at="confirmed_at", unchanged="unchanged", by="confirmed_by__name"
        )
    )
)
PARAMETERS = ArraySubquery(
    ClinicSetting.objects.filter(clinic=OuterRef("clinic_id"), name__startswith=PARAMETER)
    .order_by("set_at", "id")
    .values(row=JSONObject(name="name", value="value", by="approved_by__name", set_at="set_at"))
)


def standing_of(subject: Patient | Episode, *, as_of: datetime | None = None) -> Standing:
    """Everything the rules and the page need of a person, or of an episode with its consent (two or three queries)."""
    as_of = as_of or clock.now()
    patient_id = subject.patient_id if isinstance(subject, Episode) else subject.id
    people = Patient.objects.select_related("clinic").annotate(list_rows=LISTS, parameter_rows=PARAMETERS)
    patient = people.get(id=patient_id)
    consent = None
    if isinstance(subject, Episode):
        subject.patient = patient
        consent = consent_on_file(subject, at=as_of)
    return Standing(
        patient=patient,
        as_of=as_of,
        facts=tuple(current_facts(patient)),
        lists=_list_states(patient.list_rows),
        parameters=_site_values(patient.parameter_rows),
        consent=consent,
    )


def inputs_of(standing: Standing) -> dict[str, InputValue]:
    """Every input of the rules, as the record gives it at this moment."""
    pack = load_suitability_pack()
    parameters = site_parameters(pack, standing.site_parameters)
    facts = [known(fact) for fact in standing.facts]
    if not standing.named("birth_date") and standing.patient.birth_date is not None:
        facts.append(_birth_date(standing.patient))
    inputs = inputs_at(
        facts,
        lists_confirmed_at={name: state.confirmed_at for name, state in standing.lists.items()},
        pack=pack,
        interactions=load_interactions(),
        parameters=parameters,
        as_of=standing.as_of,
    )
    if standing.consent is not None:
        inputs["consent_current"] = InputValue(
            name="consent_current",
            value=standing.consent.state is ConsentState.CURRENT,
            origin="computed from the consents of this episode",
        )
    return inputs


def _birth_date(patient: Patient) -> KnownFact:
    assert patient.birth_date is not None  # noqa: S101  (the caller asked)
    imported = patient.source_key.removeprefix("fhir:")
    return KnownFact(
        name="birth_date", value=patient.birth_date, observed_at=None, confirmed=not imported,
        origin=f"imported from {imported}" if imported else "typed",
    )  # fmt: skip


def inputs_for(subject: Patient | Episode, *, as_of: datetime | None = None) -> dict[str, InputValue]:
    """Every input of the rules for a patient, or for an episode with its consent."""
    return inputs_of(standing_of(subject, as_of=as_of))


def evaluate(standing: Standing, *, stage: Stage | str = Stage.ASSESSMENT) -> suitability.Evaluation:
    """What every rule says of what stands, at one stage."""
    return suitability.evaluate(
        pack=load_suitability_pack(),
        stage=stage,
        inputs=inputs_of(standing),
        as_of=standing.as_of,
        parameters=standing.site_parameters,
    )


# — what was signed —


def newest_evaluation(episode: Episode) -> Evaluation | None:
    """The assessment that was signed last, valid or not."""
    return episode.evaluations.select_related("signed_by").order_by("-signed_at").first()


def current_evaluation(episode: Episode, *, at: datetime | None = None) -> Evaluation | None:
    """The assessment that was signed last, while it is valid."""
    newest = newest_evaluation(episode)
    return newest if newest is not None and (at or clock.now()) <= newest.valid_until else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentOnFile:
    """The consent signed last, and whether it counts."""

    consent: Consent | None
    state: ConsentState


def consents_of(episode: Episode) -> QuerySet[Consent]:
    """Every consent of an episode, newest first."""
    rows = episode.consents.select_related("withdrawal", "witnessed_by", "document")
    return rows.order_by("-signed_at", "-id")


def state_of(consent: Consent, *, clinic: Clinic, at: datetime) -> ConsentState:
    """Whether this consent counts at this moment, on the clinic's wall calendar."""
    return consent_state(
        expires_on=consent.expires_on,
        today=at.astimezone(ZoneInfo(clinic.time_zone)).date(),
        withdrawn=hasattr(consent, "withdrawal"),
        text_is_current=is_current(consent.text_sha256),
    )


def consent_on_file(episode: Episode, *, at: datetime | None = None) -> ConsentOnFile:
    """The consent signed last by `at`, and its state; a later signature cancels nothing that was withdrawn."""
    at = at or clock.now()
    consent = consents_of(episode).filter(signed_at__lte=at).first()
    if consent is None:
        return ConsentOnFile(consent=None, state=ConsentState.NONE)
    return ConsentOnFile(consent=consent, state=state_of(consent, clinic=episode.patient.clinic, at=at))


def current_consent(episode: Episode, *, at: datetime | None = None) -> Consent | None:
    """The consent that counts now; None when there is none, or it lapsed, was withdrawn or its text was replaced."""
    found = consent_on_file(episode, at=at)
    return found.consent if found.state is ConsentState.CURRENT else None


# — measurements —


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """A measured body weight with its time and origin."""

    kg: Decimal
    measured_at: datetime | None
    origin: str
    confirmed: bool
    fact: Fact


def weight_from(fact: Fact | None) -> Weight | None:
    """The weight that a fact holds, to 0.1 kg as a scale shows it (half to even); the fact keeps what was sent."""
    if fact is None:
        return None
    return Weight(
        kg=Decimal(str(fact.value)).quantize(WEIGHT_STEP_KG, rounding=ROUND_HALF_EVEN), measured_at=fact.observed_at, origin=origin_words(fact),
        confirmed=fact.confirmed_by_id is not None, fact=fact,
    )  # fmt: skip


def latest_weight(patient: Patient, *, as_of: datetime | None = None) -> Weight | None:
    """The body weight measured last (kg, to 0.1 kg)."""
    rows = current_facts(patient).filter(name="weight_kg", observed_at__lte=as_of or clock.now())
    return weight_from(rows.first())


def members_of(facts: Iterable[Fact], name: str) -> list[Fact]:
    """The items of one list, by their words."""
    return sorted((fact for fact in facts if fact.name == name), key=lambda fact: str(fact.value))


COMPANIONS: Mapping[str, str] = {"problems": "condition", "medication_classes": "medicine"}


def names_of(name: str) -> list[str]:
    """The names of the facts that are read with a list."""
    return [name, COMPANIONS[name]] if name in COMPANIONS else [name]


def gone_through(facts: Iterable[Fact], name: str) -> list[Fact]:
    """What a person reads who goes through a list: its items, and the lines in words that belong to it."""
    facts = list(facts)
    lines = COMPANIONS.get(name)
    return members_of(facts, name) + (members_of(facts, lines) if lines else [])


def is_list(name: str) -> bool:
    """Whether this name holds a list, whose absences count only once a person confirmed it."""
    spec = load_suitability_pack().inputs.get(name)
    return spec is not None and spec.type is InputType.SET


def resource_for(name: str) -> str:
    """What guards a fact of this name."""
    return "assessment.measurement" if name in MEASUREMENTS else "assessment.history"


def is_line(name: str) -> bool:
    """Whether this name is a line of a list in words, which no rule reads."""
    return name in LINES
