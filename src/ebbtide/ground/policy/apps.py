"""Django's view of the policy room."""

from django.apps import AppConfig


class PolicyConfig(AppConfig):
    name = "ebbtide.ground.policy"
    label = "policy"
