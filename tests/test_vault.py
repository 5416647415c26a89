"""Sealing: read again with the same key alone, and never the same text twice."""

import pytest

from campaigns.vault import Unreadable, Vault


def test_what_is_sealed_is_opened_with_the_same_key_alone():
    sealed = Vault("a" * 40).seal("s3cr3t ü")
    assert "s3cr3t" not in sealed
    assert Vault("a" * 40).open(sealed) == "s3cr3t ü"
    with pytest.raises(Unreadable):
        Vault("b" * 40).open(sealed)
    with pytest.raises(Unreadable):
        Vault("a" * 40).open(sealed[:-4] + "AAAA")


def test_the_same_text_is_sealed_differently_each_time():
    vault = Vault("a" * 40)
    assert vault.seal("x") != vault.seal("x")
