"""Django's view of the stage outcomes."""

from django.apps import AppConfig


class OutcomesConfig(AppConfig):
    name = "ebbtide.journey.outcomes"
    label = "outcomes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ebbtide.ground.live.topics import register_topic
        from ebbtide.journey.leaving.concerns import register_opener
        from ebbtide.journey.outcomes.actions.alerts import open_told

        # what is told in recovery or on the call of the day after is an alert of this stage, in that very transaction
        register_opener(open_told)

        # the list of alerts is for whoever may read one; a check-in's progress for whoever may know that it was asked
        register_topic("alerts", resource="outcomes.safety_alert", verb="read")
        register_topic("check_ins", resource="outcomes.invitation", verb="read")
