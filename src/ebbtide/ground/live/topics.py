"""The live room: which topics there are, and who may listen to one. A topic is `kind:ID` or `kind:ID:more`."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Model

from ebbtide.ground.people.models import Patient
from ebbtide.ground.policy import Actor, may

MAX_TOPICS = 20


class TopicRefused(ValueError):
    """None of the topics is for this person, or they cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicKind:
    """One kind of topic: who may do `verb` to `resource` may listen. Its id is the clinic's, or that of a row of `about`.

    One that `carries` has values in its messages and not only their names: then a right with a condition on what is
    shown (a patient's own rows once they are released) does not open it.
    """

    name: str
    resource: str
    verb: str
    about: type[Model] | None
    carries: bool = False


TOPICS: dict[str, TopicKind] = {}


def register_topic(
    name: str,
    *,
    resource: str,
    verb: str = "read",
    about: type[Model] | None = None,
    about_patient: bool = False,
    carries: bool = False,
) -> None:
    """Make a kind of topic known, in a room's `apps.py` (`ready`).

    Args:
        name: what stands before the first colon.
        resource: what the topic tells of, as roles.yaml calls it.
        verb: what somebody must be allowed to do to it.
        about: the id is that of a row of this model, and the policy judges that row; without it, it is the clinic's
            and for staff.
        about_patient: the short way to say `about=Patient`.
        carries: its messages hold values, and not only the topic.
    """
    judged = Patient if about_patient else about
    kind = TopicKind(name=name, resource=resource, verb=verb, about=judged, carries=carries)
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
    if kind.about is None:
        return about == actor.clinic_id and actor.is_staff and may(actor, kind.verb, kind.resource).allowed
    row = kind.about._default_manager.filter(pk=about).first()
    if row is None:
        return False
    decision = may(actor, kind.verb, kind.resource, row)
    return decision.allowed and not (kind.carries and decision.conditions)


def _id_in(rest: str) -> UUID | None:
    try:
        return UUID(rest.partition(":")[0])
    except ValueError:
        return None
