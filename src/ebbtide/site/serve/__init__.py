"""The serve room: one supervisor for database, pages and worker; nothing outlives it."""

from ebbtide.site.serve.options import ServeOptions
from ebbtide.site.serve.supervisor import serve

__all__ = ["ServeOptions", "serve"]
