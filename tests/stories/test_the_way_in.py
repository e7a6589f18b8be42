"""The way in: a person asks, and some pages later a series is booked, everybody signed in, every rule asked, every page looked at."""

from pathlib import Path

import pytest

from tests.stories import the_order
from tests.stories.conftest import Desk
from tests.stories.walking import walk_the_way_in

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]


# some five minutes of a core; every night the first journey walks the same way and further
@pytest.mark.weekly
@pytest.mark.timeout(900)
def test_it_takes_a_person_from_a_request_to_a_booked_series(desk: Desk, tmp_path: Path) -> None:
    walked = walk_the_way_in(desk, tmp_path)
    the_order.audit(desk, walked.patient)
    the_order.direct(desk)
    the_order.prove_the_record(desk)
    assert not desk.looking.faults, desk.looking.told()
