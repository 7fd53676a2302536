from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import Group
from mozilla_django_oidc.auth import OIDCAuthenticationBackend


class CardeaBackend(OIDCAuthenticationBackend):
    """Knows people by `sub`. The package itself goes by e-mail address, which can become somebody else's."""

    def filter_users_by_claims(self, claims):
        return self.UserModel.objects.filter(username=claims["sub"])

    def create_user(self, claims):
        return self.update_user(self.UserModel(username=claims["sub"]), claims)

    def update_user(self, user, claims):
        user.first_name = claims.get("given_name", "")
        user.last_name = claims.get("family_name", "")
        user.email = claims.get("email", "")
        user.save()
        user.groups.set(Group.objects.get_or_create(name=name)[0] for name in claims.get("groups", []))
        return user


def sign_out_url(request):
    question = {
        "id_token_hint": request.session["oidc_id_token"],
        "post_logout_redirect_uri": request.build_absolute_uri(settings.LOGOUT_REDIRECT_URL),
    }
    return settings.ISSUER + "/logout?" + urlencode(question)
