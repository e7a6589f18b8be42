"""Routes of the nurse station."""

from django.urls import URLPattern, path

from ebbtide.desks.nurse_station import views

app_name = "nurse_station"
urlpatterns: list[URLPattern] = [
    path("", views.wall, name="wall"),
    path("tiles", views.tiles, name="tiles"),
    path("stay", views.stay, name="stay"),
    path("screen/<str:key>", views.screen, name="screen"),
    path("screen/<str:key>/tiles", views.screen_tiles, name="screen_tiles"),
    path("downtime-kit", views.downtime_kit, name="downtime_kit"),
]
