"""`python -m ebbtide.doors.hl7v2`: the monitor gateway, a process of its own. It may die without taking the chart down."""

import asyncio
import contextlib
import errno
import gc
import ipaddress
import signal
import ssl
import sys

import django
import uvloop

django.setup()

from django.conf import settings  # noqa: E402

from ebbtide.doors.hl7v2.gateway import Gateway, Network, Told  # noqa: E402
from ebbtide.doors.hl7v2.tls import CertificateRefused, context_of  # noqa: E402
from ebbtide.doors.hl7v2.writer import Writer  # noqa: E402
from ebbtide.ground import clock  # noqa: E402
from ebbtide.ground.database.alone import hold_one_connection  # noqa: E402

SWITCH_S = 0.0002  # two threads share one interpreter: neither waits 5 ms for the other
LOOPBACK = "127.0.0.0/8,::1/128"


class CannotListen(Exception):
    """The port, the address or the list of senders cannot be used; the message is one clear line."""


def networks(text: str) -> list[Network]:
    """The addresses and networks that may speak, from a list with commas."""
    try:
        return [ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise CannotListen(
            f"EBBTIDE_MLLP_ALLOW is {text!r}: write addresses or networks with commas between, like 10.0.7.0/24."
        ) from error


async def run(*, host: str, port: int, allow: list[Network], tls: ssl.SSLContext | None = None) -> None:
    """Listen until told to stop; then let the writer finish what it holds."""
    enough = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, enough.set)
    told = Told()
    writer = Writer(heard_of=told.devices_now)
    gateway = Gateway(writer, now=clock.now, allow=allow, told=told, tls=tls)
    try:
        server = await gateway.listen(host, port)
    except OSError as trouble:
        raise CannotListen(_why(trouble, host, port)) from trouble
    writer.start()
    async with server:
        await enough.wait()
        server.close()
        await gateway.close()
    await asyncio.to_thread(writer.stop)


def _why(trouble: OSError, host: str, port: int) -> str:
    if trouble.errno == errno.EADDRINUSE:
        return (
            f"Port {port} for the monitors is taken by another program. "
            "Choose another with --mllp-port or EBBTIDE_MLLP_PORT; 0 leaves the gateway out."
        )
    return (
        f"The gateway cannot listen on {host}, port {port}: correct EBBTIDE_MLLP_BIND or EBBTIDE_MLLP_PORT."
    )


def main() -> int:
    """The exit status."""
    hold_one_connection(by_index=True)  # one thread writes
    sys.setswitchinterval(SWITCH_S)
    gc.collect()
    gc.freeze()
    try:
        allow = networks(settings.EBBTIDE_MLLP_ALLOW or LOOPBACK)
        tls = context_of(
            certificate=settings.EBBTIDE_MLLP_TLS_CERT,
            key=settings.EBBTIDE_MLLP_TLS_KEY,
            authority=settings.EBBTIDE_MLLP_TLS_CA,
        )
        with contextlib.suppress(KeyboardInterrupt):
            uvloop.run(
                run(host=settings.EBBTIDE_MLLP_BIND, port=settings.EBBTIDE_MLLP_PORT, allow=allow, tls=tls)
            )
    except (CannotListen, CertificateRefused) as trouble:
        sys.stderr.write(f"{trouble}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
