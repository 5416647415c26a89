"""What lies on the public internet and what does not, in every form an address may hide in."""

from ipaddress import ip_address, ip_network

import pytest

from campaigns.outgoing.addresses import is_listed, is_public, read

RANGES = (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 "
    "192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 "
    "::/128 ::1/128 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/32 2001:db8::/32 2002::/16 fc00::/7 "
    "fe80::/10 fec0::/10 ff00::/8"
).split()
EDGES = [str(edge) for text in RANGES for edge in (ip_network(text)[0], ip_network(text)[-1])]
CLOTHED = [
    form.format(*inner.split("."), whole=inner)
    for inner in ("127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.1.1", "100.100.100.200")
    for form in ("::ffff:{whole}", "::{whole}", "64:ff9b::{whole}")
]
SPECIAL = ["169.254.169.254", "100.100.100.200", "fd00:ec2::254", "::ffff:7f00:1", "64:ff9b::7f00:1", "2002:7f00:1::"]


@pytest.mark.parametrize("text", [*EDGES, *CLOTHED, *SPECIAL])
def test_what_is_not_public_is_refused(text):
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450::1"])
def test_what_is_public_is_let_through(text):
    assert is_public(ip_address(text))


def test_an_allowed_network_may_be_reached_but_never_link_local():
    allowed = [ip_network("10.0.0.0/8"), ip_network("169.254.0.0/16"), ip_network("fd00::/8")]
    assert is_listed(ip_address("10.9.9.9"), allowed)
    assert is_listed(ip_address("::ffff:10.9.9.9"), allowed)
    assert is_listed(ip_address("fd00::1"), allowed)
    assert not is_listed(ip_address("169.254.169.254"), allowed)
    assert not is_listed(ip_address("11.0.0.1"), allowed)


def test_a_zone_is_no_part_of_an_address():
    assert read("fe80::1%eth0") == ip_address("fe80::1")
