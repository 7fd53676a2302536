import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.oauth2.sdk.AuthorizationCode;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.AuthorizationGrant;
import com.nimbusds.oauth2.sdk.RefreshTokenGrant;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.AuthenticationResponseParser;
import com.nimbusds.openid.connect.sdk.AuthenticationSuccessResponse;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponse;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponseParser;
import com.nimbusds.openid.connect.sdk.UserInfoRequest;
import com.nimbusds.openid.connect.sdk.UserInfoResponse;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import com.nimbusds.openid.connect.sdk.token.OIDCTokens;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Prints where to sign in; called again with where that led, what the person's tokens say. */
public final class SignIn {
  private static final Path BEGUN = Path.of("begun.txt");
  private final ClientID clientId = new ClientID(System.getenv("CLIENT_ID"));
  private final Secret secret = new Secret(System.getenv("CLIENT_SECRET"));
  private final URI callback = URI.create(System.getenv("ORIGIN") + "/callback");
  private final OIDCProviderMetadata issuer;

  private SignIn() throws Exception {
    issuer = OIDCProviderMetadata.resolve(new Issuer(System.getenv("ISSUER")));
  }

  public static void main(String[] arguments) throws Exception {
    var signIn = new SignIn();
    if (arguments.length == 0) signIn.begin();
    else signIn.finish(URI.create(arguments[0]));
  }

  private void begin() throws Exception {
    var state = new State();
    var nonce = new Nonce();
    var verifier = new CodeVerifier();
    Files.write(BEGUN, List.of(state.getValue(), nonce.getValue(), verifier.getValue()));
    var scope = new Scope("openid", "profile", "email", "groups");
    var request =
        new AuthenticationRequest.Builder(ResponseType.CODE, scope, clientId, callback)
            .endpointURI(issuer.getAuthorizationEndpointURI())
            .state(state)
            .nonce(nonce)
            .codeChallenge(verifier, CodeChallengeMethod.S256)
            .build();
    System.out.println(request.toURI());
  }

  private void finish(URI answer) throws Exception {
    List<String> begun = Files.readAllLines(BEGUN);
    AuthenticationSuccessResponse response =
        AuthenticationResponseParser.parse(answer).toSuccessResponse();
    if (!response.getState().getValue().equals(begun.get(0))) throw new SecurityException("another state");
    if (!issuer.getIssuer().equals(response.getIssuer())) throw new SecurityException("another issuer");

    AuthorizationCode code = response.getAuthorizationCode();
    var tokens = redeem(new AuthorizationCodeGrant(code, callback, new CodeVerifier(begun.get(2))));
    var validator =
        new IDTokenValidator(
            issuer.getIssuer(), clientId, JWSAlgorithm.RS256, issuer.getJWKSetURI().toURL());
    var claims = validator.validate(tokens.getIDToken(), new Nonce(begun.get(1)));
    System.out.println("ID token: " + claims.toJSONString());

    var refreshed = redeem(new RefreshTokenGrant(tokens.getRefreshToken()));
    var question = new UserInfoRequest(issuer.getUserInfoEndpointURI(), refreshed.getAccessToken());
    var userInfo = UserInfoResponse.parse(question.toHTTPRequest().send()).toSuccessResponse();
    System.out.println("Userinfo: " + userInfo.getUserInfo().toJSONString());
  }

  private OIDCTokens redeem(AuthorizationGrant grant) throws Exception {
    var request =
        new TokenRequest.Builder(
                issuer.getTokenEndpointURI(), new ClientSecretBasic(clientId, secret), grant)
            .build();
    var response = OIDCTokenResponseParser.parse(request.toHTTPRequest().send());
    if (!response.indicatesSuccess()) {
      throw new IllegalStateException(response.toErrorResponse().toJSONObject().toJSONString());
    }
    return ((OIDCTokenResponse) response.toSuccessResponse()).getOIDCTokens();
  }
}
