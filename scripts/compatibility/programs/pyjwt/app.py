"""An API that accepts JWT access tokens (RFC 9068) of its issuer."""

import os
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

ISSUER = os.environ["ISSUER"]
keys = jwt.PyJWKClient(ISSUER + "/.well-known/jwks.json")
app = FastAPI()


def access_token(credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]):
    try:
        token = jwt.decode_complete(
            credentials.credentials,
            keys.get_signing_key_from_jwt(credentials.credentials),
            algorithms=["RS256"],
            issuer=ISSUER,
            audience=os.environ["AUDIENCE"],
            options={"require": ["exp", "iat", "sub"]},
        )
    except jwt.PyJWTError as error:
        raise HTTPException(401, str(error), {"WWW-Authenticate": 'Bearer error="invalid_token"'})
    # An ID token is no access token, and one that is bound to a key (DPoP, mTLS) no bearer token.
    if token["header"].get("typ") != "at+jwt" or "cnf" in token["payload"]:
        raise HTTPException(401, "no bearer token", {"WWW-Authenticate": 'Bearer error="invalid_token"'})
    return token["payload"]


@app.get("/orders")
def orders(token: Annotated[dict, Depends(access_token)]):
    if "orders:read" not in token.get("scope", "").split():
        raise HTTPException(403, "needs orders:read", {"WWW-Authenticate": 'Bearer error="insufficient_scope"'})
    return {"orders": [], "for": token["sub"]}
