"""The ASGI application that the server runs: pages and streams on one port."""

import os
import warnings

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ebbtide.site.settings")
# WhiteNoise hands out files through a synchronous iterator, which Django mentions for every call site and which is harmless
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
django.setup(set_prefix=False)

from ebbtide.site.serve.pages import PagesAndStreams  # noqa: E402 - Django must be ready before

application = PagesAndStreams()
