"""Outside the demonstration there is none; and a seeding that breaks off leaves nothing."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from ebbtide.ground import clock
from ebbtide.ground.people.models import Clinic
from ebbtide.twin.seed import NoDemonstration, play, seed
from ebbtide.twin.story import story_of

OUTSIDE = """
import django
django.setup()
from django.conf import settings
from django.urls import Resolver404, resolve
assert settings.EBBTIDE_DEMO is False
for url in ("/demo/", "/demo/sign-in", "/demo/mailbox"):
    try:
        resolve(url)
    except Resolver404:
        continue
    raise SystemExit(f"{url} exists")
from django.core.exceptions import ImproperlyConfigured
for module in ("ebbtide.twin.shortcut", "ebbtide.twin.views", "ebbtide.twin.urls"):
    try:
        __import__(module)
    except ImproperlyConfigured:
        continue
    raise SystemExit(f"{module} can be imported")
from django.core.management import CommandError, call_command
try:
    call_command("demo_seed")
except CommandError as refused:
    assert "only under --demo" in str(refused)
else:
    raise SystemExit("demo_seed ran")
print("absent")
"""


@pytest.mark.django_db
def test_it_refuses_outside_the_demonstration(settings) -> None:
    settings.EBBTIDE_DEMO = False
    with pytest.raises(NoDemonstration, match="only under --demo"):
        seed(now=clock.now())
    with pytest.raises(CommandError, match="only under --demo"):
        call_command("demo_seed")
    assert not Clinic.objects.exists()


@pytest.mark.django_db
def test_it_leaves_nothing_behind_when_it_breaks_off(settings, tmp_path, monkeypatch) -> None:
    settings.EBBTIDE_DATA = tmp_path

    def breaks_off(house, person):
        if person.number == 3:
            raise KeyboardInterrupt
        yield from story_of(house, person)

    monkeypatch.setattr("ebbtide.twin.seed.story_of", breaks_off)
    with pytest.raises(KeyboardInterrupt):
        seed(now=clock.now())
    assert not Clinic.objects.exists()
    assert not (tmp_path / "demo-accounts.json").exists()


def test_it_plays_stories_in_the_order_of_time() -> None:
    done = []

    def story(name, *hours):
        for hour in hours:
            yield datetime(2026, 11, 2, hour, tzinfo=UTC)
            done.append((name, hour))

    play([story("a", 8, 11), story("b", 9, 10, 12)], until=datetime(2026, 11, 2, 12, tzinfo=UTC))
    assert done == [("a", 8), ("b", 9), ("b", 10), ("a", 11), ("b", 12)]
    with pytest.raises(RuntimeError, match="lies ahead"):
        play([story("late", 13)], until=datetime(2026, 11, 2, 12, tzinfo=UTC))
    with pytest.raises(RuntimeError, match="goes back in time"):
        play([story("back", 9, 8)], until=datetime(2026, 11, 2, 12, tzinfo=UTC))


def test_it_does_not_exist_outside_the_demonstration(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("EBBTIDE_DEMO", "0")
    monkeypatch.setenv("EBBTIDE_DATA", str(tmp_path))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "ebbtide.site.settings")
    ran = subprocess.run(
        [sys.executable, "-c", OUTSIDE], capture_output=True, text=True, check=False, timeout=120
    )
    assert ran.stdout.strip() == "absent", ran.stderr
