"""The twin room: the doors of the demonstration: who can be signed in as, and the mailbox."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from ebbtide.ground.jobs.models import OutgoingMail
from ebbtide.ground.policy import ClinicRequest, guarded, visible
from ebbtide.twin.accounts import accounts_file, read_accounts
from ebbtide.twin.shortcut import check_here, sign_in_as

LETTERS_SHOWN = 60  # on one page: light enough for a slow line
# each role in two words, and what it would do first, for somebody who has never seen the house
ROLES = {
    "front_desk": ("Front desk", "requests, the day, bookings"),
    "nurse": ("Infusion nurse", "the day; measures, checks an order blind"),
    "prescriber": ("Prescriber", "triage, assessment, orders"),
    "director": ("Medical director", "settings, protocols, who works here"),
    "auditor": ("Auditor", "the ledger and its proof"),
    "operator": ("Operator", "backup and configuration, no clinical content"),
    "researcher": ("Researcher", "de-identified views, which come with the registry"),
    "patient": ("Patient", "own visits and own papers"),
}


@require_safe
@guarded.public("it names the invented people of the demonstration; the route exists only under --demo")
def people(request: ClinicRequest) -> HttpResponse:
    """Everybody that a visitor of the demonstration can be."""
    check_here()
    rows = [
        {"account": account, "role": ROLES[account.role][0], "does": ROLES[account.role][1]}
        for account in read_accounts()
    ]
    return render(request, "twin/people.html", {"rows": rows, "file": accounts_file().name})


@require_POST
@guarded.public("it signs in as an invented person of the demonstration; the route exists only under --demo")
def sign_in(request: ClinicRequest) -> HttpResponse:
    """Sign in as one of them, second factor included."""
    sign_in_as(request, request.POST.get("email", ""))
    return redirect("people:home")


@require_safe
@guarded("ground.outgoing_mail", "read")
def mailbox(request: ClinicRequest) -> HttpResponse:
    """Every letter the clinic has sent; in the demonstration none leaves the house."""
    check_here()
    letters = visible(request.actor, OutgoingMail.objects.all(), "ground.outgoing_mail")
    pages = Paginator(letters.order_by("-made_at", "-id"), LETTERS_SHOWN)
    return render(request, "twin/mailbox.html", {"letters": pages.get_page(request.GET.get("page"))})
