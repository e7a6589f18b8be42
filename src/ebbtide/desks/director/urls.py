"""Routes of the room director."""

from django.urls import URLPattern, path

from ebbtide.desks.director import figure_views, first_run, views

app_name = "director"
urlpatterns: list[URLPattern] = [
    path("", views.home, name="home"),
    path("figures", figure_views.figures, name="figures"),
    path("figures/<slug:name>", figure_views.figure, name="figure"),
    path("settings", views.settings, name="settings"),
    path("settings/<str:name>", views.setting, name="setting"),
    path("people/add", views.add_person, name="add_person"),
    path("people/<uuid:id>/second-factor", views.reset, name="reset"),
    path("people/<uuid:id>/end", views.end, name="end"),
    path("places/add", views.add_place, name="add_place"),
    path("protocols/approve", views.approve, name="approve"),
    path("ledger", views.ledger, name="ledger"),
    path("first", first_run.first_run, name="first_run"),
]
