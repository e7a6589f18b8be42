"""Triggers of a table whose rows are never changed, removed or emptied; the database itself refuses."""

import pgtrigger

APPEND_ONLY = [
    pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
    # Protect() does not stop TRUNCATE, so a statement trigger does
    pgtrigger.Trigger(
        name="never_emptied",
        level=pgtrigger.Statement,
        operation=pgtrigger.Truncate,
        when=pgtrigger.Before,
        func="RAISE EXCEPTION 'the rows of % are never emptied', TG_TABLE_NAME;",
    ),
]
