"""Routes of the room front_desk."""

from django.urls import URLPattern

app_name = "front_desk"
urlpatterns: list[URLPattern] = []
