"""Routes of the room course."""

from django.urls import URLPattern

app_name = "course"
urlpatterns: list[URLPattern] = []
