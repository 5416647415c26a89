"""The circuit breaker: five failures in a row, half a minute of rest, and one try that decides."""

from datetime import UTC, datetime, timedelta

from campaigns.outgoing.breaker import FAILURES, REST, Breaker

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def failing(times: int) -> Breaker:
    breaker = Breaker()
    for _ in range(times):
        breaker.failed("acme", "crm.example.com", NOW)
    return breaker


def test_it_opens_after_five_failures_in_a_row_for_this_tenant_and_host():
    assert failing(FAILURES - 1).rests_until("acme", "crm.example.com", NOW) is None
    opened = failing(FAILURES)
    assert opened.rests_until("acme", "crm.example.com", NOW) == NOW + REST
    assert opened.rests_until("globex", "crm.example.com", NOW) is None
    assert opened.rests_until("acme", "other.example.com", NOW) is None


def test_a_success_closes_it_and_one_more_failure_after_the_rest_opens_it_again():
    breaker = failing(FAILURES)
    later = NOW + REST + timedelta(seconds=1)
    assert breaker.rests_until("acme", "crm.example.com", later) is None
    breaker.failed("acme", "crm.example.com", later)
    assert breaker.rests_until("acme", "crm.example.com", later) == later + REST
    breaker.succeeded("acme", "crm.example.com")
    assert breaker.rests_until("acme", "crm.example.com", later) is None
