"""A service that gets a token for itself, calls an API with it, and gives it back."""

import os

import requests
from authlib.integrations.requests_client import OAuth2Session

metadata = requests.get(os.environ["ISSUER"] + "/.well-known/openid-configuration").json()
session = OAuth2Session(
    os.environ["CLIENT_ID"],
    os.environ["CLIENT_SECRET"],
    scope="orders:read",
    token_endpoint=metadata["token_endpoint"],
    grant_type="client_credentials",
)
session.fetch_token()
# A token that is about to expire is replaced before the request.
print(session.get(os.environ["ORDERS_URL"]).json())
print(session.get(os.environ["ORDERS_URL"]).json())
session.revoke_token(metadata["revocation_endpoint"], session.token["access_token"]).raise_for_status()
