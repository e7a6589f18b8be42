"""The ASGI application that the server runs: pages and streams on one port."""

import os
import warnings

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ebbtide.site.settings")
# WhiteNoise hands out files through a synchronous iterator, which Django mentions for every call site and which is harmless
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
application = get_asgi_application()
