"""Are the doors open? Asks the pages until they answer, and tells the person where to go."""

import http.client
import json
import ssl
import time
from collections.abc import Callable
from pathlib import Path

from ebbtide.site.serve.children import Child
from ebbtide.site.serve.options import ChildFailed, ServeOptions

ANSWER_WITHIN_S = 60.0
POLL_S = 0.05


def wait_until_open(
    child: Child, options: ServeOptions, *, https: bool, meanwhile: Callable[[], None] = lambda: None
) -> None:
    """Return when /healthz answered 200; `meanwhile` is called again and again until then."""
    deadline_s = time.monotonic() + ANSWER_WITHIN_S
    while not is_open(options, https=https):
        if not child.is_alive:
            raise ChildFailed(
                f"The {child.name} ended before it answered (status {child.exit_status}). Read the lines above."
            )
        if time.monotonic() > deadline_s:
            raise ChildFailed(
                f"The {child.name} has not answered for {ANSWER_WITHIN_S:.0f} s. Read the lines above."
            )
        meanwhile()
        time.sleep(POLL_S)


def is_open(options: ServeOptions, *, https: bool) -> bool:
    """The pages answer; whose certificate it is does not matter to this question."""
    host = _reachable(options.bind)
    if https:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        call: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, options.port, timeout=5, context=context
        )
    else:
        call = http.client.HTTPConnection(host, options.port, timeout=5)
    try:
        call.request("GET", "/healthz", headers={"Host": "localhost"})
        return call.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        call.close()


def address_of(options: ServeOptions, *, https: bool, names: list[str]) -> str:
    """The address to type into a browser."""
    scheme = "https" if https else "http"
    host = next(iter(names), "localhost")
    default = 443 if https else 80
    port = "" if options.port == default else f":{options.port}"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}{port}/"


def tell_accounts(data_folder: Path, *, say: Callable[[str], None]) -> None:
    """The demonstration's accounts, one line each, and the file that holds them."""
    path = data_folder / "demo-accounts.json"
    try:
        accounts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    say(f"Demonstration accounts (also in {path}):")
    for account in accounts:
        say(f"  {account.get('role', ''):<22} {account.get('email', ''):<36} {account.get('password', '')}")


def _reachable(bind: str) -> str:
    bare = bind.strip("[]")
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bare, bare)  # noqa: S104 - compared, never bound
