"""An API that accepts JWT access tokens (RFC 9068) of its issuer."""

import os

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route

ISSUER = os.environ["ISSUER"]
# At the start only. A service that runs for long fetches them again when a token names a key that is not among them.
keys = KeySet.import_key_set(httpx.get(ISSUER + "/.well-known/jwks.json").raise_for_status().json())
claims = jwt.JWTClaimsRegistry(
    iss={"essential": True, "value": ISSUER},
    aud={"essential": True, "value": os.environ["AUDIENCE"]},
    exp={"essential": True},
    sub={"essential": True},
)


def access_token(request):
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise ValueError("no bearer token")
        token = jwt.decode(value, keys, algorithms=["RS256"])
        claims.validate(token.claims)
        # An ID token is no access token, and one that is bound to a key (DPoP, mTLS) no bearer token.
        if token.header.get("typ") != "at+jwt" or "cnf" in token.claims:
            raise ValueError("no bearer token")
    except (JoseError, ValueError) as error:
        raise HTTPException(401, str(error), {"WWW-Authenticate": 'Bearer error="invalid_token"'})
    return token.claims


def orders(request):
    token = access_token(request)
    if "orders:read" not in token.get("scope", "").split():
        raise HTTPException(403, "needs orders:read", {"WWW-Authenticate": 'Bearer error="insufficient_scope"'})
    return JSONResponse({"orders": [], "for": token["sub"]})


app = Starlette(routes=[Route("/orders", orders)])
