"""Routes of the room director."""

from django.urls import URLPattern

app_name = "director"
urlpatterns: list[URLPattern] = []
