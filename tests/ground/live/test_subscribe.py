"""Topics are judged by the policy; a slow page is told once to read everything again."""

import asyncio

import pytest

from ebbtide.ground.live.listener import MOST_WAITING, REREAD, VALUES_EVERY_S, Said, Subscription, _said_in
from ebbtide.ground.live.topics import MAX_TOPICS, TopicRefused, register_topic, topics_for
from tests.builders import a_clinic, a_patient, a_staff, an_actor, an_assignment


@pytest.mark.django_db
def test_it_lets_staff_listen_to_their_own_clinic() -> None:
    clinic, other = a_clinic(), a_clinic(name="Other")
    actor = an_actor("front_desk", clinic=clinic)
    assert topics_for(actor, [f"queue:{clinic.id}", f"queue:{other.id}", "queue:x"]) == {f"queue:{clinic.id}"}


@pytest.mark.django_db
def test_it_lets_no_patient_listen_to_the_clinic() -> None:
    clinic = a_clinic()
    with pytest.raises(TopicRefused):
        topics_for(an_actor(a_patient(clinic=clinic)), [f"queue:{clinic.id}", f"day:{clinic.id}"])


@pytest.mark.django_db
def test_it_judges_a_topic_about_a_patient_by_that_patient() -> None:
    clinic = a_clinic()
    mine, another = a_patient(clinic=clinic), a_patient(clinic=clinic)
    nurse = a_staff("nurse", clinic=clinic)
    an_assignment(nurse, mine)
    asked = [f"assessment:{mine.id}", f"assessment:{another.id}"]
    assert topics_for(an_actor(nurse), asked) == {asked[0]}


@pytest.mark.django_db
@pytest.mark.parametrize("count", [0, MAX_TOPICS + 1])
def test_it_refuses_none_and_too_many(count: int) -> None:
    with pytest.raises(TopicRefused, match="Ask for 1 to 20"):
        topics_for(an_actor("director"), ["queue:x"] * count)


def test_it_refuses_a_topic_registered_twice_with_other_rights() -> None:
    register_topic("queue", resource="access.consult_request")
    with pytest.raises(ValueError, match="registered twice"):
        register_topic("queue", resource="ground.backup_config")


def test_it_tells_a_slow_page_to_read_everything_again() -> None:
    async def slow() -> list[str]:
        page = Subscription(frozenset({"queue:1"}))
        for _ in range(MOST_WAITING + 1):
            page.tell("queue:1")
        page.tell("day:1")
        return [await page.next(), await page.next()]

    assert asyncio.run(slow()) == [REREAD, "day:1"]


def test_it_tells_the_newest_values_at_once_and_not_more_often_than_a_page_needs() -> None:
    async def page() -> tuple[list[object], list[float]]:
        mine, loop = Subscription(frozenset({"vitals:1"})), asyncio.get_running_loop()
        heard, times, begun_s = [], [], loop.time()
        for number in range(3):  # the second may come early, the third waits
            mine.tell_values("vitals:1", {"a/hr": 60, "a/spo2": 98})
            mine.tell_values("vitals:1", {"a/hr": 61 + number})
            mine.tell(f"day:{number}")  # a change of state does not wait for values
            for _ in range(2):
                heard.append(await mine.next())
                times.append(loop.time() - begun_s)
        return heard, times

    heard, times = asyncio.run(page())
    assert [said for said in heard if isinstance(said, str)] == ["day:0", "day:1", "day:2"]
    values = [(said, at) for said, at in zip(heard, times, strict=True) if isinstance(said, dict)]
    assert [said["vitals:1"] for said, _ in values] == [{"a/hr": 61 + n, "a/spo2": 98} for n in range(3)]
    assert values[1][1] < VALUES_EVERY_S / 2
    assert VALUES_EVERY_S * 0.9 < values[2][1] < VALUES_EVERY_S + 0.5


def test_it_forgets_values_when_a_slow_page_must_read_again() -> None:
    async def slow() -> list[object]:
        mine = Subscription(frozenset({"vitals:1"}))
        mine.tell_values("vitals:1", {"a/hr": 60})
        for _ in range(MOST_WAITING + 1):
            mine.tell("day:1")
        await asyncio.sleep(0)
        mine.tell_values("vitals:1", {"a/hr": 61})
        return [await mine.next(), await mine.next()]

    assert asyncio.run(slow()) == [REREAD, {"vitals:1": {"a/hr": 61}}]


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ('{"topic": "queue:1"}', Said(topic="queue:1")),
        ('{"topic": "v:1", "values": {"a": 1}}', Said(topic="v:1", values={"a": 1})),
        ('{"topic": "v:1", "values": 4}', Said(topic="v:1")),
        ("{}", None),
        ("x", None),
        ("[1]", None),
        ("null", None),
        ('{"topic": 1}', None),
    ],
)
def test_it_reads_only_messages_of_its_own(payload: str, said: Said | None) -> None:
    assert _said_in(payload) == said
