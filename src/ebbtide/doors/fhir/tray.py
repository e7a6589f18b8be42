"""The FHIR door's tray: collects what is taken, left, unmapped and to be judged while a bundle is read."""

from dataclasses import replace
from datetime import datetime

from ebbtide.doors.fhir.bundle import Entry
from ebbtide.doors.fhir.drafts import FactDraft, LeftOut, ToJudge, Unmapped
from ebbtide.doors.fhir.elements import Coding
from ebbtide.evidence.errors import ValueRefused
from ebbtide.evidence.inputs import InputType, Scalar
from ebbtide.evidence.model import SuitabilityPack

NO_CODE = Coding(system="", code="", text="")


class Tray:
    """One bundle's drafts. Each fact is checked against the vocabulary before it is taken."""

    def __init__(self, pack: SuitabilityPack) -> None:
        self.pack = pack
        self.taken: dict[str, FactDraft] = {}
        self.left: list[LeftOut] = []
        self.to_judge: list[ToJudge] = []
        self._unmapped: dict[tuple[str, str], Unmapped] = {}

    @property
    def unmapped(self) -> tuple[Unmapped, ...]:
        """The codes no rule speaks of, in the order they were met."""
        return tuple(self._unmapped.values())

    def take(
        self,
        entry: Entry,
        name: str,
        value: Scalar,
        *,
        observed_at: datetime | None,
        coding: Coding = NO_CODE,
        note: str = "",
    ) -> None:
        """Take one fact, or leave it out when the vocabulary does not allow its value."""
        spec = self.pack.inputs[name]
        try:
            spec.check(value)
        except ValueRefused:
            self.leave(entry, f"its value cannot be a {spec.words}", coding=coding)
            return
        member = f"={value}" if spec.type is InputType.SET else ""
        draft = FactDraft(
            name=name,
            value=value,
            unit=spec.unit,
            observed_at=observed_at,
            resource=entry.reference,
            source_key=f"{entry.reference}#{name}{member}",
            system=coding.system,
            code=coding.code,
            text=coding.text,
            note=note,
        )
        self.taken[draft.source_key] = draft

    def leave(self, entry: Entry, why: str, *, coding: Coding = NO_CODE) -> None:
        """Leave a resource, or a part of it, and say why."""
        self.left.append(LeftOut(resource=entry.reference, why=why, code=coding.code, text=coding.text))

    def unmap(self, coding: Coding) -> None:
        """List a code that no rule speaks of."""
        key = (coding.system, coding.code)
        before = self._unmapped.get(key)
        self._unmapped[key] = (
            Unmapped(system=coding.system, code=coding.code, text=coding.text)
            if before is None
            else replace(before, count=before.count + 1)
        )

    def judge(self, entry: Entry, concept: str, coding: Coding) -> None:
        """Ask a clinician whether a concept holds that a code only makes possible."""
        self.to_judge.append(
            ToJudge(
                concept=concept,
                system=coding.system,
                code=coding.code,
                resource=entry.reference,
                text=coding.text,
            )
        )
