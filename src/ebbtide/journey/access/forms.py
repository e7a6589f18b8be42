"""Forms of the way in: the public questions, one form each; the telephoned request; triage; visits."""

from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ebbtide.ground import clock
from ebbtide.ground.people.models import Patient, Resource, Sex, Staff
from ebbtide.journey.access import rules
from ebbtide.journey.access.models import Complaint
from ebbtide.journey.access.queries import FreeTime, Offer

PHONE_REGION = "US"  # numbers without a country code are read as numbers of this country [design]
OLDEST_YEARS = 120  # years; nobody older asks
KEY = forms.CharField(max_length=200, widget=forms.HiddenInput)

COMPLAINTS = [
    (Complaint.CRPS, _("Complex regional pain syndrome (CRPS)")),
    (Complaint.NEUROPATHY, _("Nerve pain (neuropathy)")),
    (Complaint.BACK_PAIN, _("Back pain")),
    (Complaint.HIP_PAIN, _("Hip pain")),
    (Complaint.ARTHRITIS, _("Arthritis")),
    (Complaint.FIBROMYALGIA, _("Fibromyalgia")),
    (Complaint.HEADACHE, _("Migraine or headache")),
    (Complaint.PHANTOM_LIMB, _("Phantom limb pain")),
    (Complaint.OTHER_PAIN, _("Other chronic pain")),
    (Complaint.MOOD, _("Depression or trauma together with pain")),
]
LANGUAGES = [
    ("en", pgettext_lazy("language", "English")),
    ("es", pgettext_lazy("language", "Spanish")),
    ("other", pgettext_lazy("language", "Another language")),
]


class PhoneField(forms.CharField):
    """A telephone number that can exist, stored with its country code."""

    default_error_messages = {
        "phone": _(
            "This is not a telephone number we can call. Write it with its area code, for example 312 555 0100."
        ),
    }

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel"})
        super().__init__(max_length=32, widget=widget, **kwargs)

    def clean(self, value: Any) -> str:
        text = str(super().clean(value) or "")
        if not text:
            return ""
        try:
            number = phonenumbers.parse(text, PHONE_REGION)
        except phonenumbers.NumberParseException as exc:
            raise ValidationError(self.error_messages["phone"], code="phone") from exc
        # possible, not valid: a number plan newer than our table must not shut a person out
        if not phonenumbers.is_possible_number(number):
            raise ValidationError(self.error_messages["phone"], code="phone")
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


