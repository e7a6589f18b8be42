"""Routes of the room leaving."""

from django.urls import URLPattern, path

from ebbtide.journey.leaving import views

app_name = "leaving"
urlpatterns: list[URLPattern] = [
    path("sessions/<uuid:id>/recovery", views.recovery, name="recovery"),
    path("sessions/<uuid:id>/release", views.release, name="release"),
    path("sessions/<uuid:id>/discharge", views.discharge, name="discharge"),
    path("sessions/<uuid:id>/paper", views.paper, name="paper"),
    path("sessions/<uuid:id>/home", views.send_home, name="send_home"),
    path("departures/<uuid:id>", views.departure, name="departure"),
    path("departures/<uuid:id>/instructions", views.instructions, name="instructions"),
    path("departures/<uuid:id>/later", views.later, name="later"),
    path("calls", views.calls, name="calls"),
    path("departures/<uuid:id>/call", views.call, name="call"),
]
