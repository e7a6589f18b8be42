"""Run in a database of its own: a start and the withdrawal of its order at the same moment, over and over; prints what came of it.

Which was first stands in the ledger: its numbers are given inside both transactions. A stale activation is a start that the
clinic took although the order had been taken back before it.
"""

import json
import random
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import django

# what a trial leaves behind is taken away again for the next one; no other process is in this database
REMOVED = (("infusion_entry", "session_id"), ("careplan_orderwithdrawal", "order_id"))
MOST_LATE_S = 0.006  # either may begin so much later than the other
STALE = "INF-ORDER-STALE"
APART = 1_000_000


def prepare():
    from django.core.management import call_command
    from django.db import connection

    from ebbtide.site.serve.first_shape import drawn_near

    with drawn_near():
        call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        for table, _ in REMOVED:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")


class Race:
    """One person at one chair, ready to start, and a prescriber who takes the order back."""

    def __init__(self, seed):
        from tests import builders
        from tests.builders import a_clinic, a_staff, an_actor
        from tests.journey.infusion.arrange import Chairside

        # another process makes people in the same database: their numbers and addresses are apart
        builders._numbers = count(1 + seed * APART)
        self.draw, self.seed = random.Random(seed), seed
        self.scene = Chairside(clinic=a_clinic(name=f"Race {seed}")).ready()
        self.prescriber = an_actor(a_staff("prescriber", clinic=self.scene.clinic))
        self.told = {"given": 0, "refused": 0, "stale": 0, "others": []}

    def start(self, key):
        return self.scene.dose("start", 1, key=key, rate_mg_per_h="52.5")

    def take_back(self, key):
        from ebbtide.journey.careplan.actions import WithdrawOrder, withdraw_order
        from ebbtide.journey.careplan.models import OrderVersion
        from tests.builders import an_act
        from tests.journey.infusion.arrange import after

        act = an_act(self.prescriber, at=after(1), key=key)
        # read anew, as a page does: the instance of the trial before remembers its withdrawal
        order = OrderVersion.objects.get(pk=self.scene.order.pk)
        return withdraw_order(act, WithdrawOrder(order=order, reason="not today"))

    def trial(self, number, pool):
        """Both at once, each a hair earlier or later than the other."""
        from ebbtide.ground.ledger.action import Refused

        gate, keys = threading.Barrier(2), [f"{self.seed}/{number}/{who}" for who in ("start", "change")]

        def press(do, key, late_s):
            gate.wait()
            time.sleep(late_s)
            try:
                do(key)
            except Refused as refused:
                return refused.rule
            return ""

        doing = zip((self.start, self.take_back), keys, strict=True)
        pressed = [pool.submit(press, do, key, self.draw.uniform(0, MOST_LATE_S)) for do, key in doing]
        self.count([one.result() for one in pressed], keys)
        self.clear()

    def count(self, said, keys):
        from ebbtide.ground.ledger.models import Entry

        started, changed = said
        if changed or started not in {"", STALE}:
            self.told["others"].append([started, changed])
        elif started:
            self.told["refused"] += 1
        else:
            numbers = dict(Entry.objects.filter(key__in=keys).values_list("key", "id"))
            self.told["given"] += 1
            self.told["stale"] += numbers[keys[1]] < numbers[keys[0]]

    def clear(self):
        from django.db import connection

        of = {"session_id": self.scene.session.pk, "order_id": self.scene.order.pk}
        with connection.cursor() as cursor:
            for table, column in REMOVED:
                cursor.execute(f"DELETE FROM {table} WHERE {column} = %s", [of[column]])


def race(seed, trials, *, waits):
    """So many trials; without `waits` a start looks at its order and holds nobody up: what the turn is there against."""
    if not waits:
        from ebbtide.journey.infusion.actions import doses

        doses.one_at_a_time = lambda what, row_id: None
    found = Race(seed)
    with ThreadPoolExecutor(2) as pool:
        for number in range(trials):
            found.trial(number, pool)
    print(json.dumps(found.told))


if __name__ == "__main__":
    django.setup()
    prepare() if sys.argv[1] == "prepare" else race(
        int(sys.argv[2]), int(sys.argv[3]), waits=sys.argv[1] == "race"
    )
