"""Acknowledged means durable: a server or a connection that breaks this promise is refused by name."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from ebbtide.ground.database import Server, UnsafeSettings, assert_durable, layout_of


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit"])
def test_it_refuses_to_start_with_a_setting_off(with_rows: Callable[..., Path], setting: str) -> None:
    data = with_rows()
    with Server(data) as server, psycopg.connect(server.superuser_url, autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET {setting} = off")
    with pytest.raises(UnsafeSettings, match=rf"setting {setting} is off .*postgresql\.auto\.conf"):
        Server(data).start()
    assert not layout_of(data).lock.exists()


def test_it_refuses_a_role_whose_commits_are_not_flushed(
    with_rows: Callable[..., Path], binaries: Path | None
) -> None:
    data = with_rows(binaries)
    with Server(data, binaries=binaries) as server:
        with psycopg.connect(server.superuser_url, autocommit=True) as connection:
            connection.execute("ALTER ROLE ebbtide_app SET synchronous_commit = off")
        with (
            psycopg.connect(server.app_url) as connection,
            pytest.raises(UnsafeSettings, match="synchronous_commit is off"),
        ):
            assert_durable(connection)
    with pytest.raises(UnsafeSettings, match="synchronous_commit is off"):
        Server(data, binaries=binaries).start()


def test_it_accepts_a_durable_connection(running: Server) -> None:
    with psycopg.connect(running.app_url) as connection:
        assert_durable(connection)
        connection.execute("SET synchronous_commit = 'remote_apply'")
        assert_durable(connection)
        connection.execute("SET synchronous_commit = off")
        with pytest.raises(UnsafeSettings, match="an acknowledged entry could be lost"):
            assert_durable(connection)
