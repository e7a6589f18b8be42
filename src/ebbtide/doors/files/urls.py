"""Routes of the files door."""

from django.urls import path

from ebbtide.doors.files import views

app_name = "files"
urlpatterns = [
    path("patients/<uuid:id>/import/", views.bring, name="import"),
    path("imports/<uuid:id>/", views.import_result, name="import_result"),
    path("departures/<uuid:id>/report/", views.session_report, name="session_report"),
]
