import logging
from urllib.parse import urlencode

from authlib.integrations.django_client import OAuth, OAuthError
from django.conf import settings
from django.contrib import auth
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import Group, User
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from shop.models import Token

log = logging.getLogger(__name__)


def fetch_token(name, request):
    return request.user.token.value


def update_token(name, token, refresh_token=None, access_token=None):
    """Called after each refresh, which makes another refresh token."""
    Token.objects.filter(value__refresh_token=refresh_token).update(value=token)


oauth = OAuth(fetch_token=fetch_token, update_token=update_token)
oauth.register("cardea")


@login_required
def home(request):
    return render(request, "home.html")


def sign_in(request):
    return oauth.cardea.authorize_redirect(request, request.build_absolute_uri(reverse("callback")))


def callback(request):
    try:
        # Checks state, and signature, issuer, audience and nonce of the ID token.
        token = oauth.cardea.authorize_access_token(request)
    except OAuthError as error:
        # Cancelled at Cardea, or gone back to after the sign-in: people can begin again.
        log.warning("No sign-in: %s", error)
        return redirect("home" if request.user.is_authenticated else "signed_out")
    user = user_of(token["userinfo"])
    Token.objects.update_or_create(user=user, defaults={"value": token})
    auth.login(request, user)
    return redirect("home")


def user_of(claims):
    """The Django user of a person, who is known by `sub`: names and e-mail addresses change."""
    user, _ = User.objects.update_or_create(
        username=claims["sub"],
        defaults={
            "first_name": claims.get("given_name", ""),
            "last_name": claims.get("family_name", ""),
            "email": claims.get("email", ""),
        },
    )
    user.groups.set(Group.objects.get_or_create(name=name)[0] for name in claims.get("groups", []))
    return user


@login_required
def orders(request):
    response = oauth.cardea.get(settings.ORDERS_URL, request=request)
    response.raise_for_status()
    return JsonResponse(response.json(), safe=False)


@login_required
@require_POST
def sign_out(request):
    token = request.user.token
    question = {
        "id_token_hint": token.value["id_token"],
        "post_logout_redirect_uri": request.build_absolute_uri(reverse("signed_out")),
    }
    token.delete()
    auth.logout(request)
    endpoint = oauth.cardea.load_server_metadata()["end_session_endpoint"]
    return redirect(endpoint + "?" + urlencode(question))


def signed_out(request):
    return render(request, "signed_out.html")
