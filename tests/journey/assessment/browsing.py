"""A signed-in client, and the forms of a page as a browser would send them."""

from html.parser import HTMLParser

from django.test import Client


def signed_in(staff) -> Client:
    client = Client()
    client.force_login(staff.account, backend="ebbtide.ground.people.sign_in.AccountBackend")
    session = client.session
    session["second_factor_enrolled"] = True
    session.save()
    return client


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.forms.append((given.get("action") or "", {}))
        elif tag == "input" and given.get("type") == "hidden" and self.forms:
            self.forms[-1][1][given["name"]] = given.get("value", "")


def hidden_of(response, action: str = "", **having) -> dict[str, str]:
    """The hidden fields of the first form with this action and these values."""
    reader = _Forms()
    reader.feed(response.content.decode())
    for found, fields in reader.forms:
        if (found.endswith(action) if action else not found) and all(
            fields.get(name) == value for name, value in having.items()
        ):
            return fields
    raise AssertionError(f"no form for {action} with {having}")
