"""`ebbtide serve`: run the clinic."""

import argparse
import os
from pathlib import Path

from ebbtide.site.commands.common import add_data_argument, data_folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Every option has a variable of the environment of its own."""
    from_environment = os.environ.get
    add_data_argument(parser)
    parser.add_argument("--demo", action="store_true", help="the demonstration clinic, with known accounts")
    parser.add_argument(
        "--port",
        type=int,
        default=_number("EBBTIDE_PORT", 8765),
        help="port of the pages (EBBTIDE_PORT; 8765)",
    )
    parser.add_argument(
        "--bind",
        default=from_environment("EBBTIDE_BIND", "127.0.0.1"),
        metavar="ADDRESS",
        help="address to listen on (127.0.0.1; 0.0.0.0 for tablets on the network, over HTTPS)",
    )
    parser.add_argument(
        "--mllp-port",
        type=int,
        default=_number("EBBTIDE_MLLP_PORT", None),
        help="port of the monitor gateway (EBBTIDE_MLLP_PORT)",
    )
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help="the clinic's certificate (PEM)")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="its key (PEM)")
    parser.add_argument(
        "--database-url",
        default=from_environment("DATABASE_URL") or None,
        metavar="URL",
        help="another PostgreSQL instead of the embedded one (DATABASE_URL)",
    )
    parser.add_argument(
        "--clock",
        default=from_environment("EBBTIDE_CLOCK") or None,
        metavar="START@RATE",
        help="the demonstration's own time (EBBTIDE_CLOCK)",
    )


def _number(name: str, default: int | None) -> int | None:
    text = os.environ.get(name, "")
    # a value that is no number reaches the option check, which refuses it by its name
    return int(text) if text.isdigit() else (-1 if text else default)


def run(args: argparse.Namespace) -> int:
    """Run until Ctrl-C; the exit status."""
    from ebbtide.site.serve import ServeOptions, serve

    return serve(
        ServeOptions(
            data_folder=data_folder(args),
            port=args.port,
            bind=args.bind,
            demo=args.demo,
            tls_cert=args.tls_cert,
            tls_key=args.tls_key,
            database_url=args.database_url,
            clock=args.clock,
            mllp_port=args.mllp_port,
        )
    )
