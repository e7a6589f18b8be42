"""Django's view of the people room."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "ebbtide.ground.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"
