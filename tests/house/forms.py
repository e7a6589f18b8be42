"""The forms of a page, filled in as a browser would send them when nobody touched anything."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Filled:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Filled] = []
        self.name, self.area = "", ""

    def handle_starttag(self, tag, attrs):
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Filled(given.get("action", ""), given.get("method", "get").lower()))
        elif self.forms and tag in {"input", "select", "textarea", "option"}:
            self._field(tag, given)

    def _field(self, tag, given):
        fields = self.forms[-1].fields
        if tag == "select":
            self.name = given.get("name", "")
        elif tag == "textarea":
            self.area = given.get("name", "")
            fields[self.area] = ""
        elif tag == "option":
            if "selected" in given or self.name not in fields:
                fields[self.name] = given.get("value", "")
        elif given.get("type") not in {"checkbox", "radio", "file", "submit"} or "checked" in given:
            fields.setdefault(
                given.get("name", ""), given.get("value", "on" if given.get("type") == "checkbox" else "")
            )

    def handle_data(self, data):
        if self.area and self.forms:
            self.forms[-1].fields[self.area] += data.lstrip("\n")

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.area = ""
        if tag == "select":
            self.name = ""


def filled(answer, action: str = "", **having: str) -> dict[str, str]:
    """The first posted form whose address ends with `action` and which holds these values."""
    reader = _Reader()
    reader.feed(answer.content.decode())
    for form in reader.forms:
        fits = (
            form.action.partition("?")[0].endswith(action)
            if action
            else form.action in {"", answer.wsgi_request.path}
        )
        if form.method == "post" and fits and all(form.fields.get(n) == v for n, v in having.items()):
            return {
                name: value for name, value in form.fields.items() if name and name != "csrfmiddlewaretoken"
            }
    raise AssertionError(
        f"no form to {action or 'the page itself'} with {having} among {[f.action for f in reader.forms]}"
    )
