"""Django's view of the people room."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "ebbtide.ground.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ebbtide.ground.people.sign_in_log import listen

        listen()
