"""Who asks: anyone, the holder of the key, or the person at this machine.

Without `NUANYI_KEY` the service is for this machine alone and everything is open; with a key,
stations, walking and places stay open to anyone and the rest asks for it.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import re
from collections.abc import Mapping

from fastapi import Depends, Request

from geo.database import ANYONE, Actor
from geo.errors import Forbidden, Unauthorized
from geo.settings import Settings

AT_THIS_MACHINE = Actor("loopback", sees_enterprises=True)
KEY_HOLDER = Actor("key holder", sees_enterprises=True)
_HOST = re.compile(r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<name>[^:\[\]]+))(?::[0-9]{1,5})?")
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


def actor(request: Request, settings: Settings) -> Actor:
    """Who asks this request.

    The key comes as `Authorization: Bearer KEY`, or by HTTP Basic with the key as password and any
    name, so that a browser can open the pages.

    Raises:
        Unauthorized: a key was given, and it is not ours.
    """
    if settings.key is None:
        return AT_THIS_MACHINE
    header = request.headers.get("authorization")
    if header is None:
        return ANYONE
    given = _key_in(header)
    ours = settings.key.get_secret_value().encode()
    # In constant time: how long it takes must not tell how much of a guess was right.
    if given is not None and hmac.compare_digest(given, ours):
        return KEY_HOLDER
    raise Unauthorized(
        "The key is not right.",
        remedy="请用管理员给的密钥：Authorization: Bearer 密钥。 "
        "Send `Authorization: Bearer KEY` with the operator's key.",
    )


def require_enterprises(asking: Actor) -> Actor:
    """Let only those pass who may see enterprises, rates and clusters.

    Raises:
        Unauthorized: no key was given.
        Forbidden: the key does not open them.
    """
    if asking.sees_enterprises:
        return asking
    if asking == ANYONE:
        raise Unauthorized(
            "Enterprises, rates and clusters need the key.",
            remedy="请用密钥：Authorization: Bearer 密钥；浏览器会询问：用户名随意，密码填密钥。 "
            "Send `Authorization: Bearer KEY`; a browser asks for it: any name, the key as "
            "password.",
        )
    raise Forbidden("Your key does not open enterprises, rates and clusters.")


def check_loopback(headers: Mapping[str, str], client: str | None) -> None:
    """Without a key, answer this machine alone.

    The name in `Host` must be this machine's: a page of a foreign name that was pointed at
    127.0.0.1 (DNS rebinding) would otherwise read everything. A request that a proxy passes on, or
    that comes from another address, is somebody else's.

    Args:
        headers: of the request, names in lower case.
        client: the address it came from, if it is known.

    Raises:
        Forbidden: it is not for this machine alone.
    """
    foreign = client is not None and _is_address(client) and not _is_loopback(client)
    if foreign or any(name in headers for name in FORWARDED) or not _is_own_name(headers):
        raise Forbidden(
            "Without a key this service answers on this machine only.",
            remedy="在本机打开 http://127.0.0.1，或设置 NUANYI_KEY。 "
            "Open it at http://127.0.0.1 on the machine itself, or set NUANYI_KEY.",
        )


def _key_in(header: str) -> bytes | None:
    scheme, _, rest = header.partition(" ")
    rest = rest.strip()
    if scheme.lower() == "bearer":
        # Starlette reads headers as Latin-1; a key may be in any script.
        return rest.encode("latin-1", "replace")
    if scheme.lower() == "basic":
        try:
            _, colon, password = base64.b64decode(rest, validate=True).partition(b":")
        except (binascii.Error, ValueError):
            return None
        return password if colon else None
    return None


def _is_own_name(headers: Mapping[str, str]) -> bool:
    host = headers.get("host", "").strip().lower()
    found = _HOST.fullmatch(host)
    name = host if found is None else found["six"] or found["name"]
    return name == "localhost" or _is_loopback(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(name: str) -> bool:
    return _is_address(name) and ipaddress.ip_address(name).is_loopback


async def own_page(request: Request) -> None:
    """Refuse what a page of another site sends: a browser would add the key to it by itself.

    Raises:
        Forbidden: the browser says so.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden(
            "只能从本系统的页面登记。 Only pages of this service may change anything.",
            remedy="请在本系统页面操作。 Use a page of this service, or the API with your key.",
        )


OWN_PAGE = Depends(own_page)
