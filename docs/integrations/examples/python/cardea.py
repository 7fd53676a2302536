"""Verifies Cardea's JWT access tokens, and hears within seconds of those that were revoked.

    cardea = Cardea("https://id.example", "https://orders.example")
    claims = cardea.verify(token, scope="orders:read")

Needs Python 3.9 or newer, PyJWT[crypto] and urllib3. One object for the whole process; any thread may use it.
"""

import base64
import hashlib
import json
import logging
import threading
import time
import zlib

import jwt
import urllib3

ALGORITHM = "RS256"  # fixed here: a token's header has no say in it
ENVIRONMENT = "live"  # "test": only what comes of test keys; a token without the claim is live
CLOCK_TOLERANCE = 5  # seconds between this clock and the issuer's
MAX_STALENESS = 10  # seconds; what was revoked later than that is unknown, so nothing is accepted
TIMEOUT = 3  # seconds, for the issuer to answer
WAIT = 2  # seconds, for the issuer to wait with its answer until something changes
PAUSE = 1  # seconds at least between two requests for the same thing
IDLE = 300  # seconds after which a list that no token points at is followed no more
MAX_BODY = 1 << 20  # bytes
MAX_LIST = 1 << 20  # bytes, inflated; a list of Cardea's has 131,072

log = logging.getLogger(__name__)


class InvalidToken(Exception):
    """401 invalid_token: of somebody else, for somebody else, expired, revoked."""


class InsufficientScope(Exception):
    """403 insufficient_scope: good, but not for this."""


class Unavailable(Exception):
    """503: nobody can tell at the moment whether the token was revoked."""


class Keys:
    """The issuer's JWKS: its keys by id, and its hash as status lists name it."""

    def __init__(self, document=b'{"keys": []}'):
        usable = [
            jwk
            for jwk in json.loads(document)["keys"]
            if jwk.get("kty") == "RSA" and jwk.get("alg") == ALGORITHM and jwk.get("use", "sig") == "sig"
        ]
        self.by_id = {jwk["kid"]: jwt.PyJWK(jwk, ALGORITHM).key for jwk in usable}
        digest = hashlib.sha256(document).digest()
        self.hash = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class StatusList:
    """What is known of one status list. A bit that is set: that token is revoked."""

    def __init__(self):
        self.bits = b""
        self.iat = 0  # the bits are complete up to here, seconds since the epoch
        self.jwks = None  # the hash of the JWKS at that time
        self.known_at = 0  # the same as iat, once the keys at hand are those of that JWKS, too
        self.etag = None
        self.used_at = time.monotonic()
        self.tried = threading.Event()


