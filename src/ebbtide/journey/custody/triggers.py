"""What the database itself refuses about a movement: a balance below zero, a way that is none, a void of something else."""

import pgtrigger

from ebbtide.journey.custody.rules import NEED_TWO, WAYS

# one lock for each vial: two people at two screens never take the same milligram
VIAL_LOCK = "custody vial "

_WAYS = ", ".join(sorted(f"('{kind}', '{a}', '{b}')" for kind, ways in WAYS.items() for a, b in ways))

_TWO = ", ".join(sorted(f"'{kind}'" for kind in NEED_TWO))

_REFUSE = "RAISE EXCEPTION '{words}' USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';"

_CHECK = f"""
    PERFORM pg_advisory_xact_lock(hashtextextended('{VIAL_LOCK}' || NEW.vial_id, 0));
    SELECT kind, clinic_id, visit_id INTO way_from, clinic_from, visit_from
        FROM custody_account WHERE id = NEW.from_account_id;
    SELECT kind, clinic_id, visit_id INTO way_to, clinic_to, visit_to
        FROM custody_account WHERE id = NEW.to_account_id;
    SELECT clinic_id INTO clinic_vial FROM custody_vial WHERE id = NEW.vial_id;
    IF NEW.clinic_id IS DISTINCT FROM clinic_from OR NEW.clinic_id IS DISTINCT FROM clinic_to
        OR NEW.clinic_id IS DISTINCT FROM clinic_vial THEN
        {_REFUSE.format(words="drug never moves between clinics", name="movement_within_one_clinic")}
    END IF;
    IF COALESCE(visit_from, visit_to) IS DISTINCT FROM NEW.visit_id THEN
        {_REFUSE.format(words="a movement names the visit whose syringe it touches", name="movement_names_its_visit")}
    END IF;
    IF NEW.kind <> 'void' AND (NEW.kind::text, way_from::text, way_to::text) NOT IN ({_WAYS}) THEN
        {_REFUSE.format(words="drug never moves this way", name="movement_goes_its_way")}
    END IF;
    IF NEW.kind = 'void' AND NOT EXISTS (
        SELECT 1 FROM custody_movement m WHERE m.id = NEW.voids_id AND m.kind <> 'void' AND m.vial_id = NEW.vial_id
            AND m.amount_ug = NEW.amount_ug AND m.from_account_id = NEW.to_account_id
            AND m.to_account_id = NEW.from_account_id
            AND (m.kind NOT IN ({_TWO}) OR NEW.witness_id IS NOT NULL)) THEN
        {_REFUSE.format(words="a void is the reverse of the row it names", name="movement_void_is_reciprocal")}
    END IF;
    IF way_from NOT IN ('supplier', 'variance') THEN
        SELECT COALESCE(SUM(CASE WHEN m.to_account_id = NEW.from_account_id THEN m.amount_ug ELSE -m.amount_ug END), 0)
            INTO held_ug FROM custody_movement m
            WHERE m.vial_id = NEW.vial_id
                AND (m.from_account_id = NEW.from_account_id OR m.to_account_id = NEW.from_account_id);
        IF held_ug < NEW.amount_ug THEN
            {_REFUSE.format(words="the account would hold less than nothing", name="movement_never_below_zero")}
        END IF;
    END IF;
    RETURN NEW;
"""  # noqa: S608 - made of our own names alone

BALANCED = pgtrigger.Trigger(
    name="balanced",
    operation=pgtrigger.Insert,
    when=pgtrigger.Before,
    declare=[
        ("way_from", "text"),
        ("way_to", "text"),
        ("clinic_from", "uuid"),
        ("clinic_to", "uuid"),
        ("clinic_vial", "uuid"),
        ("visit_from", "uuid"),
        ("visit_to", "uuid"),
        ("held_ug", "bigint"),
    ],
    func=_CHECK,
)
