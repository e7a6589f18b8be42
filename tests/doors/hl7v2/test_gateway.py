"""The gateway over a real socket: AA after the rows are durable, AE and AR with a reason, and nobody takes it down."""

import asyncio
import contextlib
import ipaddress
from concurrent.futures import Future
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ebbtide.doors.hl7v2.answers import Code
from ebbtide.doors.hl7v2.framing import framed
from ebbtide.doors.hl7v2.gateway import Gateway, Limits, Resent
from ebbtide.doors.hl7v2.reading import NotUnderstood, read
from ebbtide.doors.hl7v2.writer import NotStored
from tests.doors.hl7v2.fuzz import cases, trouble_with
from tests.doors.hl7v2.messages import AT, message, obx

LOCAL = [ipaddress.ip_network("127.0.0.0/8")]


class Shelf:
    """In the writer's place: it keeps what it is given, when it is told to."""

    def __init__(self, *, trouble=None, held=False):
        self.reports = []
        self.futures = []
        self.trouble = trouble
        self.held = held

    def hand_over(self, report):
        self.reports.append(report)
        done = Future()
        self.futures.append(done)
        if not self.held:
            self.settle()
        return done

    def settle(self):
        for done in self.futures:
            if not done.done():
                done.set_exception(self.trouble) if self.trouble else done.set_result(None)


OPEN = []


