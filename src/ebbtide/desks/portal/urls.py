"""Routes of the room portal."""

from django.urls import URLPattern, path

from ebbtide.desks.portal import views

app_name = "portal"
urlpatterns: list[URLPattern] = [
    path("", views.home, name="home"),
    path("curve", views.curve, name="curve"),
    path("readers", views.readers, name="readers"),
]
