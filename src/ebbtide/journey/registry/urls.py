"""Routes of the room registry."""

from django.urls import URLPattern, path

from ebbtide.journey.registry import views

app_name = "registry"
urlpatterns: list[URLPattern] = [
    path("", views.dataset, name="dataset"),
    path("dictionary", views.show_dictionary, name="dictionary"),
    path("export", views.export, name="export"),
    path("exports", views.exports, name="exports"),
    path("exports/<uuid:id>/file", views.file, name="file"),
    path("record", views.record, name="record"),
]
