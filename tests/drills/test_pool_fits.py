"""Every process of the clinic together holds fewer connections than the database grants, with a reserve for people."""

import os
import subprocess
import sys

from ebbtide.ground.database import MAX_CONNECTIONS
from ebbtide.ground.jobs.app import JOBS_AT_ONCE
from ebbtide.site.serve.supervisor import Commands

SUPERUSER_RESERVE = 3  # PostgreSQL's own superuser_reserved_connections
RUNNERS_POOL = 4  # procrastinate's psycopg pool: min_size of psycopg_pool, and no larger maximum is given
GATEWAY = 1  # its writer's; it takes no pool (doors/hl7v2/__main__.py)
MONITORS = 1  # of the demonstration: the thread that reads who is on them (twin/monitors/following.py)
CHECKS = 2  # the connection that reads and writes, and the one that listens (infusion/watching)
BESIDE = 20  # a command beside the clinic (its own pool), a backup (owner and pg_dump), a proof, a person with psql
ASK = "from django.conf import settings; print(settings.DATABASES['default']['OPTIONS']['pool']['max_size'])"


def pool_max() -> int:
    """The pool of the product's own settings; the tests' settings have none."""
    told = {**os.environ, "DJANGO_SETTINGS_MODULE": "ebbtide.site.settings"}
    return int(
        subprocess.run(
            [sys.executable, "-c", ASK], env=told, capture_output=True, text=True, check=True
        ).stdout
    )


MOST_WEB_SERVERS = 2  # what the supervisor starts on a machine with two cores or more


def test_it_fits_every_process_into_the_database() -> None:
    assert Commands().webs <= MOST_WEB_SERVERS
    pool, webs = pool_max(), MOST_WEB_SERVERS
    pages = webs * (pool + 1)  # one LISTEN connection of the live room beside each pool
    worker = pool + RUNNERS_POOL + 1  # Django's pool, the runner's pool, and its LISTEN connection
    assert pages + worker + GATEWAY + MONITORS + CHECKS + BESIDE < MAX_CONNECTIONS - SUPERUSER_RESERVE


def test_it_lets_a_worker_run_all_its_jobs_at_once() -> None:
    assert pool_max() > JOBS_AT_ONCE


def test_it_knows_the_runners_pool() -> None:
    """The number above is the library's default: when it changes, this says so."""
    import inspect

    from psycopg_pool import AsyncConnectionPool

    told = inspect.signature(AsyncConnectionPool.__init__).parameters
    assert (told["min_size"].default, told["max_size"].default) == (RUNNERS_POOL, None)
