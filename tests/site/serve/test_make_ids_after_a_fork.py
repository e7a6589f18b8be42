"""Ids and keys of processes that were forked from one differ: each asks the system, and none goes on with what it was born with."""

import json
import subprocess
import sys

PROGRAM = """
import json, os, secrets
from ebbtide.ground.people.ids import new_id
[(new_id(), secrets.token_urlsafe()) for _ in range(10)]  # the mould made some itself
pipes = []
for _ in range(4):
    reading, writing = os.pipe()
    if os.fork() == 0:
        made = [(new_id().hex, secrets.token_urlsafe()) for _ in range(200)]
        os.write(writing, json.dumps(made).encode())
        os._exit(0)
    os.close(writing)
    pipes.append(reading)
print(json.dumps([json.load(os.fdopen(reading)) for reading in pipes]))
"""


def test_processes_that_were_forked_never_make_the_same_id_or_key() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    made = [pair for one in json.loads(done.stdout) for pair in one]
    assert len(made) == 800
    tails = {told[16:] for told, _ in made}  # behind the time and the version: what chance gave
    assert (len(tails), len({key for _, key in made})) == (800, 800)
