"""The simulated monitors: what they say is read by the gateway, drop-outs and all, and a cut line loses nothing."""

import asyncio
import contextlib
import itertools
from collections import Counter
from datetime import UTC, datetime

import pytest

from ebbtide.doors.hl7v2.answers import Code, Header, answer
from ebbtide.doors.hl7v2.framing import Framer, framed
from ebbtide.doors.hl7v2.reading import read as read_message
from ebbtide.twin.monitors import invented, recording
from ebbtide.twin.monitors.__main__ import key_of, live, main, signs_of
from ebbtide.twin.monitors.habits import Habit
from ebbtide.twin.monitors.line import Line
from ebbtide.twin.monitors.messages import report

AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
KEY = "SIM-CHAIR-1"


def states(told) -> dict[str, str]:
    """What the gateway makes of one second of a monitor."""
    found = read_message(report(KEY, 1, AT, told), AT)
    assert found.set_aside == ()
    assert {sample.device_key for sample in found.samples} == {KEY}
    return {sample.signal: sample.state for sample in found.samples}


def test_it_is_understood_whole() -> None:
    told = invented.signs(KEY, invented.FIRST_CUFF_S)
    found = read_message(report(KEY, 1, AT, told), AT)
    assert {s.signal: s.value for s in found.samples} == dict(told)
    assert {s.observed_at for s in found.samples} == {AT}
    assert set(told) == {"hr", "pulse", "spo2", "rr", "etco2", "sbp", "dbp", "map"}


def test_it_measures_pressure_every_five_minutes() -> None:
    seconds = [s for s in range(1000) if "sbp" in invented.signs(KEY, s)]
    assert seconds == [5, 305, 605, 905]


def test_it_says_the_same_every_time() -> None:
    assert [invented.signs(KEY, s) for s in range(20)] == [invented.signs(KEY, s) for s in range(20)]
    assert invented.person_of(KEY) != invented.person_of("SIM-CHAIR-3")


@pytest.mark.parametrize("key", [KEY, "SIM-CHAIR-7"])
def test_it_has_drop_outs_and_nothing_impossible(key) -> None:
    counted = Counter(
        pair for second in range(0, 1500, 3) for pair in states(invented.signs(key, second)).items()
    )
    assert not [pair for pair in counted if pair[1] in {"artefact", "synthetic"}]
    assert {pair for pair in counted if pair[1] != "value"} == {
        ("spo2", "probe_off"),
        ("pulse", "probe_off"),
        ("etco2", "no_data"),
    }
    assert [s for s in range(780) if invented.is_silent(s)] == list(range(600, 620))


def test_it_plays_the_recording_from_its_sixtieth_minute() -> None:
    made_up = recording.read()
    assert made_up.at(0) == made_up.rows[60]
    assert made_up.at(len(made_up.rows) - 60) == made_up.rows[60]
    counted = Counter(
        state for second in range(len(made_up.rows)) for state in states(made_up.at(second)).values()
    )
    assert set(counted) == {"value", "probe_off", "no_data"}


def test_it_plays_the_real_recording(real_input) -> None:
    real = recording.read(next((real_input / "vitals").glob("*per_minute.csv")))
    counted = Counter()
    for second in range(len(real.rows) - recording.FROM_MINUTE):
        for signal, state in states(real.at(second)).items():
            counted[signal, state] += 1
    assert real.at(0)["spo2"] == 99.0
    assert counted["spo2", "probe_off"] > 250  # hours of zero are absence, and never a low reading
    assert counted["hr", "no_data"] > 0
    assert counted["sbp", "value"] == counted["dbp", "value"] > 100


def test_it_refuses_a_file_that_is_no_recording(tmp_path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("minute,HR\n0,70\n")
    with pytest.raises(ValueError, match="needs the columns"):
        recording.read(path)


def test_it_gives_the_second_chair_the_recording_and_the_others_invented_people() -> None:
    made_up = recording.read()
    assert signs_of(2, made_up)(0) == made_up.at(0)
    assert signs_of(1, made_up)(0) == invented.signs(key_of(1), 0)
    assert signs_of(1, made_up)(610) is None


class Deaf:
    """A gateway that hangs up, answers AE, and then takes everything."""

    def __init__(self, *moods: str) -> None:
        self.moods = itertools.chain(moods, itertools.repeat("AA"))
        self.heard: list[bytes] = []

    async def meet(self, reader, writer) -> None:
        framer = Framer()
        while data := await reader.read(4096):
            for message in framer.feed(data):
                self.heard.append(message)
                mood = next(self.moods)
                if mood == "hang up":
                    writer.close()
                    return
                writer.write(framed(answer(Header(control_id="1"), Code(mood), at=AT, number=1)))
        writer.close()


def play(deaf: Deaf, scene):
    async def run():
        server = await asyncio.start_server(deaf.meet, "127.0.0.1", 0)
        line = Line("127.0.0.1", server.sockets[0].getsockname()[1], pause=lambda _: asyncio.sleep(0))
        try:
            return await asyncio.wait_for(scene(line), 10)
        finally:
            await line.close()
            server.close()
            await asyncio.sleep(0.05)

    return asyncio.run(run())


def test_it_sends_again_until_it_is_answered() -> None:
    deaf = Deaf("hang up", "AE", "hang up")
    assert play(deaf, lambda line: line.send(b"MSH|1")).code == "AA"
    assert deaf.heard == [b"MSH|1"] * 4


def test_it_does_not_repeat_what_was_refused() -> None:
    deaf = Deaf("AR")
    assert play(deaf, lambda line: line.send(b"MSH|1")).code == "AR"
    assert len(deaf.heard) == 1


def test_it_lives_second_by_second(monkeypatch) -> None:
    monkeypatch.setattr("ebbtide.twin.monitors.__main__.EVERY_S", 0.02)
    deaf = Deaf()

    async def scene(line):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(live(1, lambda second: {"hr": 70.0} if second else None, line), 0.5)

    play(deaf, scene)
    assert 3 <= len(deaf.heard) <= 25  # a message a beat, the first beat being silent
    assert [s.value for m in deaf.heard for s in read_message(m, datetime.now(tz=UTC)).samples] == [70] * len(
        deaf.heard
    )


def test_its_habit_reaches_the_wire(monkeypatch) -> None:
    monkeypatch.setattr("ebbtide.twin.monitors.__main__.EVERY_S", 0.02)
    deaf, habit = Deaf(), Habit(copies=2, late_s=2, late_every=3)

    async def scene(line):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(live(1, lambda _: {"hr": 70.0}, line, habit=habit), 0.5)

    play(deaf, scene)
    numbers = [int(message.split(b"|")[9].rsplit(b"-", 1)[1]) for message in deaf.heard]
    assert numbers[:8] == [1, 1, 0, 0, 2, 2, 4, 4]  # each twice, and every third two seconds late


def test_it_refuses_a_habit_that_it_does_not_have(capsys) -> None:
    assert main(["--habits", "plain,odd"]) == 2
    assert "There are: plain, minus-999" in capsys.readouterr().err
