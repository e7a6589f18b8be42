"""One resource is in one place at a time: a range exclusion that needs no extension."""

from django.db import migrations

# resource number and minute in one int8: 2^32 minutes from 1970 reach the year 10136, so ranges of two resources never touch
FORWARD = """
ALTER TABLE people_occupancy ADD CONSTRAINT occupancy_never_overlaps
EXCLUDE USING gist (
    int8range(resource_id * 4294967296 + start_min, resource_id * 4294967296 + end_min) WITH &&
) WHERE (released_at IS NULL)
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0001_people_and_places")]
    operations = [
        migrations.RunSQL(FORWARD, "ALTER TABLE people_occupancy DROP CONSTRAINT occupancy_never_overlaps")
    ]
