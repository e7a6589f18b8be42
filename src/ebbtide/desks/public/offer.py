"""The public desk's list of services, each with what is known of it and what is not. No sentence here promises relief."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from ebbtide.desks.public.known import C18, C18_RECALLED, COCHRANE, LABEL, Mark, Source, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One thing that the clinic offers. `gives` is what happens; `known` is what the evidence says."""

    slug: str
    name: Words
    line: Words
    gives: tuple[Words, ...]
    known: tuple[Words, ...]
    sources: tuple[Source, ...] = ()


NOT_GRADED = _(
    "We have not yet graded the evidence for this on our own pages. Ask at your visit which study fits your complaint, and what it did not find."
)
SAME_DAY = _(
    "It is never given on the same day as a ketamine infusion without a check: steroids, blood thinners and sedation can add up."
)
OFF_LABEL = _(
    "Ketamine is approved as an anaesthetic. Its use for pain is off-label: lawful, but not approved for this purpose."
)
PARTIAL = _("Some people get partial relief for days to weeks; some get none.")

SERVICES = (
    Service(
        slug="ketamine-infusion",
        name=_("Ketamine infusion"),
        line=_(
            "A measured dose by vein, in a chair, with a nurse and a monitor. One at first, then we look together."
        ),
        gives=(
            _(
                "A drug given slowly into a vein over 40 minutes to 4 hours, on one day or on several. A nurse watches your breathing, oxygen, pulse and blood pressure."
            ),
            _(
                "Before the first infusion a clinician goes through your history, medicines and measurements, and says whether it suits you. Sometimes the answer is no."
            ),
        ),
        known=(
            PARTIAL,
            OFF_LABEL,
            _("How long relief lasts is unknown outside CRPS; we will measure yours."),
        ),
        sources=(C18, COCHRANE, LABEL),
    ),
    Service(
        slug="neuropathy",
        name=_("Neuropathy"),
        line=_("Burning, tingling or shooting pain from damaged nerves."),
        gives=(
            _(
                "An evaluation of where the pain comes from, what you have tried, and what remains to try. Ketamine is one of several possibilities and rarely the first."
            ),
        ),
        known=(
            _(
                "For most nerve pain the evidence for ketamine is weak, and a trial of a single infusion was negative over five weeks. For CRPS, one particular kind, it is moderate."
            ),
            OFF_LABEL,
        ),
        sources=(C18, Source(citation="Pickering 2020, crossover trial, 20 people", mark=Mark.SEEN)),
    ),
    Service(
        slug="arthritis",
        name=_("Arthritis"),
        line=_("Joint pain that stays in spite of treatment."),
        gives=(
            _(
                "An evaluation, a plan with exercise and medicines, and a letter to those who treat your joints."
            ),
        ),
        known=(
            _(
                "Ketamine has not been judged for joint pain. If it is offered, it is off-label and the evidence is weak for this condition."
            ),
        ),
        sources=(C18_RECALLED,),
    ),
    Service(
        slug="back-pain",
        name=_("Back pain"),
        line=_("Low back pain and pain that runs into a leg."),
        gives=(
            _(
                "An evaluation that first looks for causes that must not wait, then a plan. Physiotherapy and exercise belong to it."
            ),
        ),
        known=(_("For low back pain the evidence for ketamine is weak or absent."), OFF_LABEL),
        sources=(C18,),
    ),
    Service(
        slug="hip-pain",
        name=_("Hip pain"),
        line=_("Pain in or around the hip, before or after an operation."),
        gives=(_("An evaluation together with what your surgeon or family doctor has found, and a plan."),),
        known=(
            _(
                "Ketamine has not been judged for hip pain. If it is offered, it is off-label and the evidence is weak for this condition."
            ),
        ),
        sources=(C18_RECALLED,),
    ),
    Service(
        slug="chronic-pain",
        name=_("Chronic pain"),
        line=_("Pain that has lasted for months, whatever its name."),
        gives=(
            _(
                "One clinician who hears the whole story. We measure pain, sleep, mood and what you can do, at the start and again later."
            ),
            _("Mood may change with treatment; we track it. It does not replace psychiatric care."),
        ),
        known=(
            _(
                "For chronic pain of all kinds together there is no clear evidence of a benefit from ketamine that people would notice."
            ),
            PARTIAL,
        ),
        sources=(COCHRANE,),
    ),
    Service(
        slug="epidural-injection",
        name=_("Epidural injection"),
        line=_("A steroid or local anaesthetic beside the nerves of the spine."),
        gives=(
            _(
                "An injection under X-ray or ultrasound, after an examination and a look at your medicines, above all blood thinners."
            ),
            SAME_DAY,
        ),
        known=(NOT_GRADED,),
    ),
    Service(
        slug="regenerative-medicine",
        name=_("Regenerative medicine"),
        line=_("Injections made from your own blood or tissue."),
        gives=(
            _(
                "A conversation first: which product, from where, with what approval, at what cost, and what else could be done."
            ),
            SAME_DAY,
        ),
        known=(NOT_GRADED,),
    ),
    Service(
        slug="home-therapy",
        name=_("Home therapy"),
        line=_("Physiotherapy and exercise at home. No ketamine at home."),
        gives=(
            _(
                "A physiotherapist's plan of exercises for your own rooms, with someone to ask when it hurts more."
            ),
            _(
                "We give no ketamine to take home, in any form. Ketamine needs a nurse, a monitor and somebody who can help you breathe."
            ),
        ),
        known=(
            _(
                "The United States drug regulator warned in 2023 of compounded ketamine taken at home without supervision."
            ),
        ),
        sources=(Source(citation="FDA alert, 10 October 2023", mark=Mark.SECOND_HAND),),
    ),
)
