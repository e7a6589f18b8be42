"""The table of what monitors sent, partitioned by month, append-only, and a function that makes the months ahead."""

from django.db import migrations

MADE = """
CREATE TABLE infusion_sample (
    device_id uuid NOT NULL REFERENCES infusion_device (id) DEFERRABLE INITIALLY DEFERRED,
    signal varchar(16) NOT NULL,
    observed_at timestamptz NOT NULL,
    value double precision,
    unit varchar(12) NOT NULL,
    state varchar(12) NOT NULL,
    received_at timestamptz NOT NULL,
    session_id uuid REFERENCES infusion_session (id) DEFERRABLE INITIALLY DEFERRED,
    batch_id uuid NOT NULL REFERENCES infusion_batch (id) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (device_id, signal, observed_at),
    CONSTRAINT sample_has_a_value_or_a_reason CHECK (
        (state IN ('value', 'synthetic') AND value IS NOT NULL)
        OR (state IN ('no_data', 'probe_off', 'artefact') AND value IS NULL)
    )
) PARTITION BY RANGE (observed_at);

CREATE INDEX sample_by_session ON infusion_sample (session_id, observed_at) WHERE session_id IS NOT NULL;

-- a device whose clock is wrong must not lose what it sent: such rows land here
CREATE TABLE infusion_sample_elsewhen PARTITION OF infusion_sample DEFAULT;

CREATE FUNCTION infusion_sample_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the rows of % are never changed, removed or emptied', TG_TABLE_NAME;
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON infusion_sample
    FOR EACH ROW EXECUTE FUNCTION infusion_sample_refuse();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON infusion_sample
    FOR EACH STATEMENT EXECUTE FUNCTION infusion_sample_refuse();

-- runs with the owner's rights, because the application owns nothing; it can make months and nothing else
CREATE FUNCTION infusion_make_sample_months(first_on date, months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    begins date;
    part text;
    made integer := 0;
BEGIN
    IF months NOT BETWEEN 1 AND 60 THEN
        RAISE EXCEPTION 'make 1 to 60 months at once, not %', months;
    END IF;
    FOR n IN 0 .. months - 1 LOOP
        begins := date_trunc('month', first_on)::date + make_interval(months => n);
        part := 'infusion_sample_' || to_char(begins, 'YYYY_MM');
        IF to_regclass('public.' || part) IS NULL
           AND NOT EXISTS (
               SELECT 1 FROM infusion_sample_elsewhen
               WHERE observed_at >= begins AND observed_at < begins + interval '1 month'
           ) THEN
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF infusion_sample FOR VALUES FROM (%L) TO (%L)',
                part, begins::timestamp AT TIME ZONE 'UTC', (begins + interval '1 month')::timestamp AT TIME ZONE 'UTC'
            );
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$;

SELECT infusion_make_sample_months(DATE '2026-10-01', 15);
"""
UNMADE = """
DROP FUNCTION infusion_make_sample_months(date, integer);
DROP TABLE infusion_sample;
DROP FUNCTION infusion_sample_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("infusion", "0001_sessions_and_samples")]

    operations = [migrations.RunSQL(MADE, UNMADE)]
