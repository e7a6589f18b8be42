"""Routes of the room custody."""

from django.urls import URLPattern, path

from ebbtide.journey.custody import views

app_name = "custody"
urlpatterns: list[URLPattern] = [
    path("", views.safe, name="safe"),
    path("receive", views.receive, name="receive"),
    path("register", views.register, name="register"),
    path("variances", views.variances, name="variances"),
    path("variances/<uuid:id>/close", views.close, name="close"),
    path("visits/<uuid:id>", views.visit, name="visit"),
    path("visits/<uuid:id>/draw", views.draw, name="draw"),
    path("visits/<uuid:id>/waste", views.waste, name="waste"),
    path("visits/<uuid:id>/return", views.give_back, name="return"),
    path("visits/<uuid:id>/variance", views.variance, name="variance"),
    path("vials/<uuid:id>", views.vial, name="vial"),
    path("vials/<uuid:id>/waste", views.vial_waste, name="vial_waste"),
    path("vials/<uuid:id>/return", views.vial_return, name="vial_return"),
    path("vials/<uuid:id>/variance", views.vial_variance, name="vial_variance"),
    path("movements/<uuid:id>/void", views.void, name="void"),
]
