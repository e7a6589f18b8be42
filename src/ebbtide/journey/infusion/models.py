"""infusion: the session, its append-only log, the monitors and what they sent. State is folded from the log, never stored."""

from typing import ClassVar

from django.db import models

from ebbtide.ground.ledger.models import APPEND_ONLY
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Clinic, Resource, Staff, track
from ebbtide.ground.people.paths import PolicyPath
from ebbtide.journey.careplan.models import OrderVersion
from ebbtide.journey.course.models import Visit


class Session(models.Model):
    """One infusion visit as it happens: opened at check-in, on one chair, under one version of one order."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    visit = models.OneToOneField(Visit, on_delete=models.PROTECT, related_name="session")
    order = models.ForeignKey(OrderVersion, on_delete=models.PROTECT, related_name="sessions")
    chair = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="+")
    opened_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(
        clinic="visit__series__episode__patient__clinic_id", patient="visit__series__episode__patient_id"
    )
    opened_with: ClassVar = (
        "visit__series__episode__patient__clinic",
        "visit__nurse_place__staff",
        "order__protocol",
        "order__weight",
        "chair",
        "opened_by",
    )

    class Meta:
        triggers = APPEND_ONLY
        indexes = [models.Index(fields=["-opened_at"], name="session_newest")]

    def __str__(self) -> str:
        return str(self.id)


class StartGate(models.Model):
    """What the start gate said at one moment: every item, the rules of the day with their values, and who looked."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="gates")
    # the version of the order that was judged: a start from it needs it to be the newest still
    order = models.ForeignKey(OrderVersion, on_delete=models.PROTECT, related_name="+")
    passed = models.BooleanField()
    # each item: key, words, passed, what to do; and the findings of the rules of the day as the assessment keeps them
    items = models.JSONField()
    verdict = models.CharField(max_length=16)
    findings = models.JSONField()
    overrides = models.JSONField(default=dict)
    pack_version = models.CharField(max_length=40)
    pack_sha256 = models.CharField(max_length=64)
    # the two identifiers that were read aloud, escort, fasting: what the nurse confirmed with this signature
    confirmed = models.JSONField(default=dict)
    signed_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(
        clinic="session__visit__series__episode__patient__clinic_id",
        patient="session__visit__series__episode__patient_id",
        author="signed_by__account_id",
    )

    class Meta:
        triggers = APPEND_ONLY
        indexes = [models.Index(fields=["session", "-signed_at"], name="start_gate_newest")]

    def __str__(self) -> str:
        return "passed" if self.passed else "refused"


class EntryKind(models.TextChoices):
    """Kinds of entries, as roles.yaml lists them under infusion.session_log and infusion.dose_act."""

    CHECK_IN = "check_in", "Check-in"
    OBSERVATION = "observation", "Vital signs by hand"
    SCALE = "scale", "Scale"
    NOTE = "note", "Note"
    START = "start", "Start"
    RESUME = "resume", "Resume"
    BOLUS = "bolus", "Bolus"
    RATE_INCREASE = "rate_increase", "Rate raised"
    RATE_DECREASE = "rate_decrease", "Rate lowered"
    PAUSE = "pause", "Pause"
    STOP = "stop", "Stop"
    OFF_MONITOR = "off_monitor", "Off the monitor"
    DRUG_GIVEN = "drug_given", "Drug given"
    ADVERSE_EVENT = "adverse_event", "Adverse event"
    EMERGENCY_STEP = "emergency_step", "Step of an emergency script"
    COMFORT_CALL = "comfort_call", "Patient calls"
    PUMP_ACTION = "pump_action", "What was done at the pump"
    IV_ACCESS = "iv_access", "Cannula"
    EQUIPMENT = "equipment", "Equipment"
    BACK_ON_MONITOR = "back_on_monitor", "Back on the monitor"
    COMFORT_CARD = "comfort_card", "Comfort card"
    EMERGENCY = "emergency", "Emergency script opened or closed"


