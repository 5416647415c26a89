"""The error family. A class's docstring is its default message; each is translated once, at the edge."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with what was sent: a JSON Pointer into it, and a sentence for people."""

    path: str
    message: str


class CampaignsError(Exception):
    """Something went wrong."""

    code = "error"
    status = 500

    def __init__(self, message: str | None = None, *, problems: list[Problem] | None = None) -> None:
        self.message = message or (type(self).__doc__ or "").strip().splitlines()[0]
        self.problems = problems or []
        super().__init__(self.message)


class Malformed(CampaignsError):
    """The request could not be read."""

    code = "malformed"
    status = 400


class NotSignedIn(CampaignsError):
    """Sign in, or send a valid API key."""

    code = "unauthorized"
    status = 401


class Forbidden(CampaignsError):
    """You may not do this here."""

    code = "forbidden"
    status = 403


class NotFound(CampaignsError):
    """There is no such thing here."""

    code = "not_found"
    status = 404


class Conflict(CampaignsError):
    """This clashes with the present state."""

    code = "conflict"
    status = 409


class InUse(Conflict):
    """This is still in use."""

    code = "in_use"


class Inactive(Conflict):
    """The workflow is not active."""

    code = "inactive"


class NotWaiting(Conflict):
    """The execution does not wait for a time."""

    code = "not_waiting"


class StoryFailed(Conflict):
    """A story test of the workflow fails, so it was not published."""

    code = "story_failed"


class LimitReached(Conflict):
    """A limit of the workflow refuses this."""

    code = "limit"

    def __init__(self, limit: str, message: str | None = None) -> None:
        super().__init__(message or f"refused: the limit {limit} is reached")
        self.limit = limit


class Stale(CampaignsError):
    """Somebody else changed this in the meantime."""

    code = "stale"
    status = 412


class TooLarge(CampaignsError):
    """This is larger than allowed."""

    code = "too_large"
    status = 413


class UnsupportedType(CampaignsError):
    """Send JSON with Content-Type: application/json."""

    code = "unsupported_type"
    status = 415


class Invalid(CampaignsError):
    """Some of what was sent is not valid."""

    code = "invalid"
    status = 422


class TooMany(CampaignsError):
    """Too many requests: wait a moment and try again."""

    code = "too_many"
    status = 429

    def __init__(self, message: str | None = None, *, retry_after_seconds: int = 1) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class NoTenant(CampaignsError):
    """Work on a tenant's data was asked for without naming the tenant."""

    code = "no_tenant"


class LeaseLost(CampaignsError):
    """Another worker has taken over this work; nothing of this batch was written."""

    code = "lease_lost"
