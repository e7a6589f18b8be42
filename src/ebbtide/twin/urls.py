"""Routes of the demonstration; they exist only under --demo."""

from django.urls import path

from ebbtide.twin import views

app_name = "twin"
urlpatterns = [
    path("", views.people, name="people"),
    path("sign-in", views.sign_in, name="sign_in"),
    path("mailbox", views.mailbox, name="mailbox"),
]
