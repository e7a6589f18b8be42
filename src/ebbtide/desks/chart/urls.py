"""Routes of the room chart."""

from django.urls import URLPattern, path

from ebbtide.desks.chart import team, views

app_name = "chart"
urlpatterns: list[URLPattern] = [
    path("", views.patients, name="patients"),
    path("<uuid:id>", views.show, name="show"),
    path("<uuid:id>/readers", views.readers, name="readers"),
    path("<uuid:id>/team", team.team, name="team"),
    path("<uuid:id>/portal", team.portal, name="portal"),
    path("episode/<uuid:id>", views.episode, name="episode"),
]
