"""The monitor's own apnoea alarm, from its notice to the check: the one alarm of the monitor's that is a check of ours too."""

import pytest

from ebbtide.journey.infusion.models import MonitorNotice
from ebbtide.journey.infusion.watching.watch import Watch
from tests.journey.infusion.monitors import Chair
from tests.journey.infusion.test_watching import said, second, signed_on

pytestmark = pytest.mark.django_db


def test_the_monitors_own_apnoea_alarm_is_a_check_and_its_training_alarm_is_none():
    chair = signed_on(Chair())
    watch = Watch(chair.session, second(1))
    told = {"device": chair.devices[0], "session": chair.session, "code": "199680", "received_at": second(2)}
    MonitorNotice.objects.create(**told, occasion="a", observed_at=second(2), training=True)
    watch.refresh(second(3))
    watch.take((), second(6))
    assert said() == []
    MonitorNotice.objects.create(**told, occasion="b", observed_at=second(7))
    watch.refresh(second(8))
    watch.take((), second(10))
    assert said() == [("CHK-APNOEA", "raised")]
