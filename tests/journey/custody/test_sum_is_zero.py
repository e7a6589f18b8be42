"""Random days at the safe: after each act all accounts together are zero, and no balance is below it."""

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.ledger.digests import forget_shapes
from ebbtide.journey.custody.models import Account, AccountKind, Movement, MovementKind, Vial
from ebbtide.journey.custody.queries import balance_of, balances, left_in
from ebbtide.journey.custody.rules import VisitBalance
from tests.builders import an_actor
from tests.journey.custody.safe import Safe

PICK = st.integers(0, 50)
# mostly what a visit has in hand, sometimes more
SOME_UG = st.one_of(st.integers(1, 90_000), st.integers(1, 90_000), st.integers(1, 600_000))
# what the days were made of, so that a machine that does nothing is seen
KINDS: set[str] = set()
REFUSALS: set[str] = set()


class Days(RuleBasedStateMachine):
    """Two visits, some vials, and everything that can be done to them, allowed or not."""

    def __init__(self):
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.safe = Safe()
        self.visits = [self.safe.visit(), self.safe.visit()]
        self.second = an_actor(self.safe.doctor)
        vial = self.safe.receive()
        for visit in self.visits:
            self.safe.draw(visit, vial, 200)
        self.safe.give_back(self.visits[0], vial, 10)

    def teardown(self):
        KINDS.update(Movement.objects.values_list("kind", flat=True))
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)
        forget_shapes()

    def attempt(self, act, *args, **told):
        try:
            with transaction.atomic():
                act(*args, **told)
        except Refused as refused:
            REFUSALS.add(refused.rule)

    def vial(self, pick):
        vials = list(Vial.objects.order_by("received_at", "id"))
        return vials[pick % len(vials)]

    @rule()
    def receive(self):
        self.attempt(self.safe.receive)

    @precondition(lambda self: Vial.objects.exists())
    @rule(pick=PICK, visit=st.integers(0, 1), amount=st.integers(1, 600))
    def draw(self, pick, visit, amount):
        self.attempt(self.safe.draw, self.visits[visit], self.vial(pick), amount)

    @rule(visit=st.integers(0, 1), ug=SOME_UG)
    def give(self, visit, ug):
        self.attempt(self.safe.give, self.visits[visit], f"{ug / 1000:.3f}")

    @rule(visit=st.integers(0, 1), ug=SOME_UG)
    def waste(self, visit, ug):
        self.attempt(self.safe.waste, self.visits[visit], f"{ug / 1000:.3f}", witness=self.second)

    @precondition(lambda self: Vial.objects.exists())
    @rule(pick=PICK, visit=st.integers(0, 1), amount=st.integers(1, 600))
    def give_back(self, pick, visit, amount):
        self.attempt(self.safe.give_back, self.visits[visit], self.vial(pick), amount)

    @rule(visit=st.integers(0, 1), ug=st.integers(-50_000, 50_000))
    def variance(self, visit, ug):
        told = {"visit": self.visits[visit], "second": self.second, "owner": self.safe.director}
        self.attempt(self.safe.variance, f"{ug / 1000:.3f}", **told)

    @rule(pick=PICK, visit=st.integers(0, 1), amount=st.integers(1, 300))
    def hand_on(self, pick, visit, amount):
        one, other = self.visits[visit], self.visits[1 - visit]
        self.attempt(self.safe.hand_on, one, other, self.vial(pick), amount)

    @rule(pick=PICK)
    def destroy(self, pick):
        self.attempt(self.safe.destroy, self.vial(pick), witness=self.second)

    @rule(visit=st.integers(0, 1), ug=st.integers(1, 3_000))
    def midazolam_is_given_after_it_was_drawn(self, visit, ug):
        amount, drug = f"{ug / 1000:.3f}", "midazolam"
        vial = self.safe.midazolam()
        self.attempt(self.safe.draw, self.visits[visit], vial, amount, drug=drug)
        self.attempt(self.safe.give, self.visits[visit], amount, drug=drug)

    @precondition(lambda self: Movement.objects.exists())
    @rule(pick=PICK)
    def void(self, pick):
        rows = list(Movement.objects.order_by("recorded_at", "id"))
        self.attempt(self.safe.void, rows[pick % len(rows)], witness=self.second)

    @invariant()
    def all_accounts_together_are_zero(self):
        held = {account: left_in(account) for account in Account.objects.filter(clinic=self.safe.clinic)}
        assert sum(sum(parts.values()) for parts in held.values()) == 0
        for account, parts in held.items():
            if account.kind not in {AccountKind.SUPPLIER, AccountKind.VARIANCE}:
                assert all(left_ug > 0 for left_ug in parts.values()), account.kind

    @invariant()
    def what_the_visit_page_says_is_what_the_account_holds(self):
        for visit in self.visits:
            account = Account.objects.filter(visit=visit).first()
            held = left_in(account) if account else {}
            drugs = dict(Vial.objects.filter(pk__in=held).values_list("pk", "drug"))
            found = balances(visit)
            for drug in ("racemate", "midazolam"):
                held_ug = sum(ug for vial, ug in held.items() if drugs[vial] == drug)
                assert (found[drug].in_hand_ug if drug in found else 0) == held_ug
            assert balance_of(visit) == found.get("racemate", VisitBalance()), (
                "a draw that was voided leaves nothing"
            )


def spend(days, acts):
    """So many random days of so many acts, each in a transaction that is undone."""
    from hypothesis.stateful import run_state_machine_as_test

    assert connection.in_atomic_block
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    run_state_machine_as_test(
        Days,
        settings=settings(
            max_examples=days,
            stateful_step_count=acts,
            derandomize=True,
            deadline=None,
            suppress_health_check=checks,
            database=None,
        ),
    )


@pytest.mark.nightly
@pytest.mark.timeout(900)
@pytest.mark.django_db
def test_a_thousand_steps_on_the_real_database():
    spend(days=40, acts=25)
    assert set(MovementKind.values) == KINDS
    assert "CUS-SHORT" in REFUSALS


@pytest.mark.weekly
@pytest.mark.timeout(3600)
@pytest.mark.django_db
def test_ten_thousand_steps_on_the_real_database():
    spend(days=400, acts=25)
