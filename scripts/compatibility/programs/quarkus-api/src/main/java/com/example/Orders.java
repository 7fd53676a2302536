package com.example;

import io.quarkus.security.PermissionsAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import org.eclipse.microprofile.jwt.JsonWebToken;

@Path("/orders")
public class Orders {
  @Inject JsonWebToken accessToken;

  /** Scopes are permissions. */
  @GET
  @PermissionsAllowed("orders:read")
  public String orders() {
    return "No orders yet for " + accessToken.getSubject();
  }
}
