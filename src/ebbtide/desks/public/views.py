"""The public desk: what anybody may read before they ask for help."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from ebbtide.desks.public.known import CONDITIONS, HARMS, POOLED
from ebbtide.desks.public.moves import ASSAYS, CAPTION, examples_in
from ebbtide.desks.public.offer import SERVICES
from ebbtide.ground.policy import guarded


@guarded.public("the clinic's first page tells strangers what it does")
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "public/home.html", {"services": SERVICES})


@guarded.public("people must know what the clinic offers before they ask for it")
def services(request: HttpRequest) -> HttpResponse:
    return render(request, "public/services.html", {"services": SERVICES})


@guarded.public("each service says what it is and how little or much is known of it")
def service(request: HttpRequest, slug: str) -> HttpResponse:
    found = next((offered for offered in SERVICES if offered.slug == slug), None)
    if found is None:
        raise Http404("The clinic offers no service of this name.")
    return render(request, "public/service.html", {"service": found})


@guarded.public("a person decides better when they know the day beforehand")
def infusion(request: HttpRequest) -> HttpResponse:
    return render(request, "public/infusion.html")


@guarded.public(
    "what is known of the drug's way through the body, and how far the models disagree, is for everybody"
)
def moves(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "public/moves.html",
        {
            "examples": examples_in(get_language() or "en"),
            "caption": CAPTION,
            "assays": [source for _name, source in ASSAYS],
        },
    )


@guarded.public("the evidence, with its grades and gaps, is for everybody")
def evidence(request: HttpRequest) -> HttpResponse:
    return render(
        request, "public/evidence.html", {"conditions": CONDITIONS, "pooled": POOLED, "harms": HARMS}
    )


@guarded.public("what is kept about people must be readable before they write anything")
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "public/privacy.html")


@guarded.public("help in a crisis never waits for a sign-in")
def crisis(request: HttpRequest) -> HttpResponse:
    return render(request, "public/crisis.html")


@guarded.public("the clinic must be reachable by anybody")
def contact(request: HttpRequest) -> HttpResponse:
    return render(request, "public/contact.html")


@guarded.public("everybody reads in their own language, signed in or not")
@require_POST
def speak(request: HttpRequest) -> HttpResponse:
    return set_language(request)