class BirthDateField(forms.DateField):
    """A day on which a living person can have been born."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
            **kwargs,
        )

    def clean(self, value: Any) -> Any:
        born = super().clean(value)
        today = clock.now().date()
        if born is not None and not today.year - OLDEST_YEARS <= born.year:
            raise ValidationError(_("This date is more than 120 years ago. Look at the year."))
        if born is not None and born > today:
            raise ValidationError(_("This date is in the future. Look at the year."))
        return born


def _name(label: Any, autocomplete: str) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=80, widget=forms.TextInput(attrs={"autocomplete": autocomplete})
    )


def _story(**kwargs: Any) -> forms.CharField:
    return forms.CharField(
        max_length=rules.STORY_MAX_CHARACTERS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "maxlength": rules.STORY_MAX_CHARACTERS}),
        **kwargs,
    )


def _check_contact(form: forms.Form) -> None:
    cleaned = form.cleaned_data
    if form.errors:
        return
    try:
        rules.check_contact(phone=cleaned.get("phone", ""), email=cleaned.get("email", ""))
    except rules.NotYet as exc:
        raise ValidationError(
            _("Give a telephone number or an e-mail address, so that we can answer.")
        ) from exc


class ComplaintForm(forms.Form):
    complaint = forms.ChoiceField(
        label=_("What troubles you most?"), choices=COMPLAINTS, widget=forms.RadioSelect
    )


class StoryForm(forms.Form):
    story = _story(
        label=_("How long have you had it, and what have you tried?"),
        help_text=_(
            "A few sentences are enough, up to 2000 characters. You can also leave this empty and tell us by telephone."
        ),
    )


class NameForm(forms.Form):
    given_name = _name(_("First name"), "given-name")
    family_name = _name(_("Last name"), "family-name")


class BornForm(forms.Form):
    birth_date = BirthDateField(
        label=_("When were you born?"),
        required=False,
        help_text=_("It keeps you apart from other people of your name. You can also tell us later."),
    )


class ContactForm(forms.Form):
    phone = PhoneField(
        label=_("Telephone"),
        required=False,
        help_text=_("A telephone number or an e-mail address: one of the two is enough."),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        max_length=254,
        help_text=_("We write nothing about your health in an e-mail."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def clean(self) -> dict[str, Any]:
        _check_contact(self)
        return self.cleaned_data


class CallForm(forms.Form):
    language = forms.ChoiceField(
        label=_("In which language shall we call?"), choices=LANGUAGES, initial="en", widget=forms.RadioSelect
    )
    best_time = forms.CharField(
        label=_("When can we reach you best?"),
        max_length=80,
        required=False,
        help_text=_("For example: weekdays after 3 in the afternoon."),
    )


class ReferrerForm(forms.Form):
    referred_by = forms.CharField(
        label=_("Who sent you to us?"),
        max_length=120,
        required=False,
        help_text=_("A doctor, a friend, a web page. Leave it empty when nobody did."),
    )


class SendForm(forms.Form):
    """The last press. `website` is a trap for machines: people never see it."""

    website = forms.CharField(
        required=False,
        max_length=200,
        label="Website",
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise ValidationError(
                _("A hidden field was filled in, as machines do. Nothing was sent. Empty it, or call us.")
            )
        return ""


class TelephonedForm(forms.Form):
    """What the front desk types while the person speaks: one page."""

    given_name = _name("First name", "off")
    family_name = _name("Last name", "off")
    birth_date = BirthDateField(label="Born", required=False)
    phone = PhoneField(label="Telephone", required=False)
    email = forms.EmailField(label="E-mail", required=False, max_length=254)
    language = forms.ChoiceField(label="Language", choices=LANGUAGES, initial="en")
    complaint = forms.ChoiceField(label="What troubles them most", choices=[("", "Choose"), *COMPLAINTS])
    story = _story(
        label="In their words", help_text="How long, and what they have tried. Up to 2000 characters."
    )
    best_time = forms.CharField(label="Best time to call back", max_length=80, required=False)
    referred_by = forms.CharField(label="Referred by", max_length=120, required=False)
    call_today = forms.BooleanField(label="A clinician must call this person today", required=False)
    key = KEY

    def clean(self) -> dict[str, Any]:
        _check_contact(self)
        return self.cleaned_data


class KeyForm(forms.Form):
    key = KEY


class OwnerForm(forms.Form):
    staff = forms.ModelChoiceField(
        label="Give it to", queryset=Staff.objects.none(), empty_label="Choose a colleague"
    )
    key = KEY


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Reason", max_length=190, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    key = KEY


class NotHereForm(forms.Form):
    reason = forms.CharField(label="Reason", max_length=1000, widget=forms.Textarea(attrs={"rows": 4}))
    next_step = forms.CharField(
        label="Next step for the person",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What they can do now. It is told by telephone; the e-mail only asks them to call.",
    )
    key = KEY


def _offer_choices(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
    field.choices = choices


def slot_value(free: FreeTime) -> str:
    """How a free time travels in a form: its start and its room."""
    return f"{free.starts_at.isoformat()}|{free.room.number}"


class SlotForm(forms.Form):
    """One of the free times that the page offered; a time that is gone meanwhile is refused in words."""

    clinician = forms.ChoiceField(label="Clinician")
    on = forms.DateField(label="Day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    slot = forms.ChoiceField(
        label="Time and room",
        widget=forms.RadioSelect,
        error_messages={
            "invalid_choice": "This time is not free any more: choose another one.",
            "required": "Choose a time.",
        },
    )
    key = KEY

    def __init__(self, *args: Any, offer: Offer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer = offer
        self._free = {slot_value(f): f for f in offer.free}
        zone = ZoneInfo(offer.clinic.time_zone)
        _offer_choices(self, "clinician", [(str(r.number), r.name) for r in offer.clinicians])
        _offer_choices(
            self,
            "slot",
            [
                (
                    value,
                    f"{f.starts_at.astimezone(zone):%H:%M} to {f.ends_at.astimezone(zone):%H:%M} · {f.room.name}",
                )
                for value, f in self._free.items()
            ],
        )

    def chosen(self) -> FreeTime:
        """The free time that was chosen, after the form is valid."""
        return self._free[self.cleaned_data["slot"]]

    def booked_with(self) -> Resource:
        """The clinician that was chosen, after the form is valid."""
        return next(r for r in self.offer.clinicians if str(r.number) == self.cleaned_data["clinician"])


class MoveForm(SlotForm):
    reason = forms.CharField(label="Why is it moved", max_length=190)


SOMEBODY_ELSE = "new"


class AcceptForm(SlotForm):
    """Acceptance: reason, who the person is, and the first visit."""

    reason = forms.CharField(label="Reason", max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))
    given_name = _name("First name", "off")
    family_name = _name("Last name", "off")
    birth_date = BirthDateField(label="Born", help_text="The second identifier: a record needs it.")
    sex = forms.ChoiceField(label="Sex", choices=Sex, initial=Sex.UNKNOWN)
    same_as = forms.ChoiceField(label="Is this one of them?", required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, alike: list[Patient], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.alike = alike
        self._alike = {str(p.id): p for p in alike}
        _offer_choices(
            self,
            "same_as",
            [
                *(
                    (key, f"Yes: {p.name}, born {p.birth_date:%d %b %Y}, record {p.record_number}")
                    for key, p in self._alike.items()
                ),
                (SOMEBODY_ELSE, "No: somebody else. Open a new record"),
            ],
        )

    def same_person(self) -> Patient | None:
        return self._alike.get(self.cleaned_data["same_as"])
