"""Which addresses a tenant's calls may reach. The rules are those of docs/explanation/outgoing-calls.md."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_NEVER = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15",
        "224.0.0.0/4", "240.0.0.0/4", "fe80::/10", "fec0::/10", "ff00::/8", "100::/64", "2001::/23", "2001:db8::/32",
        "3fff::/20", "5f00::/16",
    )
)  # fmt: skip
_LINK_LOCAL = (IPv4Network("169.254.0.0/16"), IPv6Network("fe80::/10"))


def is_public(address: Address) -> bool:
    """Return whether an address lies on the public internet, whatever form it hides in."""
    inner = _hidden(address)
    if inner is not None:
        return False  # an IPv4 address in the clothes of IPv6 is asked for by nobody who means well
    if any(address in network for network in _NEVER if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def is_listed(address: Address, allowed: Iterable[Network]) -> bool:
    """Return whether the operator has allowed an address. Link-local ones stay forbidden."""
    plain = address.ipv4_mapped if isinstance(address, IPv6Address) and address.ipv4_mapped else address
    if any(plain in network for network in _LINK_LOCAL if network.version == plain.version):
        return False
    return any(plain in network for network in allowed if network.version == plain.version)


def read(text: str) -> Address:
    """Return the address of a text as a resolver gives it; a zone index is cut off."""
    return ip_address(text.partition("%")[0])


def _hidden(address: Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 one carries: mapped, 6to4, Teredo, NAT64, or compatible."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if any(address in network for network in _NAT64) or int(address) >> 32 == 0:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None
