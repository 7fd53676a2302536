"""A web app that signs people in at Cardea, and calls an API in their name."""

import os
from urllib.parse import urlencode

from authlib.integrations.flask_client import OAuth, OAuthError
from cachelib.file import FileSystemCache
from flask import Flask, redirect, render_template_string, session, url_for
from flask_session import Session

app = Flask(__name__)
# Sessions stay on this side: Flask's own are in a cookie, where tokens do not belong.
app.config.update(
    SESSION_TYPE="cachelib",
    SESSION_CACHELIB=FileSystemCache("sessions"),
    SESSION_COOKIE_SAMESITE="Lax",
)
Session(app)


def fetch_token(name):
    return session["token"]


def update_token(name, token, refresh_token=None, access_token=None):
    """Called after each refresh, which makes another refresh token."""
    session["token"] = token


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
<form method="post" action="{{ url_for('sign_out') }}"><button type="submit">Sign out</button></form>
"""


@app.get("/")
def home():
    if "user" not in session:
        return '<a href="/sign-in">Sign in</a>'
    return render_template_string(PAGE, user=session["user"])


@app.get("/sign-in")
def sign_in():
    return oauth.cardea.authorize_redirect(url_for("callback", _external=True))


@app.get("/callback")
def callback():
    try:
        # Checks state, and signature, issuer, audience and nonce of the ID token.
        token = oauth.cardea.authorize_access_token()
    except OAuthError as error:
        # Cancelled at Cardea, or gone back to after the sign-in: people can begin again.
        app.logger.warning("No sign-in: %s", error)
        return redirect(url_for("home"))
    # Whoever is signed in has another session than before.
    app.session_interface.regenerate(session)
    session["user"] = token.pop("userinfo")
    session["token"] = token
    return redirect(url_for("home"))


@app.get("/orders")
def orders():
    if "token" not in session:
        return redirect(url_for("sign_in"))
    # Refreshes first where the access token expires within a minute.
    response = oauth.cardea.get(os.environ["ORDERS_URL"])
    response.raise_for_status()
    return response.json()


@app.post("/sign-out")
def sign_out():
    question = {"post_logout_redirect_uri": url_for("home", _external=True)}
    if "token" in session:
        question["id_token_hint"] = session["token"]["id_token"]
    session.clear()
    endpoint = oauth.cardea.load_server_metadata()["end_session_endpoint"]
    return redirect(endpoint + "?" + urlencode(question))
