"""Django's view of the mail room."""

from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "ebbtide.doors.mail"
    label = "mail"
