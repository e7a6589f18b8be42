"""The ASGI application that the server runs: pages and streams on one port."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ebbtide.site.settings")
application = get_asgi_application()
