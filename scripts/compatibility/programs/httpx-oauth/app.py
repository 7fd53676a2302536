"""A program without pages of its own. Prints where to sign in; called again with where that led, the rest."""

import asyncio
import os
import secrets
import sys
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from httpx_oauth.clients.openid import OpenID

client = OpenID(
    os.environ["CLIENT_ID"],
    os.environ["CLIENT_SECRET"],
    os.environ["ISSUER"] + "/.well-known/openid-configuration",
    base_scopes=["openid", "profile", "email", "groups"],
)
callback = os.environ["ORIGIN"] + "/callback"
verifier = Path("verifier.txt")


async def begin():
    verifier.write_text(secrets.token_urlsafe(48))
    challenge = urlsafe_b64encode(sha256(verifier.read_bytes()).digest()).rstrip(b"=").decode()
    print(await client.get_authorization_url(callback, code_challenge=challenge, code_challenge_method="S256"))


async def finish(url):
    [code] = parse_qs(urlsplit(url).query)["code"]
    token = await client.get_access_token(code, callback, verifier.read_text())
    token = await client.refresh_token(token["refresh_token"])
    print(await client.get_profile(token["access_token"]))
    await client.revoke_token(token["refresh_token"], "refresh_token")


asyncio.run(finish(sys.argv[1]) if len(sys.argv) > 1 else begin())
