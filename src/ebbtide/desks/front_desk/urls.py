"""Routes of the room front_desk."""

from django.urls import URLPattern, path

from ebbtide.desks.front_desk import views

app_name = "front_desk"
urlpatterns: list[URLPattern] = [
    path("", views.today, name="today"),
    path("rows/", views.today_rows, name="today_rows"),
    path("search/", views.search, name="search"),
    path("search/found/", views.find, name="find"),
]
