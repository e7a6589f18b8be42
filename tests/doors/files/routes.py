"""The site's routes with the files door, whether or not the site has it already."""

from django.urls import include, path

from ebbtide.site.urls import handler400, handler403, handler404, handler500
from ebbtide.site.urls import urlpatterns as site_patterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
urlpatterns = [path("files/", include("ebbtide.doors.files.urls")), *site_patterns]
