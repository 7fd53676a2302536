from django.contrib.auth.models import User
from django.db import models


class Token(models.Model):
    """What Cardea issued when the person signed in, or since: access, refresh and ID token."""

    user = models.OneToOneField(User, on_delete=models.CASCADE)
    value = models.JSONField()
