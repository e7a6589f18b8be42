"""Routes of the nurse station."""

from django.urls import URLPattern, path

from ebbtide.desks.nurse_station import views

app_name = "nurse_station"
urlpatterns: list[URLPattern] = [
    path("", views.wall, name="wall"),
    path("tiles", views.tiles, name="tiles"),
    path("downtime-kit", views.downtime_kit, name="downtime_kit"),
]
