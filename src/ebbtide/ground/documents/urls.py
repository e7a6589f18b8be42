"""Routes of the room documents."""

from django.urls import path

from ebbtide.ground.documents import views

app_name = "documents"
urlpatterns = [path("<uuid:id>", views.show, name="show")]
