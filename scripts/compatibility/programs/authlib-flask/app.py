"""A web app that signs people in at Cardea, and calls an API in their name."""

import os
from urllib.parse import urlencode

from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, render_template_string, session, url_for

app = Flask(__name__)
app.secret_key = os.environ["SESSION_SECRET"]

# By person. In this process only: keep them in your database.
tokens = {}


def fetch_token(name):
    return tokens.get(session["user"]["sub"])


def update_token(name, token, refresh_token=None, access_token=None):
    """Called after each refresh: the refresh token is another one then."""
    tokens[session["user"]["sub"]] = token


oauth = OAuth(app, fetch_token=fetch_token, update_token=update_token)
oauth.register(
    "cardea",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    server_metadata_url=os.environ["ISSUER"] + "/.well-known/openid-configuration",
    client_kwargs={
        "scope": "openid profile email groups orders:read",
        "code_challenge_method": "S256",
    },
)

PAGE = """
<p>{{ user.name }}, {{ user.email }}, groups: {{ user.groups | join(", ") }}</p>
<a href="{{ url_for('orders') }}">Orders</a>
<form method="post" action="{{ url_for('sign_out') }}"><button>Sign out</button></form>
"""


@app.get("/")
def home():
    user = session.get("user")
    if not user:
        return '<a href="/sign-in">Sign in</a>'
    return render_template_string(PAGE, user=user)


@app.get("/sign-in")
def sign_in():
    return oauth.cardea.authorize_redirect(url_for("callback", _external=True))


@app.get("/callback")
def callback():
    # Checks state, and signature, issuer, audience and nonce of the ID token.
    token = oauth.cardea.authorize_access_token()
    session["user"] = token["userinfo"]
    tokens[token["userinfo"]["sub"]] = token
    return redirect(url_for("home"))


@app.get("/orders")
def orders():
    response = oauth.cardea.get(os.environ["ORDERS_URL"])
    response.raise_for_status()
    return response.json()


@app.post("/sign-out")
def sign_out():
    user = session.pop("user")
    token = tokens.pop(user["sub"], {})
    session.clear()
    metadata = oauth.cardea.load_server_metadata()
    question = {"post_logout_redirect_uri": url_for("home", _external=True), "client_id": os.environ["CLIENT_ID"]}
    if "id_token" in token:
        question["id_token_hint"] = token["id_token"]
    return redirect(metadata["end_session_endpoint"] + "?" + urlencode(question))
