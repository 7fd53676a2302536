import com.google.api.client.auth.oauth2.AuthorizationCodeFlow;
import com.google.api.client.auth.oauth2.BearerToken;
import com.google.api.client.auth.oauth2.Credential;
import com.google.api.client.extensions.java6.auth.oauth2.AuthorizationCodeInstalledApp;
import com.google.api.client.extensions.jetty.auth.oauth2.LocalServerReceiver;
import com.google.api.client.http.BasicAuthentication;
import com.google.api.client.http.GenericUrl;
import com.google.api.client.http.javanet.NetHttpTransport;
import com.google.api.client.json.GenericJson;
import com.google.api.client.json.JsonObjectParser;
import com.google.api.client.json.gson.GsonFactory;
import java.io.IOException;
import java.util.List;

/** Says where to sign in, waits until that leads back to it, and prints what userinfo says of the person. */
public final class SignIn {
  private static final NetHttpTransport TRANSPORT = new NetHttpTransport();

  public static void main(String[] arguments) throws IOException {
    String clientId = System.getenv("CLIENT_ID");
    GenericJson issuer =
        get(System.getenv("ISSUER") + "/.well-known/openid-configuration", null);
    var flow =
        new AuthorizationCodeFlow.Builder(
                BearerToken.authorizationHeaderAccessMethod(),
                TRANSPORT,
                GsonFactory.getDefaultInstance(),
                new GenericUrl((String) issuer.get("token_endpoint")),
                new BasicAuthentication(clientId, System.getenv("CLIENT_SECRET")),
                clientId,
                (String) issuer.get("authorization_endpoint"))
            .setScopes(List.of("openid", "profile", "email", "groups"))
            .enablePKCE()
            .build();
    var receiver =
        new LocalServerReceiver.Builder()
            .setHost("127.0.0.1")
            .setPort(Integer.parseInt(System.getenv("PORT")))
            .setCallbackPath("/callback")
            .build();
    Credential credential =
        new AuthorizationCodeInstalledApp(flow, receiver, url -> System.out.println("Open " + url))
            .authorize("whoever uses this program");
    String first = credential.getAccessToken();
    if (!credential.refreshToken() || first.equals(credential.getAccessToken())) {
      throw new IllegalStateException("not refreshed");
    }
    System.out.println(get((String) issuer.get("userinfo_endpoint"), credential));
  }

  private static GenericJson get(String url, Credential credential) throws IOException {
    var request = TRANSPORT.createRequestFactory(credential).buildGetRequest(new GenericUrl(url));
    request.setParser(new JsonObjectParser(GsonFactory.getDefaultInstance()));
    return request.execute().parseAs(GenericJson.class);
  }
}
