"""The URL table: every room's doors in the patient's order."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from ebbtide.ground.people.views import address_stays
from ebbtide.ground.policy import guarded
from ebbtide.site.installable import manifest, service_worker


@guarded.public("the supervisor asks it whether the server answers; it says nothing else")
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("sw.js", service_worker, name="service_worker"),
    path("manifest.webmanifest", manifest, name="manifest"),
    path("", include("ebbtide.desks.public.urls")),
    path("account/email/", address_stays, name="address_stays"),
    path("account/", include("allauth.urls")),
    path("home/", include("ebbtide.ground.people.urls")),
    path("live/", include("ebbtide.ground.live.urls")),
    path("documents/", include("ebbtide.ground.documents.urls")),
    path("request/", include("ebbtide.journey.access.urls")),
    path("assessment/", include("ebbtide.journey.assessment.urls")),
    path("files/", include("ebbtide.doors.files.urls")),
    path("careplan/", include("ebbtide.journey.careplan.urls")),
    path("course/", include("ebbtide.journey.course.urls")),
    path("custody/", include("ebbtide.journey.custody.urls")),
    path("infusion/", include("ebbtide.journey.infusion.urls")),
    path("", include("ebbtide.journey.outcomes.urls")),
    path("leaving/", include("ebbtide.journey.leaving.urls")),
    path("registry/", include("ebbtide.journey.registry.urls")),
    path("today/", include("ebbtide.desks.front_desk.urls")),
    path("station/", include("ebbtide.desks.nurse_station.urls")),
    path("chart/", include("ebbtide.desks.chart.urls")),
    path("clinic/", include("ebbtide.desks.director.urls")),
    path("me/", include("ebbtide.desks.portal.urls")),
]
if settings.EBBTIDE_DEMO:
    urlpatterns += [path("demo/", include("ebbtide.twin.urls"))]
handler400 = "ebbtide.site.errors.bad_request"
handler403 = "ebbtide.site.errors.forbidden"
handler404 = "ebbtide.site.errors.not_found"
handler500 = "ebbtide.site.errors.broken"
