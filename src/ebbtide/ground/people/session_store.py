"""Sessions in the database, as Django keeps them, read with a statement that is composed once."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.contrib.sessions.backends import db

from ebbtide.ground.database.prepared import MOMENT, WORDS, Statement
from ebbtide.ground.people.sessions import real_s


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> Any:
        found = _statement().first(self.session_key, datetime.fromtimestamp(real_s(), tz=UTC))
        if found is None:
            self._session_key = None
        return found


@lru_cache(maxsize=1)
def _statement() -> Statement:
    rows = SessionStore.get_model_class().objects.filter(session_key=WORDS[0], expire_date__gt=MOMENT)
    return Statement(rows, WORDS[0], MOMENT)
