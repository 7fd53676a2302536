"""A web app that signs people in."""

import os

from flask import Flask, session
from flask_oidc import OpenIDConnect

app = Flask(__name__)
app.config.update(
    SECRET_KEY=os.environ["SESSION_SECRET"],
    OIDC_CLIENT_SECRETS={
        "web": {
            "client_id": os.environ["CLIENT_ID"],
            "client_secret": os.environ["CLIENT_SECRET"],
            "issuer": os.environ["ISSUER"],
        }
    },
    OIDC_SCOPES="openid profile email groups",
)
oidc = OpenIDConnect(app)


@app.get("/")
@oidc.require_login
def home():
    return session["oidc_auth_profile"]
