"""infusion: a monitor that was silent for long and speaks again is on nobody until somebody says that it is still here.

In the meantime it may have been carried to another chair. Part of the action that stores samples.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Max

from ebbtide.journey.infusion.arrivals import NewSample
from ebbtide.journey.infusion.freshness import asks_again_after_s, interval_of
from ebbtide.journey.infusion.models import Binding, Sample

GAP = "gap"


def end_after_gaps(came_back: Iterable[str], samples: Sequence[NewSample], clinic_id: UUID) -> list[Binding]:
    """End what a gap has made doubtful, at the last reading before it. `came_back`: the monitors worth a look."""
    first_at: dict[str, datetime] = {}
    for one in samples:
        first_at[one.device_key] = min(one.observed_at, first_at.get(one.device_key, one.observed_at))
    # a simulated monitor is carried nowhere
    bound = Binding.objects.select_for_update(of=("self",)).select_related(
        "device", "session__visit__series__episode__patient"
    )
    open_ones = bound.filter(
        until_at__isnull=True,
        device__clinic_id=clinic_id,
        device__key__in=[key for key in came_back if key in first_at],
        device__simulated=False,
    )
    return [one for one in open_ones if _ended(one, first_at[one.device.key], samples)]


def _ended(binding: Binding, first_at: datetime, samples: Sequence[NewSample]) -> bool:
    sent = Sample.objects.filter(device_id=binding.device_id, observed_at__gte=binding.from_at)
    newest_at = sent.aggregate(newest=Max("observed_at"))["newest"]
    told = binding.device.interval_s
    signals = {one.signal for one in samples if one.device_key == binding.device.key}
    allowed = timedelta(seconds=asks_again_after_s(min(interval_of(signal, told) for signal in signals)))
    if newest_at is None or first_at - newest_at <= allowed:
        return False
    binding.until_at, binding.ended_why = newest_at + timedelta(seconds=1), GAP
    binding.save(update_fields=["until_at", "ended_why"])
    return True
