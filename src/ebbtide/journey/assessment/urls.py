"""Routes of the room assessment: a page of an episode's work-up each, and the acts behind its forms."""

from django.urls import path

from ebbtide.journey.assessment.views import consents, history, signing, workbench

app_name = "assessment"
urlpatterns = [
    path("episodes/<uuid:id>/", workbench.workbench, name="workbench"),
    path("episodes/<uuid:id>/verdict/", workbench.verdict, name="verdict"),
    path("episodes/<uuid:id>/answers/", workbench.answers, name="answers"),
    path("episodes/<uuid:id>/history/", history.history, name="history"),
    path("episodes/<uuid:id>/history/add/", history.add_item, name="add_item"),
    path("episodes/<uuid:id>/history/end/", history.end_item, name="end_item"),
    path("episodes/<uuid:id>/history/confirm/", history.confirm_items, name="confirm_items"),
    path("episodes/<uuid:id>/history/confirm-list/", history.confirm_whole_list, name="confirm_list"),
    path("episodes/<uuid:id>/measurements/", history.measurements, name="measurements"),
    path("episodes/<uuid:id>/sign/", signing.sign, name="sign"),
    path("signed/<uuid:id>/", workbench.evaluation, name="evaluation"),
    path("episodes/<uuid:id>/consent/", consents.consents, name="consents"),
    path("episodes/<uuid:id>/consent/sign/", consents.consent_sign, name="consent_sign"),
    path("episodes/<uuid:id>/consent/scan/", consents.consent_scan, name="consent_scan"),
    path("episodes/<uuid:id>/consent/paper/", consents.consent_paper, name="consent_paper"),
    path("consents/<uuid:id>/withdraw/", consents.consent_withdraw, name="consent_withdraw"),
]
