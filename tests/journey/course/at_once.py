"""Run in a database of its own: four people book the same chairs at the same moment; prints what each was told."""

import json
from concurrent.futures import ThreadPoolExecutor

import django


def main():
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from ebbtide.site.serve.first_shape import drawn_near

    with drawn_near():
        call_command("migrate", verbosity=0)
    from ebbtide.ground.ledger.action import Refused
    from ebbtide.journey.course.actions import BookSeries, book_series
    from ebbtide.journey.course.models import Visit
    from tests.builders import an_act, an_actor
    from tests.journey.course.arrange import House

    house = House(chairs=1)
    wanted = [(house.order(), an_act(an_actor("front_desk", clinic=house.clinic))) for _ in range(4)]
    slots = house.slots(wanted[0][0])

    def attempt(order, act):
        try:
            book_series(act, BookSeries(order=order, slots=slots))
        except Refused as refused:
            return refused.rule
        finally:
            connection.close()
        return "booked"

    with ThreadPoolExecutor(4) as people:
        told = sorted(people.map(lambda pair: attempt(*pair), wanted))
    print(json.dumps({"told": told, "visits": Visit.objects.count()}))


if __name__ == "__main__":
    main()
