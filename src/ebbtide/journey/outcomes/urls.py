"""Routes of the room outcomes: the check-in by link first, then what staff see of it.

The link says nothing of health: anybody may see an address over somebody's shoulder.
"""

from django.urls import URLPattern, path

from ebbtide.journey.outcomes import check_in, views

app_name = "outcomes"
urlpatterns: list[URLPattern] = [
    path("check-in/<str:token>/", check_in.start, name="start"),
    path("check-in/<str:token>/<int:number>/", check_in.question, name="question"),
    path("check-in/<str:token>/<int:number>/help/", check_in.help_now, name="help"),
    path("check-in/<str:token>/finish/", check_in.finish, name="finish"),
    path("check-in/<str:token>/done/", check_in.done, name="done"),
    path("outcomes/check-ins/", views.check_ins, name="check_ins"),
    path("outcomes/check-ins/rows/", views.check_in_rows, name="check_in_rows"),
    path("outcomes/episode/<uuid:id>/", views.episode, name="episode"),
    path("outcomes/episode/<uuid:id>/enter/<slug:instrument>/", views.enter, name="enter"),
    path("outcomes/alerts/", views.alerts, name="alerts"),
    path("outcomes/alerts/rows/", views.alert_rows, name="alert_rows"),
    path("outcomes/alerts/<uuid:id>/", views.alert, name="alert"),
    path("outcomes/alerts/<uuid:id>/take/", views.take, name="take_alert"),
    path("outcomes/alerts/<uuid:id>/close/", views.close, name="close_alert"),
]
