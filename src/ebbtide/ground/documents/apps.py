"""Django's view of the documents room."""

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "ebbtide.ground.documents"
    label = "documents"
    default_auto_field = "django.db.models.BigAutoField"
