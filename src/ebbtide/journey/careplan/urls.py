"""Routes of the careplan."""

from django.urls import path

from ebbtide.journey.careplan import model_views, views

app_name = "careplan"
urlpatterns = [
    path("models", model_views.ask, name="ask"),
    path("episode/<uuid:id>", views.choose, name="choose"),
    path("episode/<uuid:id>/write/<str:key>", views.write, name="write"),
    path("order/<uuid:id>", views.show, name="show"),
    path("order/<uuid:id>/sign", views.sign, name="sign"),
    path("order/<uuid:id>/withdraw", views.withdraw, name="withdraw"),
    path("order/<uuid:id>/check", views.check, name="check"),
]
