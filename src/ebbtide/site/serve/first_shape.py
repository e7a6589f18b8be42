"""Building an empty record quickly: the same steps and the same tables, without drawing every related model again each time.

Django draws a model and all models related to it anew after every step of a migration. In a record in which everything
hangs on a person that is nearly every model, several hundred times: most of a first start. On an empty record only the
model that a step speaks of has to be drawn again, because no step of ours changes the type of a key that others name.
`tests/site/serve/test_first_shape.py` builds the record both ways and compares every table, rule and trigger.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db.migrations.state import ProjectState

RELOAD_ONE, RELOAD_SEVERAL = "reload_model", "reload_models"


def _one(state: Any, app_label: str, model_name: str, delay: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's own signature
    _several(state, [(app_label, model_name)], delay)


def _several(state: Any, models: Iterable[tuple[str, str]], delay: bool = True) -> None:  # noqa: FBT001, FBT002 - Django's own signature
    if "apps" in state.__dict__:
        state._reload({(label, name.lower()) for label, name in models})


@contextmanager
def drawn_near() -> Iterator[None]:
    """Within this, a step of a migration draws its own model again and no other. For an empty record alone."""
    before = {name: getattr(ProjectState, name) for name in (RELOAD_ONE, RELOAD_SEVERAL)}
    setattr(ProjectState, RELOAD_ONE, _one)
    setattr(ProjectState, RELOAD_SEVERAL, _several)
    try:
        yield
    finally:
        for name, method in before.items():
            setattr(ProjectState, name, method)
