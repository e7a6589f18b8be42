"""One of the web servers: uvicorn on a port that its siblings share; the kernel hands each connection to one of them."""

import argparse
import gc
import socket
import sys
from pathlib import Path

import uvicorn

BACKLOG = 2048
CUT_STREAMS_AFTER_S = 3  # open streams never end by themselves, so a closing server cuts them


def shared_socket(host: str, port: int) -> socket.socket:
    """A socket on the port, which a sibling of the same account may have bound too."""
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind((host, port))
    made.set_inheritable(False)
    return made


def settle_memory() -> None:
    """What the program itself consists of is never garbage, and is not looked through again between pages."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def main(argv: list[str] | None = None) -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="ebbtide web server")
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ssl-certfile", type=Path)
    parser.add_argument("--ssl-keyfile", type=Path)
    told = parser.parse_args(argv)
    config = uvicorn.Config(
        "ebbtide.site.asgi:application",
        host=told.host,
        port=told.port,
        backlog=BACKLOG,
        lifespan="off",
        timeout_graceful_shutdown=CUT_STREAMS_AFTER_S,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ssl_certfile=told.ssl_certfile,
        ssl_keyfile=told.ssl_keyfile,
    )
    config.load()
    settle_memory()
    with shared_socket(told.host, told.port) as listening:
        uvicorn.Server(config).run(sockets=[listening])
    return 0


if __name__ == "__main__":
    sys.exit(main())
