"""Run in a database of its own: item 9 answered again and again while the connection is cut in the middle; prints what was kept.

Whoever gets no answer presses again, under the same key, as the page does. Nothing is repaired afterwards.
"""

import json
import sys
from hashlib import sha256

import django

AT_ONCE = 500  # check-ins made in one go
APPLICATION = "item-nine"  # so that whoever cuts finds these connections and no other


def prepare(seeds, count):
    from django.core.management import call_command

    from ebbtide.site.serve.first_shape import drawn_near

    with drawn_near():
        call_command("migrate", verbosity=0)
    from tests.journey.outcomes.arrange import a_person, somebody_on_call

    episode = a_person()
    somebody_on_call(episode.patient.clinic)
    for seed in range(seeds):
        make_check_ins(episode, seed, count)


def make_check_ins(episode, seed, count):
    """So many open check-ins that ask PHQ-9; no letter goes out for them."""
    from ebbtide.journey.outcomes.models import Invitation
    from ebbtide.journey.outcomes.rules import window
    from tests.builders import NOW
    from tests.journey.outcomes.arrange import TODAY

    when = window(due_on=TODAY, closes_on=TODAY, zone="America/Chicago")
    rows = (
        Invitation(
            episode=episode, point=f"{seed}-{number}", instruments=["PHQ9"], due_on=TODAY, made_at=NOW,
            opens_at=when.opens_at, closes_at=when.closes_at,
            token_sha256=sha256(f"{seed}-{number}".encode()).hexdigest(),
        )
        for number in range(count)
    )  # fmt: skip
    Invitation.objects.bulk_create(rows, batch_size=AT_ONCE)


def answer(seed):
    """Answer item 9 of each check-in, until the clinic says that it is kept."""
    from django.db import connection

    from ebbtide.journey.outcomes.models import Invitation

    connection.settings_dict["OPTIONS"]["application_name"] = APPLICATION
    crashes, kept = 0, []
    asked = Invitation.objects.filter(point__startswith=f"{seed}-").select_related("episode__patient__clinic")
    for row in _through_cuts(lambda: list(asked))[0]:
        found, cut = _through_cuts(lambda row=row: _press(row))
        crashes += cut
        kept.append(found.pk)
    print(json.dumps({"crashes": crashes, "kept": len(kept), "lost": _missing(kept)}))


def _press(row):
    from ebbtide.journey.outcomes.actions import AnswerItem, answer_item
    from tests.builders import an_act
    from tests.journey.outcomes.arrange import holder

    value = row.pk.int % 4  # 0 asks for nobody
    command = AnswerItem(invitation=row, instrument="PHQ9", item=9, value=value)
    return answer_item(an_act(holder(row), key=f"answer/{row.pk}"), command)


def _through_cuts(work):
    """What `work` gives in the end, and how often it was cut off."""
    from django.db import Error, IntegrityError, connection
    from procrastinate.exceptions import ConnectorException

    cut = 0
    while True:
        try:
            return work(), cut
        except IntegrityError:
            raise
        except (Error, ConnectorException):  # the letter's job has a word of its own for a lost connection
            cut += 1
            connection.close()


def _missing(kept):
    """How many of the acknowledged answers are not there."""
    from ebbtide.journey.outcomes.models import Answer

    found = 0
    for first in range(0, len(kept), AT_ONCE):
        some = Answer.objects.filter(pk__in=kept[first : first + AT_ONCE])
        found += _through_cuts(some.count)[0]
    return len(kept) - found


if __name__ == "__main__":
    django.setup()
    if sys.argv[1] == "prepare":
        prepare(int(sys.argv[2]), int(sys.argv[3]))
    else:
        answer(int(sys.argv[2]))
