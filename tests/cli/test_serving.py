from __future__ import annotations

import socket

from campaigns.cli.serving import free_port


def test_a_port_that_somebody_listens_on_is_given_up_for_any_other() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        assert free_port("127.0.0.1", wanted=taken) == 0
    assert free_port("127.0.0.1", wanted=taken) == taken
