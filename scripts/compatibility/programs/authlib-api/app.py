"""An API that accepts JWT access tokens (RFC 9068) of its issuer."""

import os
from functools import cache

import requests
from authlib.integrations.flask_oauth2 import ResourceProtector, current_token
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from flask import Flask

ISSUER = os.environ["ISSUER"]


class CardeaTokenValidator(JWTBearerTokenValidator):
    @cache
    def get_jwks(self):
        response = requests.get(ISSUER + "/.well-known/jwks.json")
        response.raise_for_status()
        return response.json()


app = Flask(__name__)
require_oauth = ResourceProtector()
require_oauth.register_token_validator(
    CardeaTokenValidator(issuer=ISSUER, resource_server=os.environ["AUDIENCE"])
)


@app.get("/orders")
@require_oauth("orders:read")
def orders():
    return {"orders": [], "for": current_token["sub"]}
