"""The pages of the course: from a signed order to a booked series, by the front desk, without JavaScript."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from ebbtide.journey.course.models import Series, Visit
from tests.builders import NOW, a_patient, a_staff, an_episode, an_order
from tests.clocks import stand_at
from tests.journey.course.arrange import MONDAY, House

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_now(monkeypatch):
    stand_at(monkeypatch, NOW)


def browser(who):
    client = Client(HTTP_HOST="localhost")
    client.force_login(who.account, backend="ebbtide.ground.people.sign_in.AccountBackend")
    session = client.session
    session["second_factor_enrolled"] = True
    session.save()
    return client


def desk(house):
    return browser(a_staff("front_desk", clinic=house.clinic))


def hidden(page, name, nth=0):
    return re.findall(rf'name="{name}" value="([^"]+)"', page.content.decode())[nth]


def place_url(order, query=""):
    return reverse("course:place", args=[order.pk]) + query


def test_the_front_desk_books_a_series_and_never_sees_a_dose():
    house = House()
    order, client = house.order(), desk(house)
    offers = client.get(place_url(order, "?earliest_on=2026-11-30&time_of_day=midday"))
    assert offers.status_code == 200
    assert "Around midday, from Mon 30 Nov 2026" in offers.content.decode()
    chosen = client.post(reverse("course:confirm", args=[order.pk]), {"offer": hidden(offers, "offer")})
    page = chosen.content.decode()
    assert "Book 5 visits for Alma Reyes?" in page
    assert page.count("11:00 to 12:25") == 5
    assert " mg" not in page + offers.content.decode()
    booked = client.post(
        reverse("course:book", args=[order.pk]),
        {"offer": hidden(chosen, "offer"), "key": hidden(chosen, "key")},
    )
    series = Series.objects.get()
    assert (booked.status_code, booked.url) == (302, reverse("course:series", args=[series.pk]))
    shown = client.get(booked.url).content.decode()
    assert shown.count("11:00 to 12:25") == 5
    assert f'data-live-topic="day:{house.clinic.id}"' in shown
    assert "Show the booked series" in client.get(place_url(order)).content.decode()


def test_a_stale_offer_is_refused_with_fresh_ones():
    house = House(chairs=1)
    order, client = house.order(), desk(house)
    offer = hidden(client.get(place_url(order)), "offer")
    house.book()
    page = client.post(reverse("course:book", args=[order.pk]), {"offer": offer, "key": "k"})
    assert page.status_code == 422
    assert "Nothing was booked. The chair is taken on Mon 30 Nov 2026" in page.content.decode()
    fresh = hidden(page, "offer")
    assert (
        client.post(reverse("course:book", args=[order.pk]), {"offer": fresh, "key": "k2"}).status_code == 302
    )


@pytest.mark.parametrize("step", ["confirm", "book"])
def test_an_offer_that_was_changed_on_the_way_is_refused(step):
    house = House()
    order, other, client = house.order(), house.order(), desk(house)
    offer = hidden(client.get(place_url(other)), "offer")
    for sent in (offer, offer[:-2], ""):
        page = client.post(reverse(f"course:{step}", args=[order.pk]), {"offer": sent, "key": "k"})
        assert page.status_code == 422
    assert client.get(reverse(f"course:{step}", args=[order.pk])).status_code == 302
    assert not Series.objects.exists()


def test_no_placement_says_why():
    house = House()
    client = desk(house)
    page = client.get(place_url(house.order(), "?earliest_on=2026-11-30&time_of_day=any&days_off=2"))
    assert "Wed 2 Dec 2026 is a day that does not work for the patient" in page.content.decode()
    wrong = client.get(place_url(house.order(), "?earliest_on=2020-01-01&time_of_day=any"))
    assert wrong.status_code == 422
    assert "Choose a day from today to one year ahead" in wrong.content.decode()


def test_an_unsigned_order_is_not_placed():
    house = House()
    order = an_order(an_episode(a_patient(clinic=house.clinic)))
    assert "The order is not signed" in desk(house).get(place_url(order)).content.decode()


def test_a_visit_is_moved_on_its_own():
    house = House()
    visit = house.book().visits.get(number=2)
    client, url = desk(house), reverse("course:move", args=[visit.pk])
    page = client.get(url)
    assert client.post(url, {"key": "k"}).status_code == 422
    assert client.post(url, {"key": "k", "offer": "changed"}).status_code == 422
    moved = client.post(url, {"key": hidden(page, "key"), "offer": hidden(page, "offer", 1)})
    visit.refresh_from_db()
    assert moved.status_code == 302
    assert f"{visit.starts_at:%d %H:%M}" == "01 20:00"  # 14:00 at the clinic


def test_a_time_that_was_taken_meanwhile_is_refused_on_the_move():
    house = House(chairs=1)
    visit = house.book().visits.get(number=2)
    client, url = desk(house), reverse("course:move", args=[visit.pk])
    page = client.get(url)
    house.book(house.order(infusions=1), (house.at(MONDAY + timedelta(days=1), 14),))
    refused = client.post(url, {"key": "k", "offer": hidden(page, "offer", 1)})
    assert refused.status_code == 422
    assert "The chair is taken" in refused.content.decode()


def test_a_visit_and_then_the_series_are_cancelled():
    house = House()
    series = house.book()
    visit, client = series.visits.get(number=2), desk(house)
    url = reverse("course:cancel_visit", args=[visit.pk])
    assert "Cancel this visit of Alma Reyes?" in client.get(url).content.decode()
    assert client.post(url, {"key": "k", "reason": ""}).status_code == 422
    assert client.post(url, {"key": "k", "reason": "Unwell"}).status_code == 302
    assert client.post(url, {"key": "k2", "reason": "Unwell"}).status_code == 422
    url = reverse("course:cancel_series", args=[series.pk])
    assert "Cancel 4 visits of Alma Reyes?" in client.get(url).content.decode()
    assert client.post(url, {"key": "k3", "reason": "Moved away"}).status_code == 302
    assert set(Visit.objects.values_list("status", flat=True)) == {"cancelled"}
    assert "Moved away" in client.get(reverse("course:visits", args=[series.pk])).content.decode()
    assert "Cancelled series" in client.get(reverse("course:series", args=[series.pk])).content.decode()


def test_who_may_open_which_page():
    house = House()
    order = house.order()
    series = house.book(order)
    visit = series.visits.get(number=1)
    stranger = browser(house.nurses[0])
    assert stranger.get(place_url(order)).status_code == 403
    assert stranger.get(reverse("course:move", args=[visit.pk])).status_code == 403
    # the nurse is assigned on the day of the visit, and not before
    assert stranger.get(reverse("course:series", args=[series.pk])).status_code == 404
    assert Client(HTTP_HOST="localhost").get(place_url(order)).status_code == 302


@pytest.mark.parametrize("page", ["place", "series", "move", "cancel_visit", "cancel_series"])
def test_no_page_asks_the_database_more_than_8_times(page, django_assert_max_num_queries):
    house = House()
    order = house.order()
    client = desk(house)
    if page == "place":
        url = place_url(order)
    else:
        series = house.book(order)
        about = series.visits.get(number=2).pk if page in {"move", "cancel_visit"} else series.pk
        url = reverse(f"course:{page}", args=[about])
    client.get(url)
    with django_assert_max_num_queries(8):
        assert client.get(url).status_code == 200
