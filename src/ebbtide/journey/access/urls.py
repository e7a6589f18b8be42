"""Routes of the room access: the public questions first, then the queue and what follows from it."""

from django.urls import URLPattern, path

from ebbtide.journey.access import asking, views, visit_views

app_name = "access"
urlpatterns: list[URLPattern] = [
    path("", asking.start, name="request"),
    path("ask/<slug:slug>/", asking.step, name="step"),
    path("review/", asking.review, name="review"),
    path("received/", asking.received, name="received"),
    path("queue/", views.queue, name="queue"),
    path("queue/rows/", views.queue_rows, name="queue_rows"),
    path("telephoned/", views.type_request, name="type_request"),
    path("<uuid:id>/", views.show, name="show"),
    path("<uuid:id>/take/", views.take, name="take"),
    path("<uuid:id>/hand-over/", views.hand_over, name="hand_over"),
    path("<uuid:id>/accept/", views.accept, name="accept"),
    path("<uuid:id>/not-here/", views.not_here, name="not_here"),
    path("episode/<uuid:id>/book/", visit_views.book, name="book_visit"),
    path("visit/<uuid:id>/", visit_views.show, name="visit"),
    path("visit/<uuid:id>/move/", visit_views.move, name="move_visit"),
    path("visit/<uuid:id>/cancel/", visit_views.cancel, name="cancel_visit"),
    path("visit/<uuid:id>/held/", visit_views.hold, name="hold_visit"),
]
