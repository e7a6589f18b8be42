"""The quick way to build an empty record leads to exactly the record that the slow way leads to."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from ebbtide.ground.database import Server
from ebbtide.site.keeping.programs import run

BUILD = """
import sys, django
django.setup()
from contextlib import nullcontext
from django.core.management import call_command
from ebbtide.site.serve.first_shape import drawn_near
with drawn_near() if sys.argv[1] == "near" else nullcontext():
    call_command("migrate", interactive=False, verbosity=0)
"""


def shape_built(server: Server, name: str) -> str:
    """Everything that pg_dump says of the shape of a record that was built in this way."""
    parts = conninfo_to_dict(server.owner_url)
    with psycopg.connect(server.superuser_url, autocommit=True) as mighty:
        mighty.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(str(parts["user"]))
            )
        )
    others = "&".join(f"{key}={parts[key]}" for key in ("user", "password", "host", "port") if parts.get(key))
    url = f"postgresql:///{name}?{others}"
    told = {
        **os.environ,
        "DATABASE_URL": url,
        "EBBTIDE_DEMO": "1",
        "DJANGO_SETTINGS_MODULE": "ebbtide.site.settings",
    }
    subprocess.run([sys.executable, "-c", BUILD, name], env=told, check=True)
    said = run("pg_dump", ["--schema-only", "--no-owner"], url=url)
    # newer servers put a random word around a dump
    return "\n".join(line for line in said.splitlines() if not line.startswith("\\"))


@pytest.mark.nightly
def test_it_builds_the_same_record_near_and_whole(place: Path) -> None:
    with Server(place / "d") as server:
        near, whole = shape_built(server, "near"), shape_built(server, "whole")
    assert "CREATE TABLE public.people_patient" in near
    assert near == whole