class Entry(models.Model):
    """One thing that happened at the chair. Its id is made by the client; a retry of it changes nothing."""

    id = models.UUIDField(primary_key=True)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=16, choices=EntryKind)
    # the values of the kind, each key with its unit (rate_mg_per_h, spo2_percent): decimals as text
    body = models.JSONField()
    observed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    author = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, related_name="+")
    tablet = models.CharField(max_length=60, blank=True, default="")
    tablet_number = models.BigIntegerField(null=True)
    late = models.BooleanField(default=False)
    # a correction names the entry it replaces; a withdrawal replaces it by nothing. Two tablets that could not know of each
    # other may each correct the same entry: both are kept, and the fold says which of them stands
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")
    withdrawn = models.BooleanField(default=False)

    policy_path: ClassVar = PolicyPath(
        clinic="session__visit__series__episode__patient__clinic_id",
        patient="session__visit__series__episode__patient_id",
        author="author__account_id",
    )
    opened_with: ClassVar = ("author", *(f"session__{way}" for way in Session.opened_with))

    class Meta:
        triggers = APPEND_ONLY
        constraints = [
            models.UniqueConstraint(
                fields=["session", "tablet", "tablet_number"],
                condition=models.Q(tablet_number__isnull=False),
                name="entry_number_once_per_tablet",
            ),
            models.CheckConstraint(
                name="entry_withdrawn_names_the_old_one",
                condition=models.Q(withdrawn=False) | models.Q(replaces__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["session", "observed_at"], name="entry_by_session")]

    def __str__(self) -> str:
        return self.kind


@track
class Device(models.Model):
    """A monitor the clinic knows. `key` is how it names itself on the wire; a device with another key is quarantined."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="devices")
    key = models.CharField(max_length=120)
    name = models.CharField(max_length=80)
    # how often it sends, by signal; the vocabulary's own intervals where it says nothing
    interval_s = models.JSONField(default=dict)
    simulated = models.BooleanField(default=False)
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    policy_path: ClassVar = PolicyPath(clinic="clinic_id")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "key"], name="device_key_once_per_clinic")]

    def __str__(self) -> str:
        return self.name


@track
class Binding(models.Model):
    """A clinician said: this monitor is on this chair, on this person, from now until it is ended."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="bindings")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="bindings")
    chair = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="+")
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True, blank=True)
    # "gap": nobody ended it; the monitor fell silent, and whether it is still on this person is asked
    ended_why = models.CharField(max_length=8, blank=True, default="")
    bound_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")

    policy_path: ClassVar = PolicyPath(
        clinic="session__visit__series__episode__patient__clinic_id",
        patient="session__visit__series__episode__patient_id",
    )
    opened_with: ClassVar = ("device", *(f"session__{way}" for way in Session.opened_with))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["device"],
                condition=models.Q(until_at__isnull=True),
                name="binding_one_open_per_device",
            ),
            models.CheckConstraint(
                name="binding_ends_after_start",
                condition=models.Q(until_at__isnull=True) | models.Q(until_at__gte=models.F("from_at")),
            ),
        ]
        indexes = [models.Index(fields=["session"], name="binding_by_session")]

    def __str__(self) -> str:
        return str(self.id)


