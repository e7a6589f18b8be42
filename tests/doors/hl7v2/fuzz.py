"""A seeded fuzzer over the grammar of monitors' messages, and what must hold of each answer.

Three monitors of three people. The last digit of every value says whose it is, so a reading under another monitor's name
is found out, however the messages were cut, glued, mutated and mixed.
"""

import asyncio
import ipaddress
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field

from ebbtide.doors.hl7v2.answers import Code
from ebbtide.doors.hl7v2.framing import Framer, framed
from ebbtide.doors.hl7v2.gateway import Gateway
from tests.doors.hl7v2.messages import AT, CODES, STAMP, UNITS

KEYS = ("MON-7F3A", "MON-B21C", "MON-55E0")
NAMES = ("SECRET-1", "Quill")  # of PID: kept nowhere
SLOW_MS = 100.0  # processor time of one message
WHO = "PID|||SECRET-1^^^X||Quill^Nora||19790504|F"
NASTY = (
    "", '""', "-999", "-1", "8388607", "1e9", "NaN", "inf", "0", "9" * 40, "9,7", "٩٧", "97~98", "^97", ">^97^-^3", "a" * 5000,
    "\\X00\\", "\\X4D\\", "\\.sp99999999\\", "\\Q\\", "\\", "\\\\\\", "~~~", "^^^^^^", "&&&", "\u2028", "\x7f", "\ufeff",
    "150456^MDC_PULS_OXIM_SAT_O2^MDC", "150021^SpO2^MDC", "262688^MDC_DIM_PERCENT^MDC", "2026", STAMP, "99999999999999+9999",
    "20260230120000+0000", "X", "F", "NA", "ORU^R40", "8859/1", "UNICODE UTF-16", "ISO IR87", "1.0.0.0", "2.0.0.0",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One message. `tagged`: its values are as the monitors sent them, so each must be under its own monitor."""

    content: bytes
    tagged: bool = False
    intact: bool = False  # PID stands where it belongs


def a_message(chance: random.Random, number: int) -> list[str]:
    """What monitor `number` says, in one of the habits that monitors have."""
    key, tag = KEYS[number], number + 1
    habit = chance.choice(("sender", "every line", "tree"))
    sender = key if habit == "sender" else "CENTRAL"
    status, at = chance.choice(("R", "F", "")), chance.choice((STAMP, "", "20261123150000"))
    lines = [f"MSH|^~\\&|{sender}||EBBTIDE||{STAMP}||ORU^R01^ORU_R01|C{chance.randrange(10**6)}|P|2.6", WHO]
    lines += ["PV1||I|CU1^^Bed001^TAM", f"OBR|1|||182777000^monitoring^SCT|||{STAMP}"]
    if habit == "tree":
        lines.append(f"OBX|1||69965^MDC_DEV^MDC|{tag}.0.0.0|||||||X|||||||{key}^EBB")
    own = f"{key}^EBB" if habit == "every line" else ""
    for place, (signal, value, unit) in enumerate(
        (
            ("spo2", 90 + tag, "%"),
            ("hr", 70 + tag, "bpm"),
            ("sbp", 120 + tag, "mmHg"),
            ("rr", 10 + tag, "rpm"),
        )
    ):
        told = value if chance.random() < 0.9 else chance.choice(("-999", "0", ""))
        lines.append(
            f"OBX|{place + 2}|NM|{CODES[signal]}|{tag}.1.1.{place + 1}|{told}|{UNITS[unit]}|||||{status}|||{at}||||{own}"
        )
    return lines


def cases(seed: int, count: int) -> Iterator[Case]:
    """So many messages, the same ones for the same seed."""
    chance = random.Random(seed)
    for _ in range(count):
        number = chance.randrange(len(KEYS))
        lines = a_message(chance, number)
        match chance.randrange(5):
            case 0:
                yield glued(chance, lines, a_message(chance, (number + 1) % len(KEYS)))
            case 1:
                yield Case(content=in_other_signs(chance, lines), tagged=True)
            case 2 | 3:
                yield Case(
                    content="\r".join(in_grammar(chance, lines)).encode("utf-8", "replace"), intact=True
                )
            case _:
                yield Case(content=in_bytes(chance, "\r".join(lines).encode()))


def glued(chance: random.Random, first: list[str], second: list[str]) -> Case:
    """Two messages in one frame: the second after the whole of the first, or after a part of it."""
    one, other = "\r".join(first), "\r".join(second)
    cut = chance.choice((len(one), chance.randrange(1, len(one))))
    return Case(content=(one[:cut] + chance.choice(("", "\r", "\n")) + other).encode(), tagged=True)


def in_other_signs(chance: random.Random, lines: list[str]) -> bytes:
    """Other separators, line ends and character sets: the same message."""
    text = "\r".join(lines).translate(
        str.maketrans("|^~\\&", chance.choice(("|^~\\&", "#@!*%", "|:~\\&", "$^~/+")))
    )
    text = text.replace("Nora", chance.choice(("Nora", "Ñora")))
    return text.replace("\r", chance.choice(("\r", "\n", "\r\n"))).encode(chance.choice(("utf-8", "latin-1")))


def in_grammar(chance: random.Random, lines: list[str]) -> list[str]:
    """Fields and segments lost, doubled, swapped, or with something in them that hurts; PID alone stays as it is."""
    lines = list(lines)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(lines))
        if lines[place] == WHO:
            continue
        match chance.randrange(4):
            case 0:
                del lines[place]
            case 1:
                lines.insert(chance.randrange(len(lines)), lines[place])
            case _:
                fields = lines[place].split("|")
                fields[chance.randrange(len(fields))] = chance.choice(NASTY)
                lines[place] = "|".join(fields)
        lines = lines or ["MSH"]
    return lines


def in_bytes(chance: random.Random, message: bytes) -> bytes:
    """Bytes changed, lost and doubled."""
    content = bytearray(message)
    for _ in range(chance.randint(1, 12)):
        place = chance.randrange(len(content))
        match chance.randrange(4):
            case 0:
                content[place] = chance.randrange(256)
            case 1:
                del content[place : place + chance.randint(1, 20)]
            case 2:
                content[place:place] = content[place : place + chance.randint(1, 40)]
            case _:
                content[place] = ord(chance.choice("|^~\\&\r\n\x00-.9"))
        content = content or bytearray(b"x")
    return bytes(content).replace(b"\x0b", b"").replace(b"\x1c", b"")


class Shelf:
    """In the writer's place: it keeps what the last message brought."""

    def __init__(self) -> None:
        self.last = None

    def hand_over(self, report) -> "Future[None]":
        self.last = report
        done: Future[None] = Future()
        done.set_result(None)
        return done


def trouble_with(case: Case, answer: list[str], report) -> str:
    """What is wrong with an answer and with what was kept; empty when nothing is."""
    msa = answer[1].split("|")
    if msa[0] != "MSA" or msa[1] not in set(Code):
        return "answered with no code"
    err = answer[2].split("|") if len(answer) > 2 else []
    if (msa[1] == Code.STORED) == bool(err) or (err and not err[8]):
        return "answered without a reason"
    return trouble_kept(case, report) if report is not None else ""


def trouble_kept(case: Case, report) -> str:
    """What is wrong with the readings and with what was set aside."""
    for sample in report.samples:
        if (sample.value is None) == (sample.state in {"value", "synthetic"}):
            return "a state and a value that do not go together"
        if sample.device_key in KEYS:
            if sample.device_key.encode() not in case.content.replace(b"\0", b""):
                return "kept for a monitor that the message does not name"
            if case.tagged and sample.value and sample.value % 10 != KEYS.index(sample.device_key) + 1:
                return "kept for the person on another monitor"
    if case.intact and any(name in repr((report.samples, report.set_aside)) for name in NAMES):
        return "kept a person's name"
    return ""


@dataclass
class Told:
    """What a round of the fuzzer found."""

    count: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[str, bytes]] = field(default_factory=list)
    slowest_ms: float = 0.0


def in_process(seed: int, count: int) -> Told:
    """Frame, read and answer so many messages, with the record left out at the writer's door."""
    shelf = Shelf()
    gateway = Gateway(shelf, now=lambda: AT, allow=[ipaddress.ip_network("127.0.0.0/8")])
    return asyncio.run(_round(gateway, shelf, seed, count))


async def _round(gateway: Gateway, shelf: Shelf, seed: int, count: int) -> Told:
    told, framer = Told(), Framer()
    for case in cases(seed, count):
        shelf.last, begun_s = None, time.process_time()
        try:
            (message,) = framer.feed(framed(case.content))
            answer = (await gateway._answered(message)).decode().split("\r")[:-1]
            wrong = trouble_with(case, answer, shelf.last)
            told.codes[answer[1].split("|")[1]] += 1
        except Exception as crash:  # noqa: BLE001 - every crash is a finding
            wrong = f"crashed: {type(crash).__name__}"
        took_ms = (time.process_time() - begun_s) * 1000
        told.slowest_ms = max(told.slowest_ms, took_ms)
        if wrong or took_ms > SLOW_MS:
            told.failures.append((wrong or f"took {took_ms:.0f} ms", case.content))
        told.count += 1
    return told