async def dial(port):
    """A connection of this scene, closed at its end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    OPEN.append(writer)
    return reader, writer


def play(scene, shelf=None, *, allow=LOCAL, limits=None, within_s=20.0):
    """Run one scene against a gateway that listens."""

    async def run():
        gateway = Gateway(shelf or Shelf(), now=lambda: AT, allow=allow, limits=limits)
        server = await gateway.listen("127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        try:
            return await asyncio.wait_for(scene(port, gateway), within_s)
        finally:
            server.close()
            for writer in OPEN:
                writer.close()
            OPEN.clear()
            await gateway.close()
            await asyncio.sleep(0)  # the callers' transports end in the loop's next turn

    return asyncio.run(run())


async def said(reader):
    frame = await reader.readuntil(b"\x1c\r")
    return frame.strip(b"\x0b\x1c\r").decode().split("\r")


async def asked(port, content):
    """What the gateway answers to one message: its MSA and ERR segments."""
    reader, writer = await dial(port)
    writer.write(framed(content))
    answer = await said(reader)
    writer.close()
    return {line[:3]: line for line in answer}


def test_it_answers_aa_with_the_control_id() -> None:
    shelf = Shelf()
    answer = play(lambda port, _: asked(port, message(obx(), control="C|77".replace("|", "-"))), shelf)
    assert answer["MSA"] == "MSA|AA|C-77"
    assert answer["MSH"].startswith(
        "MSH|^~\\&|EBBTIDE||SIM-CHAIR-1||20261123150000.000+0000||ACK^R01^ACK|EBB1|P|2.6"
    )
    assert [s.value for s in shelf.reports[0].samples] == [97]


def test_it_does_not_answer_before_the_rows_are_durable() -> None:
    shelf = Shelf(held=True)

    async def scene(port, _):
        reader, writer = await dial(port)
        writer.write(framed(message(obx())))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.2)
        shelf.settle()
        return await said(reader)

    assert play(scene, shelf)[1] == "MSA|AA|1"


def test_it_answers_ae_with_a_reason_when_nothing_could_be_stored() -> None:
    answer = play(lambda port, _: asked(port, message(obx())), Shelf(trouble=NotStored()))
    assert answer["MSA"] == "MSA|AE|1"
    assert (
        answer["ERR"]
        == "ERR|||207^Application internal error^HL70357|E||||The record could not be written: send this message again."
    )


def test_it_answers_ar_with_a_reason_when_it_understands_nothing() -> None:
    answer = play(lambda port, _: asked(port, message(kind="ORU^R32", control="9")))
    assert answer["MSA"] == "MSA|AR|9"
    assert answer["ERR"].startswith("ERR|||201^Unsupported event code^HL70357|E||||")


def test_it_takes_many_messages_over_one_connection_in_their_order() -> None:
    async def scene(port, _):
        reader, writer = await dial(port)
        stream = b"".join(
            b"noise" + framed(message(obx(value=str(90 + n)), control=str(n))) for n in range(9)
        )
        for place in range(0, len(stream), 7):
            writer.write(stream[place : place + 7])
        return [(await said(reader))[1] for _ in range(9)]

    assert play(scene) == [f"MSA|AA|{n}" for n in range(9)]


def test_it_turns_away_who_is_not_on_its_list() -> None:
    async def scene(port, gateway):
        reader, _ = await dial(port)
        return await reader.read(), gateway.told.refused

    assert play(scene, allow=[ipaddress.ip_network("10.0.7.0/24")]) == (b"", 1)


def test_it_turns_away_one_connection_too_many() -> None:
    async def scene(port, _):
        held = [await dial(port) for _ in range(2)]
        first = [w.write(framed(message(obx()))) or await said(r) for r, w in held]
        reader, _ = await dial(port)
        return len(first), await reader.read()

    assert play(scene, limits=Limits(connections=2)) == (2, b"")


def test_it_refuses_what_is_too_long_and_closes() -> None:
    async def scene(port, gateway):
        reader, writer = await dial(port)
        writer.write(b"\x0bMSH|" + b"x" * 300_000)
        answer = await said(reader)
        return answer[1], answer[2], await reader.read(), gateway._kept_bytes

    msa, err, rest, kept = play(scene)
    assert (msa, rest, kept) == ("MSA|AR|", b"", 0)
    assert "longer than 262144 bytes" in err


def test_it_keeps_no_more_than_it_may_for_all_senders_together() -> None:
    async def scene(port, gateway):
        reader, writer = await dial(port)
        writer.write(b"\x0bMSH|" + b"x" * 5000)
        return (await said(reader))[1], await reader.read(), gateway._kept_bytes

    assert play(scene, limits=Limits(kept_bytes=1000)) == ("MSA|AR|", b"", 0)


@pytest.mark.parametrize("sent", [b"", b"\x0bMSH|^~"])
def test_it_lets_go_of_who_says_nothing_more(sent) -> None:
    async def scene(port, gateway):
        reader, writer = await dial(port)
        writer.write(sent)
        return await reader.read()

    assert play(scene, limits=Limits(idle_s=0.2, frame_within_s=0.2)) == b""


def test_it_lets_go_of_who_sends_one_byte_at_a_time() -> None:
    """A sender that never lets the line fall idle, and never ends a message."""

    async def scene(port, _):
        reader, writer = await dial(port)
        writer.write(b"\x0b")
        for _ in range(100):
            writer.write(b"M")
            await asyncio.sleep(0.02)
            if reader.at_eof():
                return True
        return False

    assert play(scene, limits=Limits(idle_s=5, frame_within_s=0.3))


def test_it_goes_on_when_a_sender_goes_away_in_the_middle() -> None:
    shelf = Shelf(held=True)

    async def scene(port, _):
        _, writer = await dial(port)
        writer.write(framed(message(obx())))
        await asyncio.sleep(0.1)
        writer.transport.abort()
        shelf.held = False
        shelf.settle()
        return (await asked(port, message(obx())))["MSA"]

    assert play(scene, shelf) == "MSA|AA|1"


def test_it_gives_a_message_that_comes_again_the_time_of_its_first_arrival() -> None:
    resent, content = Resent(), message(obx(at=""), obr="")
    assert [resent.first_at(content, AT + timedelta(seconds=s)) for s in (0, 3, 59)] == [AT] * 3
    later = AT + timedelta(seconds=61)
    assert resent.first_at(content, later) == later


@pytest.mark.parametrize("fields", [{"msh": ""}, {"control": ""}])
def test_it_takes_the_same_bytes_for_a_new_reading_where_nothing_tells_them_apart(fields) -> None:
    resent, content = Resent(), message(obx(at=""), obr="", **fields)
    assert [resent.first_at(content, AT + timedelta(seconds=s)) for s in (0, 3)] == [
        AT,
        AT + timedelta(seconds=3),
    ]


@pytest.mark.parametrize("count", [300, pytest.param(1500, marks=pytest.mark.nightly)])
def test_it_answers_every_mutated_message_over_the_wire(count) -> None:
    """One connection goes on whatever is sent over it, and no reading is impossible."""
    shelf = Shelf()

    async def scene(port, _):
        reader, writer = await dial(port)
        codes = set()
        for case in cases(7, count):
            writer.write(framed(case.content))
            answer = await said(reader)
            assert trouble_with(case, answer, None) == "", case.content
            codes.add(answer[1].split("|")[1])
        return codes

    assert play(scene, shelf, within_s=20 + count / 10) == {Code.STORED, Code.NOT_UNDERSTOOD}
    for sample in (s for report in shelf.reports for s in report.samples):
        assert (sample.value is None) == (sample.state not in {"value", "synthetic"})
        assert len(sample.device_key) <= 120


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.binary(max_size=400).map(lambda b: b"MSH|^~\\&|" + b)))
def test_it_reads_or_refuses_any_bytes(content) -> None:
    with contextlib.suppress(NotUnderstood):
        read(content, AT)
