"""Routes of the room live."""

from django.urls import path

from ebbtide.ground.live import views

app_name = "live"
urlpatterns = [path("stream", views.stream, name="stream")]
