"""Routes of the room custody."""

from django.urls import URLPattern, path

from ebbtide.journey.custody import record_views, variance_views, views

app_name = "custody"
urlpatterns: list[URLPattern] = [
    path("", views.safe, name="safe"),
    path("receive", views.receive, name="receive"),
    path("register", views.register, name="register"),
    path("report", record_views.report, name="report"),
    path("reports/<uuid:id>", record_views.report_file, name="report_file"),
    path("count", record_views.count, name="count"),
    path("counts", record_views.counts, name="counts"),
    path("counts/<uuid:id>", record_views.counted, name="counted"),
    path("counts/<uuid:id>/sign", record_views.sign, name="sign_count"),
    path("counts/<uuid:id>/paper", record_views.count_paper, name="count_paper"),
    path("destroy", record_views.destroy, name="destroy"),
    path("destructions", record_views.destructions, name="destructions"),
    path("destructions/<uuid:id>/paper", record_views.destruction_paper, name="destruction_paper"),
    path("variances", variance_views.variances, name="variances"),
    path("variances/<uuid:id>", variance_views.investigation, name="investigation"),
    path("variances/<uuid:id>/note", variance_views.note, name="note"),
    path("variances/<uuid:id>/loss", variance_views.loss, name="loss"),
    path("variances/<uuid:id>/close", variance_views.close, name="close"),
    path("losses/<uuid:id>/paper", variance_views.loss_paper, name="loss_paper"),
    path("visits/<uuid:id>", views.visit, name="visit"),
    path("visits/<uuid:id>/draw", views.draw, name="draw"),
    path("visits/<uuid:id>/waste", views.waste, name="waste"),
    path("visits/<uuid:id>/return", views.give_back, name="return"),
    path("visits/<uuid:id>/hand-on", views.hand_on, name="hand_on"),
    path("visits/<uuid:id>/variance", variance_views.variance, name="variance"),
    path("vials/<uuid:id>", views.vial, name="vial"),
    path("vials/<uuid:id>/waste", views.vial_waste, name="vial_waste"),
    path("vials/<uuid:id>/return", views.vial_return, name="vial_return"),
    path("vials/<uuid:id>/variance", variance_views.vial_variance, name="vial_variance"),
    path("movements/<uuid:id>/void", views.void, name="void"),
]
