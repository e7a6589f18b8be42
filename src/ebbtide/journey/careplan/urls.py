"""Routes of the room careplan."""

from django.urls import URLPattern

app_name = "careplan"
urlpatterns: list[URLPattern] = []