class Cardea:
    def __init__(self, issuer, audience):
        self._issuer = issuer
        self._audience = audience
        self._http = urllib3.PoolManager(maxsize=10, retries=False)
        self._keys = Keys()
        self._keys_asked_at = float("-inf")
        self._lists = {}
        self._refreshing = threading.Lock()
        self._following = threading.Lock()

    def verify(self, token, scope=None):
        """The token's claims; raises InvalidToken, InsufficientScope or Unavailable. Once a list is followed
        this does no I/O."""
        keys = self._keys
        claims = self._claims(token)
        self._check_status(claims)
        if self._keys is not keys:
            # The list told of other keys: that of the token may be gone.
            claims = self._claims(token)
        if scope is not None and scope not in claims.get("scope", "").split():
            raise InsufficientScope(scope)
        return claims

    def _claims(self, token):
        required = ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"]
        claims = self._verified(token, "at+jwt", audience=self._audience, options={"require": required})
        if claims.get("environment", "live") != ENVIRONMENT:
            raise InvalidToken("of another environment")
        if "cnf" in claims:
            # Bound to a key (DPoP, mTLS): worth nothing without the proof, which is not checked here.
            raise InvalidToken("a sender-constrained token is no bearer token")
        return claims

    def _verified(self, token, typ, **checks):
        """The claims of a JWT of the issuer, of this type (RFC 9068 section 4, RFC 7515 section 4.1.9)."""
        try:
            header = jwt.get_unverified_header(token)
            if str(header.get("typ")).lower() not in (typ, f"application/{typ}"):
                raise InvalidToken("wrong type")
            key = self._key(header.get("kid"))
            return jwt.decode(
                token, key, algorithms=[ALGORITHM], issuer=self._issuer, leeway=CLOCK_TOLERANCE, **checks
            )
        except jwt.PyJWTError as error:
            raise InvalidToken(str(error)) from error

    def _key(self, kid):
        if kid not in self._keys.by_id:
            self._refresh_keys()
        keys = self._keys.by_id
        if not keys:
            raise Unavailable("the issuer's keys could not be had yet")
        if kid not in keys:
            raise InvalidToken("unknown key")
        return keys[kid]

    def _refresh_keys(self):
        """Asks for the JWKS; at most once a PAUSE, however many tokens name keys that nobody knows."""
        with self._refreshing:
            if time.monotonic() - self._keys_asked_at < PAUSE:
                return
            self._keys_asked_at = time.monotonic()
            try:
                discovery = json.loads(self._get(f"{self._issuer}/.well-known/openid-configuration")[1])
                if discovery["issuer"] != self._issuer:
                    raise ValueError("the discovery document is another issuer's")
                self._keys = Keys(self._get(discovery["jwks_uri"])[1])
            except Exception:
                log.warning("the issuer's keys could not be refreshed", exc_info=True)

    def _check_status(self, claims):
        reference = claims.get("status", {}).get("status_list", {})
        uri, index = reference.get("uri"), reference.get("idx")
        if not isinstance(uri, str) or not uri.startswith(f"{self._issuer}/status-lists/"):
            raise InvalidToken("no status")
        if type(index) is not int or index < 0:
            raise InvalidToken("no status")
        known = self._followed(uri)
        if time.time() - known.known_at > MAX_STALENESS:
            raise Unavailable("what was revoked of late is unknown")
        bits = known.bits
        # Eight tokens to a byte, the first in the least significant bit.
        if index >> 3 >= len(bits) or bits[index >> 3] >> (index & 7) & 1:
            raise InvalidToken("revoked")

    def _followed(self, uri):
        with self._following:
            known = self._lists.get(uri)
            if known is None:
                known = self._lists[uri] = StatusList()
                threading.Thread(target=self._follow, args=(uri, known), daemon=True).start()
            known.used_at = time.monotonic()
        known.tried.wait(2 * TIMEOUT)  # the first time; later on this returns at once
        return known

    def _follow(self, uri, known):
        while time.monotonic() - known.used_at < IDLE:
            started = time.monotonic()
            try:
                self._look(uri, known)
            except Exception:
                # Whatever it was: the list grows old, and then its tokens are refused.
                log.warning("status list %s could not be refreshed", uri, exc_info=True)
            known.tried.set()
            time.sleep(max(0, started + PAUSE - time.monotonic()))
        with self._following:
            del self._lists[uri]

    def _look(self, uri, known):
        headers = {"Accept": "application/statuslist+jwt"}
        if known.etag:
            # Answered when the list changes, or else after WAIT seconds (RFC 7240 section 4.3).
            headers.update({"If-None-Match": known.etag, "Prefer": f"wait={WAIT}"})
        etag, body = self._get(uri, headers)
        if body is not None:
            self._take(uri, known, body.decode("ascii"))
            known.etag = etag
        if known.jwks != self._keys.hash:
            self._refresh_keys()
        if known.jwks == self._keys.hash:
            known.known_at = known.iat

    def _take(self, uri, known, token):
        claims = self._verified(token, "statuslist+jwt", subject=uri, options={"require": ["iss", "sub", "exp", "iat"]})
        if claims["status_list"]["bits"] != 1:
            raise ValueError("not one bit a token")
        lst = claims["status_list"]["lst"]
        inflate = zlib.decompressobj()
        bits = inflate.decompress(base64.urlsafe_b64decode(lst + "=" * (-len(lst) % 4)), MAX_LIST)
        if not inflate.eof:
            raise ValueError("cut short, or larger than allowed")
        if claims["iat"] < known.iat:
            raise ValueError("older than what is known: of a node that is behind")
        if claims["iat"] == known.iat:
            # Of one second, and either may know more: what one of them revokes stays revoked.
            both = int.from_bytes(bits, "little") | int.from_bytes(known.bits, "little")
            bits = both.to_bytes(len(bits), "little")
        known.bits, known.iat, known.jwks = bits, claims["iat"], claims["jwks"]

    def _get(self, url, headers=None):
        """ETag and body of the answer; the body of a 304 is None. Raises on any other than 200."""
        timeout = urllib3.Timeout(connect=TIMEOUT, read=TIMEOUT + WAIT)
        with self._http.request(
            "GET", url, headers=headers, timeout=timeout, redirect=False, preload_content=False
        ) as response:
            body = response.read(MAX_BODY + 1)
            if response.status == 304:
                return None, None
            if response.status != 200 or len(body) > MAX_BODY:
                raise ValueError(f"{url}: status {response.status}, {len(body)} bytes")
            return response.headers.get("ETag"), body
