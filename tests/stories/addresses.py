"""Every page of the running clinic that can be opened: run as a process of its own, it prints names and addresses as JSON."""

import json

import django

django.setup()

from tools.bench.pages import pages  # noqa: E402

print(json.dumps(list(pages())))
