"""H30: a name or a free text that carries markup is shown as text, on every page that shows it."""

import pytest
from django.urls import reverse

from tests.builders import a_staff
from tests.house import test_canary as canary

# closes an attribute of either quote, then tries to run
PAYLOAD = "\"'><img src=x onerror=zq()>"


@pytest.mark.nightly
@pytest.mark.django_db
@pytest.mark.parametrize("role", ["prescriber", "director"])
def test_h30_markup_in_every_text_is_shown_and_never_runs(role, monkeypatch):
    monkeypatch.setattr(canary, "MARK", PAYLOAD)
    house = canary.House()
    client = house.client(a_staff(role, clinic=house.b.clinic))
    raw, shown = [], 0
    for route in canary.READABLE:
        for address, _ in house.addresses(route):
            answer = client.get(address)
            page = canary.body(answer)
            shown += "onerror=zq()&gt;" in page
            if "<img src=x onerror" in page and answer.headers.get("Content-Type", "").startswith(
                "text/html"
            ):
                raw.append(route.name)
    assert raw == []
    assert shown > 20
    assert PAYLOAD in house.b.family_name
    assert client.get(reverse("chart:show", kwargs={"id": house.b.id})).status_code == 200
