"""The public desk's words on the evidence: what is known, how surely, from where, and whether we read it ourselves."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


class Mark(StrEnum):
    """How we know a statement."""

    SEEN = "seen"
    SECOND_HAND = "second-hand"
    RECALLED = "recalled"

    @property
    def words(self) -> Words:
        return _MARK_WORDS[self]

    @property
    def confirmed(self) -> bool:
        return self is not Mark.RECALLED


_MARK_WORDS: dict[Mark, Words] = {
    Mark.SEEN: _("read in the source"),
    Mark.SECOND_HAND: _("read in a document that quotes the source"),
    Mark.RECALLED: _("recalled, not yet confirmed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a statement comes from; a plain citation, no link."""

    citation: str
    mark: Mark


COHEN = "Cohen 2018, consensus of ASRA, AAPM and ASA, Reg Anesth Pain Med 43:521-546"
C18 = Source(citation=COHEN, mark=Mark.SECOND_HAND)
C18_RECALLED = Source(citation=COHEN, mark=Mark.RECALLED)
COCHRANE = Source(
    citation="Cochrane review 2025 (Ferraro), 67 randomised trials, 2,309 people", mark=Mark.SEEN
)
LABEL = Source(citation="Ketalar US label, revision 10/2024", mark=Mark.SEEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One complaint and the strength of evidence for ketamine by vein. `bars` of 3 draw the word; None: not judged."""

    name: Words
    strength: Words
    bars: int | None
    lasts: Words
    more: Words
    sources: tuple[Source, ...]

    @property
    def scale(self) -> tuple[bool, ...]:
        return () if self.bars is None else tuple(step < self.bars for step in range(3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One sentence with its sources."""

    words: Words
    sources: tuple[Source, ...]


WEAK_OR_NONE = _("Weak or none")

CONDITIONS = (
    Condition(
        name=_("Complex regional pain syndrome (CRPS)"),
        strength=_("Moderate"),
        bars=2,
        lasts=_("Up to 12 weeks after courses of several days. Nothing is known to be permanent."),
        more=_(
            "A pooled look at studies without comparison groups found relief by at least 30 percent in 69 of 100 people (53 to 84) at once, and in 58 (41 to 75) after one to three months. Without a comparison group nobody can say how many would have improved anyway."
        ),
        sources=(C18, Source(citation="Zhao 2018, meta-analysis, 15 studies, 258 people", mark=Mark.SEEN)),
    ),
    Condition(
        name=_("Pain after injury of the spinal cord"),
        strength=_("Weak"),
        bars=1,
        lasts=_("Short."),
        more=_(
            "One trial of 40 people with an infusion every day for a week found a greater fall of pain with ketamine than without."
        ),
        sources=(C18, Source(citation="Amr 2010, randomised, 20 and 20 people", mark=Mark.SEEN)),
    ),
    Condition(
        name=_("Neuropathy and other nerve pain"),
        strength=WEAK_OR_NONE,
        bars=0,
        lasts=_("No evidence beyond the first days."),
        more=_("In a trial of 20 people a single infusion was no better than placebo over five weeks."),
        sources=(C18, Source(citation="Pickering 2020, crossover trial, 20 people", mark=Mark.SEEN)),
    ),
    Condition(
        name=_("Pain after shingles, phantom limb pain"),
        strength=WEAK_OR_NONE,
        bars=0,
        lasts=_("Hours to two days in small studies."),
        more="",
        sources=(C18, C18_RECALLED),
    ),
    Condition(
        name=_("Fibromyalgia"),
        strength=WEAK_OR_NONE,
        bars=0,
        lasts=_("Hours."),
        more=_("One trial found no effect at eight weeks."),
        sources=(C18, Source(citation="Noppers 2011", mark=Mark.RECALLED)),
    ),
    Condition(
        name=_("Low back pain"),
        strength=WEAK_OR_NONE,
        bars=0,
        lasts=_("Unknown."),
        more="",
        sources=(C18,),
    ),
    Condition(
        name=_("Migraine and other headache"),
        strength=WEAK_OR_NONE,
        bars=0,
        lasts=_("Unknown. Only reports that look back."),
        more="",
        sources=(C18, C18_RECALLED),
    ),
    Condition(
        name=_("Arthritis, hip pain"),
        strength=_("Not evaluated"),
        bars=None,
        lasts=_("Unknown."),
        more=_("The consensus did not judge ketamine for joint pain."),
        sources=(C18_RECALLED,),
    ),
)

POOLED = (
    Statement(
        words=_(
            "Over all kinds of chronic pain together, the largest review found no clear evidence of a benefit that people would notice. Right after treatment the difference was 15.8 points of 100, but anything from 32.1 points better to 0.5 points worse fits the data; the certainty is very low."
        ),
        sources=(COCHRANE,),
    ),
    Statement(
        words=_(
            "In one clinic with 1,034 people and five infusions on consecutive days, 20 to 46 of 100 reported a change that mattered to them, depending on the question asked. There was no comparison group."
        ),
        sources=(Source(citation="Tankha 2025, retrospective, 1,034 people", mark=Mark.SEEN),),
    ),
    Statement(
        words=_(
            "Higher doses over a longer time, and more often, gave better effect in the consensus; the best dose is unknown."
        ),
        sources=(C18,),
    ),
)

HARMS = (
    Statement(
        words=_(
            "Unwanted effects were about three times as frequent with ketamine as without (3.3 times; 1.05 to 10.1); the certainty is low. Common ones are nausea, dizziness, sleepiness, and feeling outside one's body."
        ),
        sources=(
            COCHRANE,
            Source(
                citation="McMaster network meta-analysis, 38 trials, search to January 2024", mark=Mark.SEEN
            ),
        ),
    ),
    Statement(
        words=_(
            "Blood pressure rises. In 138 people with 2,342 infusions, 17 people (12.5%) had a severe rise at least once."
        ),
        sources=(Source(citation="Yale 2024, 138 people, 2,342 infusions", mark=Mark.SEEN),),
    ),
    Statement(
        words=_(
            "In 1,985 treatments no emergency treatment was needed. Zero is not never: up to 1.5 of 1,000 treatments would still fit those figures. One person fell after going home."
        ),
        sources=(Source(citation="Japan audit 2026, 296 people, 1,985 treatments", mark=Mark.SEEN),),
    ),
    Statement(
        words=_(
            "The liver can be hurt by long courses close together: in one study 3 of 6 people, after two infusions of 100 hours 16 days apart."
        ),
        sources=(Source(citation="Noppers 2011, 6 people", mark=Mark.SEEN),),
    ),
    Statement(
        words=_(
            "Bladder trouble is 3 to 4 times as frequent in people who use ketamine recreationally. How often it follows repeated treatment is unknown; we ask at every visit."
        ),
        sources=(LABEL, Source(citation="Studies of recreational use", mark=Mark.SEEN)),
    ),
    Statement(
        words=_(
            "Ketamine is different from opioids and has its own risk of misuse. It is a controlled drug (Schedule III in the United States)."
        ),
        sources=(LABEL,),
    ),
)
