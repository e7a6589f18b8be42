"""Routes of the demonstration; they exist only under --demo."""

from django.urls import URLPattern

app_name = "twin"
urlpatterns: list[URLPattern] = []
