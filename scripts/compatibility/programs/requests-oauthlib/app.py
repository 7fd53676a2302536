"""A web app that signs people in."""

import os

import requests
from flask import Flask, redirect, request
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

app = Flask(__name__)
metadata = requests.get(os.environ["ISSUER"] + "/.well-known/openid-configuration").json()
secret = HTTPBasicAuth(os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"])

# By state. In this process only.
begun = {}


@app.get("/")
def sign_in():
    client = OAuth2Session(
        os.environ["CLIENT_ID"],
        redirect_uri=os.environ["ORIGIN"] + "/callback",
        scope=["openid", "profile", "email", "groups"],
        pkce="S256",
    )
    url, state = client.authorization_url(metadata["authorization_endpoint"])
    begun[state] = client
    return redirect(url)


@app.get("/callback")
def callback():
    client = begun.pop(request.args["state"])
    token = client.fetch_token(
        metadata["token_endpoint"], authorization_response=request.url, auth=secret
    )
    client.refresh_token(metadata["token_endpoint"], token["refresh_token"], auth=secret)
    return client.get(metadata["userinfo_endpoint"]).json()
