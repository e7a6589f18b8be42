"""After signing in: each role's own first page."""

from django.urls import path

from ebbtide.ground.people import views

app_name = "people"
urlpatterns = [path("", views.home, name="home")]
