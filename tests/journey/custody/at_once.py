"""Run in a database of its own: people take from one vial at the same moment, through the actions and past them; prints what happened."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import django


def main():
    django.setup()
    from django.core.management import call_command
    from django.db import IntegrityError, connection

    from ebbtide.site.serve.first_shape import drawn_near

    with drawn_near():
        call_command("migrate", verbosity=0)
    from ebbtide.ground.ledger.action import Refused
    from ebbtide.journey.custody.accounts import accounts_of_visit
    from ebbtide.journey.custody.models import Movement
    from ebbtide.journey.custody.queries import balance_of, left_in_vial
    from tests.builders import NOW
    from tests.journey.custody.safe import Safe, mg

    safe = Safe()
    visits = [safe.visit() for _ in range(4)]
    together = Barrier(4)

    def at_once(act):
        def attempt(number):
            together.wait()
            try:
                act(number)
            except Refused as refused:
                return refused.rule
            except IntegrityError as refused:
                return refused.__cause__.diag.constraint_name
            finally:
                connection.close()
            return "done"

        with ThreadPoolExecutor(4) as people:
            return sorted(people.map(attempt, range(4)))

    def insert(vial, accounts, visit, amount_mg):
        Movement.objects.create(
            clinic=safe.clinic,
            vial=vial,
            kind="draw",
            from_account=accounts["safe"],
            to_account=accounts["session"],
            amount_ug=mg(amount_mg),
            visit=visit,
            by=safe.nurse,
            moved_at=NOW,
            recorded_at=NOW,
        )

    first, second = safe.receive(), safe.receive()
    drawn = at_once(lambda n: safe.draw(visits[n], first, 200))
    accounts = accounts_of_visit(visits[0])
    past = at_once(lambda n: insert(second, accounts, visits[0], 200))
    held_ug = balance_of(visits[0]).in_hand_ug
    given = at_once(lambda n: safe.give(visits[0], held_ug / 3000))
    print(
        json.dumps(
            {
                "drawn": drawn,
                "left_first_mg": left_in_vial(first) / 1000,
                "past_the_actions": past,
                "left_second_mg": left_in_vial(second) / 1000,
                "given": given,
                "in_hand": balance_of(visits[0]).in_hand_ug // 10,
            }
        )
    )


if __name__ == "__main__":
    main()
