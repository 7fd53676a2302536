"""A web app that signs people in."""

import os

import flask
from flask_pyoidc import OIDCAuthentication
from flask_pyoidc.provider_configuration import ClientMetadata, ProviderConfiguration
from flask_pyoidc.user_session import UserSession

app = flask.Flask(__name__)
app.config.update(
    SECRET_KEY=os.environ["SESSION_SECRET"],
    OIDC_REDIRECT_URI=os.environ["ORIGIN"] + "/callback",
)
cardea = ProviderConfiguration(
    issuer=os.environ["ISSUER"],
    client_metadata=ClientMetadata(
        os.environ["CLIENT_ID"],
        os.environ["CLIENT_SECRET"],
        post_logout_redirect_uris=[os.environ["ORIGIN"] + "/goodbye"],
    ),
    auth_request_params={"scope": ["openid", "profile", "email", "groups"]},
)
oidc = OIDCAuthentication({"cardea": cardea}, app)


@app.get("/")
@oidc.oidc_auth("cardea")
def home():
    return UserSession(flask.session).userinfo


@app.get("/refresh")
@oidc.oidc_auth("cardea")
def refresh():
    before = UserSession(flask.session).access_token
    after = oidc.valid_access_token(force_refresh=True)
    return {"refreshed": after is not None and after != before}


@app.get("/goodbye")
@oidc.oidc_logout
def goodbye():
    return "You are signed out."
