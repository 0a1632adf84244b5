"""A webhook's address must not lead into our own network."""

import socket

import pytest

from webhooks.errors import BadTarget
from webhooks.targets import resolve


@pytest.fixture
def names(monkeypatch, settings):
    """Answer for the resolver of this machine, which has no network in tests."""
    settings.WEBHOOKS_ALLOW_PRIVATE = False
    known: dict[str, list[str]] = {}

    def getaddrinfo(host, port, **_):
        if host not in known:
            raise socket.gaierror("unknown name")
        return [(2, 1, 6, "", (address, port)) for address in known[host]]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return known


def test_connects_to_exactly_the_address_that_was_checked(names):
    names["crm.example"] = ["93.184.216.34"]

    target = resolve("https://crm.example:8443/hook?x=1")

    assert (target.address, target.port, target.url.path) == ("93.184.216.34", 8443, "/hook")


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.9", "169.254.169.254", "0.1.2.3", "::1", "fd00::1",
     "fe80::1%eth0", "::ffff:10.0.0.1", "224.0.0.1", "100.64.0.1", "2002:a00:1::1",
     "64:ff9b::10.0.0.1", "::10.0.0.1", "::ffff:0:10.0.0.1", "fec0::1", "2001:0:a00:1::"],
)  # fmt: skip
def test_refuses_private_addresses(names, address):
    names["inside.example"] = [address]

    with pytest.raises(BadTarget, match="private network"):
        resolve("https://inside.example/")


@pytest.mark.parametrize("address", ["2606:2800:21f::1", "64:ff9b::93.184.216.34"])
def test_the_internet_of_today_is_reached(names, address):
    names["crm.example"] = [address]

    assert resolve("https://crm.example/").address == address


def test_one_private_address_among_public_ones_is_enough_to_refuse(names):
    names["both.example"] = ["93.184.216.34", "10.0.0.1"]

    with pytest.raises(BadTarget):
        resolve("https://both.example/")


@pytest.mark.parametrize(
    "url",
    ["http://crm.example/", "ftp://crm.example/", "https:///hook", "https://nowhere.example/",
     "https://crm.example:99999/", "https://[crm.example/", "https://касса.рф/"],
)  # fmt: skip
def test_refuses_what_is_no_reachable_https_address(names, url):
    names["crm.example"] = names["касса.рф"] = ["93.184.216.34"]

    with pytest.raises(BadTarget):
        resolve(url)


def test_an_owner_may_allow_a_private_network(names, settings):
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    names["inside.example"] = ["10.0.0.1"]

    assert resolve("http://inside.example/hook").address == "10.0.0.1"
