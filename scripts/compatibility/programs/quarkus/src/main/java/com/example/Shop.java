package com.example;

import io.quarkus.oidc.IdToken;
import io.quarkus.security.Authenticated;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.jwt.JsonWebToken;

@Path("/")
@Produces(MediaType.TEXT_HTML)
public class Shop {
  @Inject @IdToken JsonWebToken idToken;

  @GET
  @Authenticated
  public String person() {
    return "%s, %s, groups: %s"
        .formatted(idToken.getClaim("name"), idToken.getClaim("email"), idToken.getGroups())
        .replace("&", "&amp;")
        .replace("<", "&lt;");
  }

  @GET
  @Path("goodbye")
  public String goodbye() {
    return "You are signed out.";
  }
}
