"""Routes of the room course."""

from django.urls import URLPattern, path

from ebbtide.journey.course import views

app_name = "course"
urlpatterns: list[URLPattern] = [
    path("orders/<uuid:id>/place", views.place, name="place"),
    path("orders/<uuid:id>/confirm", views.confirm, name="confirm"),
    path("orders/<uuid:id>/book", views.book, name="book"),
    path("series/<uuid:id>", views.series, name="series"),
    path("series/<uuid:id>/visits", views.visits, name="visits"),
    path("series/<uuid:id>/cancel", views.cancel_all, name="cancel_series"),
    path("visits/<uuid:id>/move", views.move, name="move"),
    path("visits/<uuid:id>/cancel", views.cancel, name="cancel_visit"),
]
