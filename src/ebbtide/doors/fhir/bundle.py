"""The FHIR door's bundle: bytes in, a validated bundle of one patient out, or a sentence that says why not.

No message repeats a value of the record: it names the entry, the resource type and the element.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from importlib import import_module
from typing import Any

from ebbtide.doors.fhir.strictness import Fault, faults_missed_by_the_library

Resource = Mapping[str, Any]

RESOURCE_TYPE = re.compile(r"[A-Z][A-Za-z]{2,60}")
DIGEST_CHARS = 24


class BundleRefused(Exception):
    """A file cannot be taken in. The command line ends with `exit_code`."""

    exit_code = 2


class NotJson(BundleRefused):
    """The file is not JSON."""


class NotABundle(BundleRefused):
    """The file is JSON and not a FHIR bundle."""


class NotR4B(BundleRefused):
    """The bundle breaks FHIR's own rules."""


class NotOnePatient(BundleRefused):
    """The bundle holds no Patient, or more than one."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One resource of the bundle, with its place and the address it is referred to by."""

    position: int
    full_url: str
    resource: Resource

    @property
    def type(self) -> str:
        """The resource's type."""
        return str(self.resource["resourceType"])

    def is_meant_by(self, reference: str) -> bool:
        """Whether a reference points at this resource: by its address, or by type and id."""
        wanted = reference.partition("/_history")[0]
        return wanted in {self.full_url, self.reference} or wanted.endswith(f"/{self.reference}")

    @cached_property
    def reference(self) -> str:
        """Type and id: the same on every import of the same resource.

        A resource without an id is named by its address, and one without either by the digest of its content.
        """
        own_id = (
            self.resource.get("id") or self.full_url.rpartition(":" if "urn:" in self.full_url else "/")[2]
        )
        if not own_id:
            content = json.dumps(self.resource, sort_keys=True, default=str).encode()
            own_id = sha256(content).hexdigest()[:DIGEST_CHARS]
        return f"{self.type}/{own_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A validated bundle: its one patient and everything that came along."""

    patient: Entry
    entries: tuple[Entry, ...]

    def find(self, reference: str) -> Entry | None:
        """The entry that a reference points at, inside this bundle."""
        return next((entry for entry in self.entries if entry.is_meant_by(reference)), None)


def read_bundle(data: bytes) -> Bundle:
    """The bundle in these bytes, every resource of it validated as R4B.

    Raises:
        NotJson: the bytes are not JSON.
        NotABundle: they are something else than a Bundle.
        NotR4B: a resource is broken; the first fault is named, and how many there are.
        NotOnePatient: it is nobody's record, or several people's.
    """
    content = _read_json(data)
    if not isinstance(content, Mapping) or content.get("resourceType") != "Bundle":
        kind = content.get("resourceType") if isinstance(content, Mapping) else None
        found = f"a {kind}" if isinstance(kind, str) and RESOURCE_TYPE.fullmatch(kind) else "no FHIR resource"
        raise NotABundle(f"The file is not a FHIR bundle: it holds {found}. Export the record as a Bundle.")
    faults = tuple(_faults_of(content))
    if faults:
        more = "" if len(faults) == 1 else f" (and {len(faults) - 1} more)"
        raise NotR4B(
            f"The bundle fails R4B validation: {faults[0]}{more}. Ask the sender for a corrected export."
        )
    entries = tuple(
        Entry(position=position, full_url=str(entry.get("fullUrl", "")), resource=entry["resource"])
        for position, entry in enumerate(content.get("entry", []))
        if "resource" in entry
    )
    return Bundle(patient=_only_patient(entries), entries=entries)


def _read_json(data: bytes) -> Any:
    """JSON with every decimal kept as it was written."""
    try:
        return json.loads(data.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as fault:
        line = getattr(fault, "lineno", None)
        where = "" if line is None else f" (line {line})"
        raise NotJson(f"The file is not JSON{where}. Export the record again.") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _only_patient(entries: tuple[Entry, ...]) -> Entry:
    patients = [entry for entry in entries if entry.type == "Patient"]
    if len(patients) != 1:
        count = "no Patient" if not patients else f"{len(patients)} Patients"
        raise NotOnePatient(
            f"The bundle holds {count}; a work-up is about one person. Export one person's record."
        )
    return patients[0]


def _faults_of(content: Resource) -> Iterator[Fault]:
    """Every fault of the bundle's frame and of each resource in it."""
    entries = content.get("entry", [])
    shaped = isinstance(entries, list) and all(isinstance(entry, Mapping) for entry in entries)
    frame = dict(content)
    if shaped:
        # The resources are validated one by one below: once is enough, and each fault names its entry.
        frame["entry"] = [_without_resource(entry) for entry in entries]
        frame = {key: value for key, value in frame.items() if key != "entry" or value}
    yield from _validate(frame, "Bundle", position=None)
    for position, entry in enumerate(entries if shaped else []):
        if "resource" in entry:
            yield from _faults_of_resource(entry["resource"], position)


def _without_resource(entry: Resource) -> Resource:
    return {key: value for key, value in entry.items() if key != "resource"}


def _faults_of_resource(resource: object, position: int) -> Iterator[Fault]:
    kind = resource.get("resourceType") if isinstance(resource, Mapping) else None
    if not isinstance(resource, Mapping) or not isinstance(kind, str) or not RESOURCE_TYPE.fullmatch(kind):
        yield Fault(position=position, type="resource", words="it names no resource type")
        return
    yield from _validate(resource, kind, position=position)


def _validate(resource: Resource, kind: str, *, position: int | None) -> Iterator[Fault]:
    model = _model_of(kind)
    if model is None:
        yield Fault(position=position, type=kind, words="R4B has no such resource")
        return
    from pydantic import ValidationError

    try:
        model.model_validate(resource)
    except ValidationError as refused:
        errors = refused.errors(include_input=False, include_url=False, include_context=False)
        yield from (Fault.of_library(error, position=position, type=kind) for error in errors)
        return
    yield from faults_missed_by_the_library(resource, kind, position=position)


def _model_of(kind: str) -> Any | None:
    """The R4B model of a resource type, imported only when a bundle holds one: the whole library takes seconds."""
    try:
        module = import_module(f"fhir.resources.R4B.{kind.lower()}")
    except ModuleNotFoundError:
        return None
    from fhir.resources.R4B.resource import Resource as R4BResource

    model = getattr(module, kind, None)
    return model if isinstance(model, type) and issubclass(model, R4BResource) else None
