"""Routes of the room public."""

from django.urls import path

from ebbtide.desks.public import views

app_name = "public"
urlpatterns = [
    path("", views.home, name="home"),
    path("services/", views.services, name="services"),
    path("services/<slug:slug>/", views.service, name="service"),
    path("how-an-infusion-goes/", views.infusion, name="infusion"),
    path("how-ketamine-moves/", views.moves, name="moves"),
    path("what-is-known/", views.evidence, name="evidence"),
    path("privacy/", views.privacy, name="privacy"),
    path("help-in-a-crisis/", views.crisis, name="crisis"),
    path("language/", views.speak, name="speak"),
    path("contact/", views.contact, name="contact"),
]
