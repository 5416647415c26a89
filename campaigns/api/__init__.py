"""The API, version 1: JSON over HTTP, one key of one tenant."""

from __future__ import annotations

from flask import Flask

from campaigns.api import (
    events,
    executions,
    health,
    imports,
    leads,
    moves,
    openapi,
    simulations,
    stories,
    switches,
    tasks,
    vocabulary,
    workflows,
)

PREFIX = "/api/v1"


def register(app: Flask) -> None:
    """Add the API's routes to the app."""
    trying = (simulations, stories)
    for module in (leads, imports, events, vocabulary, workflows, executions, moves, switches, *trying, tasks, openapi):
        app.register_blueprint(module.bp, url_prefix=PREFIX)
    app.register_blueprint(health.bp)
