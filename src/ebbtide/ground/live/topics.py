"""The live room: which topics there are, and who may listen to one. A topic is `kind:ID` or `kind:ID:more`."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ebbtide.ground.people.models import Patient
from ebbtide.ground.policy import Actor, may

MAX_TOPICS = 20


class TopicRefused(ValueError):
    """None of the topics is for this person, or they cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicKind:
    """One kind of topic: who may do `verb` to `resource` may listen. Its id is the clinic's, or one patient's."""

    name: str
    resource: str
    verb: str
    about_patient: bool


TOPICS: dict[str, TopicKind] = {}


def register_topic(name: str, *, resource: str, verb: str = "read", about_patient: bool = False) -> None:
    """Make a kind of topic known, in a room's `apps.py` (`ready`).

    Args:
        name: what stands before the first colon.
        resource: what the topic tells of, as roles.yaml calls it.
        verb: what somebody must be allowed to do to it.
        about_patient: the id is a patient's, and the policy judges that patient; else it is the clinic's, for staff.
    """
    kind = TopicKind(name=name, resource=resource, verb=verb, about_patient=about_patient)
    if TOPICS.get(name, kind) != kind:
        raise ValueError(
            f"The topic {name!r} is registered twice with different rights: choose another name."
        )
    TOPICS[name] = kind


def topics_for(actor: Actor, asked: Sequence[str]) -> frozenset[str]:
    """Those of the topics that this actor may listen to now. It asks the policy, and so the database.

    Raises:
        TopicRefused: none or too many were asked for, or none of them is for this actor.
    """
    if not asked or len(asked) > MAX_TOPICS:
        raise TopicRefused(f"Ask for 1 to {MAX_TOPICS} topics; {len(asked)} were asked for.")
    allowed = frozenset(topic for topic in asked if _may_listen(actor, topic))
    if not allowed:
        raise TopicRefused("None of these topics is for you.")
    return allowed


def _may_listen(actor: Actor, topic: str) -> bool:
    name, _, rest = topic.partition(":")
    kind, about = TOPICS.get(name), _id_in(rest)
    if kind is None or about is None or actor.clinic_id is None:
        return False
    if not kind.about_patient:
        return about == actor.clinic_id and actor.is_staff and may(actor, kind.verb, kind.resource).allowed
    patient = Patient.objects.filter(id=about, clinic_id=actor.clinic_id).first()
    return patient is not None and may(actor, kind.verb, kind.resource, patient).allowed


def _id_in(rest: str) -> UUID | None:
    try:
        return UUID(rest.partition(":")[0])
    except ValueError:
        return None