class Batch(models.Model):
    """What the gateway made durable in one transaction: how many samples, and the digest that speaks for them in the ledger."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    messages = models.IntegerField()
    samples = models.IntegerField()
    samples_sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(clinic="clinic_id")

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.samples} samples"


class SampleState(models.TextChoices):
    VALUE = "value", "Value"
    NO_DATA = "no_data", "No data"
    PROBE_OFF = "probe_off", "Probe off"
    ARTEFACT = "artefact", "Artefact"
    SYNTHETIC = "synthetic", "Synthetic"


class Sample(models.Model):
    """One reading of one signal by one device at one instant: a value with its unit, or the reason why there is none.

    Partitioned by month of `observed_at` and written by COPY. The same reading sent twice is one row.
    """

    pk = models.CompositePrimaryKey("device_id", "signal", "observed_at")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="samples", db_index=False)
    signal = models.CharField(max_length=16)
    observed_at = models.DateTimeField()
    # present exactly when the state is `value` (or `synthetic`)
    value = models.FloatField(null=True)
    unit = models.CharField(max_length=12)
    state = models.CharField(max_length=12, choices=SampleState)
    received_at = models.DateTimeField()
    # the session the device was bound to at that instant; null: bound to nobody, quarantined and never charted
    session = models.ForeignKey(
        Session, on_delete=models.PROTECT, null=True, related_name="samples", db_index=False
    )
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="+", db_index=False)

    policy_path: ClassVar = PolicyPath(
        clinic="device__clinic_id", patient="session__visit__series__episode__patient_id"
    )
    outside_the_ledger: ClassVar = "the digest of its batch speaks for it"

    class Meta:
        managed = False
        db_table = "infusion_sample"

    def __str__(self) -> str:
        return f"{self.signal} {self.state}"


class MonitorNotice(models.Model):
    """An alarm of the bedside monitor's own, as it told of it: a line beside the log; apnoea alone becomes a check of ours."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="notices")
    # whom the monitor was on at that instant; null: on nobody, and shown nowhere
    session = models.ForeignKey(Session, on_delete=models.PROTECT, null=True, related_name="monitor_notices")
    code = models.CharField(max_length=60)
    # the monitor's own words
    text = models.CharField(max_length=120, blank=True, default="")
    # the monitor's own priority: high, medium, low, or none told
    priority = models.CharField(max_length=8, blank=True, default="")
    ended = models.BooleanField(default=False)
    training = models.BooleanField(default=False)
    # what makes it this one: code, source, whether it began, goes on or ended, and when
    occasion = models.CharField(max_length=200)
    observed_at = models.DateTimeField()
    received_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(
        clinic="device__clinic_id", patient="session__visit__series__episode__patient_id"
    )

    class Meta:
        triggers = APPEND_ONLY
        constraints = [
            models.UniqueConstraint(fields=["device", "occasion"], name="monitor_notice_once"),
        ]
        indexes = [models.Index(fields=["session", "-observed_at"], name="monitor_notice_newest")]

    def __str__(self) -> str:
        return self.code


class Quarantined(models.Model):
    """Something a machine sent that nobody may see as a patient's: one row for each source, reason and code in an hour."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="quarantine")
    device_key = models.CharField(max_length=120)
    reason = models.CharField(max_length=24)
    code = models.CharField(max_length=60, blank=True, default="")
    # the code's own text, value and unit as they came, shortened; never a name or a number of a patient
    seen = models.JSONField(default=dict)
    hour = models.DateTimeField()
    received_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(clinic="clinic_id")

    class Meta:
        triggers = APPEND_ONLY
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "device_key", "reason", "code", "hour"], name="quarantined_once_an_hour"
            )
        ]
        indexes = [models.Index(fields=["clinic", "-received_at"], name="quarantined_newest")]

    def __str__(self) -> str:
        return self.reason


class GatewayBeat(models.Model):
    """That the gateway process lives: the web asks how old this is, and the chart says so when it is too old."""

    name = models.CharField(max_length=40, primary_key=True)
    beat_at = models.DateTimeField()
    devices = models.IntegerField(default=0)
    messages = models.BigIntegerField(default=0)

    policy_path: ClassVar = PolicyPath()
    outside_the_ledger: ClassVar = "it changes every few seconds and says nothing about a patient"

    def __str__(self) -> str:
        return self.name


# the rows of the protocol checks have a file of their own, which names the session by its name alone
import ebbtide.journey.infusion.check_rows  # noqa: E402, F401
