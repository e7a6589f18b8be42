"""Routes of the room chart."""

from django.urls import URLPattern

app_name = "chart"
urlpatterns: list[URLPattern] = []
