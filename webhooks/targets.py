"""May this address be called, and what does it answer?

A webhook's address comes from a form, so calling it must not reach into our own network: the
name is resolved once, every address it has must be public, and the connection goes to exactly
the address that was checked (a name that resolves differently a moment later changes nothing).
Redirects are not followed.
"""

import ipaddress
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import urllib3
from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import HTTPResponse

from webhooks.errors import BadTarget

#: Seconds until all of the answer's head is here, though it may come byte by byte.
ANSWER_SECONDS = 10
#: Seconds to connect, and to wait for each byte of the answer.
TIMEOUT = urllib3.Timeout(connect=3, read=ANSWER_SECONDS)

#: All of IPv6 that is the internet (RFC 4291); the rest is inside, or carries IPv4.
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Target:
    """An address that was checked: where to connect, and what to ask for there."""

    url: SplitResult
    address: str
    port: int


def resolve(url: str) -> Target:
    """Check an endpoint's URL and return where to connect.

    Raises:
        BadTarget: not an http(s) URL, plain http where https is due, a name that does not
            resolve, or an address inside a private network.
    """
    parts, given_port = _parts(url)
    allowed = {"https", "http"} if settings.WEBHOOKS_ALLOW_PRIVATE else {"https"}
    if parts.scheme not in allowed or not parts.hostname:
        raise BadTarget(f"{url!r} is no {' or '.join(sorted(allowed))} address", url=url)
    port = given_port or (443 if parts.scheme == "https" else 80)
    addresses = _addresses(parts.hostname, port)
    if not settings.WEBHOOKS_ALLOW_PRIVATE and not all(map(_is_public, addresses)):
        raise BadTarget(f"{parts.hostname} leads into a private network", url=url)
    return Target(url=parts, address=addresses[0], port=port)


def _parts(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as problem:  # brackets that do not close, a port beyond 65535
        raise BadTarget(f"{url!r} is no address: {problem}", url=url) from problem
    if not parts.netloc.isascii():  # headers and certificates know no other letters
        raise BadTarget(f"write {parts.netloc!r} in its ASCII form (xn--…)", url=url)
    return parts, port


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        raise BadTarget(f"{host} does not resolve: {problem}", host=host) from problem
    return [str(entry[4][0]) for entry in found]


def _is_public(address: str) -> bool:
    known = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(known, ipaddress.IPv6Address):
        inner = _carried(known)
        if inner is None and known not in _GLOBAL_UNICAST:
            return False
        known = inner or known
    return known.is_global and not known.is_multicast


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address to which a gateway would take an IPv6 one."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def post(target: Target, *, body: bytes, headers: dict[str, str]) -> int:
    """Post ``body`` and return the HTTP status.

    Raises:
        urllib3.exceptions.HTTPError: no connection, no answer in time, a bad certificate.
    """
    path = target.url.path or "/"
    if target.url.query:
        path += f"?{target.url.query}"
    with _pool(target) as pool:
        answer = pool.urlopen(
            "POST",
            path,
            body=body,
            headers={**headers, "Host": target.url.netloc.rpartition("@")[2]},
            redirect=False,
            retries=False,
            timeout=TIMEOUT,
            # The status is all we want: a body without end must not fill our memory.
            preload_content=False,
        )
        answer.close()
        return answer.status


class _Punctual(HTTPConnection):
    """A connection whose answer has one deadline, however slowly it drips."""

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # like urllib3
        """Return the answer, or break off once it is late.

        Raises:
            TimeoutError: it was not there in time.
        """
        late = threading.Event()
        timer = threading.Timer(ANSWER_SECONDS, _break_off, [self.sock, late])
        timer.daemon = True
        timer.start()
        try:
            answer = super().getresponse()
        finally:
            timer.cancel()
        # What was broken off between two lines looks like a whole answer.
        if late.is_set():
            answer.close()
            raise TimeoutError(f"no whole answer within {ANSWER_SECONDS} seconds")
        return answer


class _PunctualTls(_Punctual, HTTPSConnection):
    """The same over TLS."""


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Punctual


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _PunctualTls


def _break_off(connection: socket.socket, late: threading.Event) -> None:
    late.set()
    with suppress(OSError):  # it has ended by itself meanwhile
        connection.shutdown(socket.SHUT_RDWR)


def _pool(target: Target) -> urllib3.HTTPConnectionPool:
    if target.url.scheme == "http":
        return _Pool(target.address, target.port)
    host = target.url.hostname
    return _TlsPool(target.address, target.port, server_hostname=host, assert_hostname=host)
