"""An API for whoever has a token of Cardea's: python api.py ISSUER AUDIENCE [PORT]"""

import json
import sys
from wsgiref.simple_server import make_server

from cardea import Cardea, InsufficientScope, InvalidToken, Unavailable


def protected(app, cardea, scope):
    """WSGI middleware: only requests with a good token reach the app (RFC 6750 section 3)."""

    def refuse(start_response, status, headers):
        start_response(status, [("Content-Length", "0"), *headers])
        return []

    def guard(environ, start_response):
        scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return refuse(start_response, "401 Unauthorized", [("WWW-Authenticate", "Bearer")])
        try:
            environ["cardea.claims"] = cardea.verify(token.strip(), scope)
        except InvalidToken:
            challenge = 'Bearer error="invalid_token"'
            return refuse(start_response, "401 Unauthorized", [("WWW-Authenticate", challenge)])
        except InsufficientScope:
            challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
            return refuse(start_response, "403 Forbidden", [("WWW-Authenticate", challenge)])
        except Unavailable:
            return refuse(start_response, "503 Service Unavailable", [("Retry-After", "1")])
        return app(environ, start_response)

    return guard


def orders(environ, start_response):
    body = json.dumps({"orders": [], "for": environ["cardea.claims"]["sub"]}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


if __name__ == "__main__":
    issuer, audience, *port = sys.argv[1:]
    app = protected(orders, Cardea(issuer, audience), "orders:read")
    with make_server("127.0.0.1", int(*port), app) as server:
        print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()
