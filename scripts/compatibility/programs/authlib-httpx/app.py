"""A program without pages of its own. Prints where to sign in; called again with where that led, the rest."""

import json
import os
import sys
from pathlib import Path

import httpx
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import OAuth2Client

metadata = httpx.get(os.environ["ISSUER"] + "/.well-known/openid-configuration").json()
client = OAuth2Client(
    os.environ["CLIENT_ID"],
    os.environ["CLIENT_SECRET"],
    scope="openid profile email groups",
    redirect_uri=os.environ["ORIGIN"] + "/callback",
    code_challenge_method="S256",
    token_endpoint=metadata["token_endpoint"],
)
request = Path("request.json")

if len(sys.argv) == 1:
    code_verifier = generate_token(48)
    url, state = client.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=code_verifier
    )
    request.write_text(json.dumps({"code_verifier": code_verifier, "state": state}))
    print(url)
else:
    client.fetch_token(authorization_response=sys.argv[1], **json.loads(request.read_text()))
    first = client.token
    client.refresh_token()
    assert client.token["refresh_token"] != first["refresh_token"]
    print(client.get(metadata["userinfo_endpoint"]).json())
    client.revoke_token(metadata["revocation_endpoint"], client.token["refresh_token"]).raise_for_status()
    print("revoked:", client.get(metadata["userinfo_endpoint"]).status_code)
