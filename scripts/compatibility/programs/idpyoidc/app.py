"""A web app that signs people in."""

import os

from flask import Flask, redirect, request
from idpyoidc.client.rp_handler import RPHandler

ISSUER, ORIGIN = os.environ["ISSUER"], os.environ["ORIGIN"]

app = Flask(__name__)
handler = RPHandler(
    ORIGIN,
    client_configs={
        ISSUER: {
            "client_type": "oidc",
            "client_id": os.environ["CLIENT_ID"],
            "client_secret": os.environ["CLIENT_SECRET"],
            "provider_info": {"issuer": ISSUER},
            "redirect_uris": [ORIGIN + "/callback"],
            "response_types": ["code"],
            "client_authn_methods": ["client_secret_basic", "bearer_header"],
            "add_ons": {
                "pkce": {
                    "function": "idpyoidc.client.oauth2.add_on.pkce.add_support",
                    "kwargs": {"code_challenge_length": 64, "code_challenge_method": "S256"},
                }
            },
        }
    },
)


@app.get("/")
def sign_in():
    return redirect(handler.begin(ISSUER, req_args={"scope": ["openid", "profile", "email", "groups"]}))


@app.get("/callback")
def callback():
    result = handler.finalize(ISSUER, request.args.to_dict())
    if "error" in result:
        return result, 400
    handler.refresh_access_token(request.args["state"])
    return dict(result["userinfo"])
