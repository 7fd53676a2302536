import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.zip.InflaterInputStream;

/**
 * Verifies Cardea's JWT access tokens, and hears within seconds of those that were revoked. One object for the
 * whole process; any thread may use it.
 */
public final class Cardea {
  /** Fixed here: a token's header has no say in it. */
  private static final JWSAlgorithm ALGORITHM = JWSAlgorithm.RS256;

  /** "test": only what comes of test keys; a token without the claim is live. */
  private static final String ENVIRONMENT = "live";

  /** Between this clock and the issuer's. */
  private static final Duration CLOCK_TOLERANCE = Duration.ofSeconds(5);

  /** What was revoked later than that is unknown, so nothing is accepted. */
  private static final Duration MAX_STALENESS = Duration.ofSeconds(10);

  /** For the issuer to answer. */
  private static final Duration TIMEOUT = Duration.ofSeconds(3);

  /** For the issuer to wait with its answer until something changes. */
  private static final Duration WAIT = Duration.ofSeconds(2);

  /** At least between two requests for the same thing. */
  private static final Duration PAUSE = Duration.ofSeconds(1);

  /** A list that no token points at for so long is followed no more. */
  private static final Duration IDLE = Duration.ofMinutes(5);

  /** Bytes of an answer, and of an inflated list; one of Cardea's has 131,072. */
  private static final int MAX_BYTES = 1 << 20;

  private static final System.Logger LOG = System.getLogger("cardea");

  /** 401 invalid_token: of somebody else, for somebody else, expired, revoked. */
  public static final class InvalidToken extends Exception {
    InvalidToken(String message) {
      super(message);
    }
  }

  /** 403 insufficient_scope: good, but not for this. */
  public static final class InsufficientScope extends Exception {}

  /** 503: nobody can tell at the moment whether the token was revoked. */
  public static final class Unavailable extends Exception {
    Unavailable(String message) {
      super(message);
    }
  }

  /** The issuer's JWKS, and its hash as status lists name it. */
  private record Keys(JWKSet set, String hash) {}

  /** A status list as it was signed. A bit that is set: that token is revoked. */
  private record Bits(byte[] bytes, Instant completeUntil, String jwks) {}

  /** What is known of one status list; only its own thread changes it. */
  private static final class Followed {
    final CountDownLatch tried = new CountDownLatch(1);
    volatile Bits bits = new Bits(new byte[0], Instant.EPOCH, "");
    /** Until when the bits are complete, once the keys at hand are those that the list names, too. */
    volatile Instant knownUntil = Instant.EPOCH;
    volatile long usedAt = System.nanoTime();
    String etag;
  }

  private record Answer(String etag, byte[] body) {}

  private final String issuer;
  private final String audience;
  private final Map<String, Followed> lists = new ConcurrentHashMap<>();
  private final Object refreshing = new Object();
  private long keysAskedAt = System.nanoTime() - PAUSE.toNanos();
  private volatile Keys keys = new Keys(new JWKSet(), "");

  public Cardea(String issuer, String audience) {
    this.issuer = issuer;
    this.audience = audience;
  }

  /** The token's claims; it must have the scope, unless that is null. Once a list is followed this does no I/O. */
  public JWTClaimsSet verify(String token, String scope) throws InvalidToken, InsufficientScope, Unavailable {
    Keys before = keys;
    JWTClaimsSet claims = accessToken(token);
    checkStatus(claims);
    if (keys != before) {
      // The list told of other keys: that of the token may be gone.
      claims = accessToken(token);
    }
    Object scopes = claims.getClaim("scope");
    if (scope != null && !(scopes instanceof String text && List.of(text.split(" ")).contains(scope))) {
      throw new InsufficientScope();
    }
    return claims;
  }

  private JWTClaimsSet accessToken(String token) throws InvalidToken, Unavailable {
    var known = new JWTClaimsSet.Builder().issuer(issuer).build();
    var required = Set.of("sub", "exp", "iat", "jti", "client_id");
    JWTClaimsSet claims = verified(token, "at+jwt", new DefaultJWTClaimsVerifier<>(audience, known, required));
    if (!ENVIRONMENT.equals(claims.getClaims().getOrDefault("environment", "live"))) {
      throw new InvalidToken("of another environment");
    }
    if (claims.getClaim("cnf") != null) {
      // Bound to a key (DPoP, mTLS): worth nothing without the proof, which is not checked here.
      throw new InvalidToken("a sender-constrained token is no bearer token");
    }
    return claims;
  }

  /** The claims of a JWT of the issuer, of this type (RFC 9068 section 4, RFC 7515 section 4.1.9). */
  private JWTClaimsSet verified(String token, String type, DefaultJWTClaimsVerifier<SecurityContext> verifier)
      throws InvalidToken, Unavailable {
    try {
      SignedJWT jwt = SignedJWT.parse(token);
      var processor = new DefaultJWTProcessor<SecurityContext>();
      processor.setJWSTypeVerifier(
          new DefaultJOSEObjectTypeVerifier<>(
              new JOSEObjectType(type), new JOSEObjectType("application/" + type)));
      var source = new ImmutableJWKSet<SecurityContext>(keysWith(jwt.getHeader().getKeyID()));
      processor.setJWSKeySelector(new JWSVerificationKeySelector<>(ALGORITHM, source));
      verifier.setMaxClockSkew((int) CLOCK_TOLERANCE.toSeconds());
      processor.setJWTClaimsSetVerifier(verifier);
      JWTClaimsSet claims = processor.process(jwt, null);
      if (claims.getIssueTime().toInstant().isAfter(Instant.now().plus(CLOCK_TOLERANCE))) {
        throw new InvalidToken("not issued yet");
      }
      return claims;
    } catch (ParseException | BadJOSEException | JOSEException error) {
      throw new InvalidToken(error.getMessage());
    }
  }

  private JWKSet keysWith(String kid) throws InvalidToken, Unavailable {
    if (keys.set.getKeyByKeyId(kid) == null) refreshKeys();
    JWKSet set = keys.set;
    if (set.isEmpty()) throw new Unavailable("the issuer's keys could not be had yet");
    if (set.getKeyByKeyId(kid) == null) throw new InvalidToken("unknown key");
    return set;
  }

  /** Asks for the JWKS; at most once a PAUSE, however many tokens name keys that nobody knows. */
  private void refreshKeys() {
    synchronized (refreshing) {
      if (System.nanoTime() - keysAskedAt < PAUSE.toNanos()) return;
      keysAskedAt = System.nanoTime();
      try {
        var discovery = JSONObjectUtils.parse(text(get(issuer + "/.well-known/openid-configuration", null)));
        if (!issuer.equals(JSONObjectUtils.getString(discovery, "issuer"))) {
          throw new IOException("the discovery document is another issuer's");
        }
        Answer answer = get(JSONObjectUtils.getString(discovery, "jwks_uri"), null);
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(answer.body);
        keys = new Keys(JWKSet.parse(text(answer)), Base64URL.encode(digest).toString());
      } catch (IOException | ParseException | NoSuchAlgorithmException | RuntimeException error) {
        LOG.log(System.Logger.Level.WARNING, "the issuer's keys could not be refreshed", error);
      }
    }
  }

  private void checkStatus(JWTClaimsSet claims) throws InvalidToken, Unavailable {
    String uri;
    long index;
    try {
      var status = JSONObjectUtils.getJSONObject(claims.toJSONObject(), "status");
      var reference = JSONObjectUtils.getJSONObject(status, "status_list");
      uri = JSONObjectUtils.getString(reference, "uri");
      index = JSONObjectUtils.getLong(reference, "idx");
    } catch (ParseException | NullPointerException error) {
      throw new InvalidToken("no status");
    }
    if (uri == null || !uri.startsWith(issuer + "/status-lists/") || index < 0) {
      throw new InvalidToken("no status");
    }
    Followed list = followed(uri);
    if (list.knownUntil.isBefore(Instant.now().minus(MAX_STALENESS))) {
      throw new Unavailable("what was revoked of late is unknown");
    }
    byte[] bytes = list.bits.bytes;
    // Eight tokens to a byte, the first in the least significant bit.
    if (index >> 3 >= bytes.length || (bytes[(int) (index >> 3)] >> (index & 7) & 1) == 1) {
      throw new InvalidToken("revoked");
    }
  }

  private Followed followed(String uri) throws Unavailable {
    Followed list = lists.computeIfAbsent(uri, this::startFollowing);
    list.usedAt = System.nanoTime();
    try {
      // The first time; later on this returns at once.
      list.tried.await(2 * TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
      throw new Unavailable("interrupted");
    }
    return list;
  }

  private Followed startFollowing(String uri) {
    var list = new Followed();
    var thread = new Thread(() -> follow(uri, list), "status list " + uri);
    thread.setDaemon(true);
    thread.start();
    return list;
  }

  private void follow(String uri, Followed list) {
    try {
      while (System.nanoTime() - list.usedAt < IDLE.toNanos()) {
        long next = System.nanoTime() + PAUSE.toNanos();
        try {
          look(uri, list);
        } catch (Exception error) {
          // Whatever it was: the list grows old, and then its tokens are refused.
          LOG.log(System.Logger.Level.WARNING, "status list " + uri + " could not be refreshed", error);
        }
        list.tried.countDown();
        TimeUnit.NANOSECONDS.sleep(next - System.nanoTime());
      }
    } catch (InterruptedException error) {
      // Told to end.
    } finally {
      lists.remove(uri);
    }
  }

  private void look(String uri, Followed list) throws Exception {
    Answer answer = get(uri, list.etag);
    if (answer.body != null) {
      list.bits = newer(list.bits, read(uri, text(answer)));
      list.etag = answer.etag;
    }
    if (!list.bits.jwks.equals(keys.hash)) refreshKeys();
    if (list.bits.jwks.equals(keys.hash)) list.knownUntil = list.bits.completeUntil;
  }

  private Bits read(String uri, String token) throws Exception {
    var known = new JWTClaimsSet.Builder().issuer(issuer).subject(uri).build();
    var required = Set.of("exp", "iat", "jwks", "status_list");
    JWTClaimsSet claims = verified(token, "statuslist+jwt", new DefaultJWTClaimsVerifier<>(known, required));
    Map<String, Object> list = claims.getJSONObjectClaim("status_list");
    if (JSONObjectUtils.getInt(list, "bits") != 1) throw new IOException("not one bit a token");
    byte[] compressed = new Base64URL(JSONObjectUtils.getString(list, "lst")).decode();
    try (var inflated = new InflaterInputStream(new ByteArrayInputStream(compressed))) {
      byte[] bytes = inflated.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) throw new IOException("larger than allowed");
      return new Bits(bytes, claims.getIssueTime().toInstant(), claims.getStringClaim("jwks"));
    }
  }

  private static Bits newer(Bits held, Bits next) throws IOException {
    if (next.completeUntil.isBefore(held.completeUntil)) {
      throw new IOException("older than what is known: of a node that is behind");
    }
    if (next.completeUntil.equals(held.completeUntil)) {
      // Of one second, and either may know more: what one of them revokes stays revoked.
      for (int i = 0; i < Math.min(next.bytes.length, held.bytes.length); i++) next.bytes[i] |= held.bytes[i];
    }
    return next;
  }

  /** The body of a 304 is null. Throws on any other status than 200. */
  private static Answer get(String url, String etag) throws IOException {
    var connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
    connection.setInstanceFollowRedirects(false);
    connection.setConnectTimeout((int) TIMEOUT.toMillis());
    connection.setReadTimeout((int) TIMEOUT.plus(WAIT).toMillis());
    connection.setRequestProperty("Accept", "application/statuslist+jwt, application/json");
    if (etag != null) {
      // Answered when the list changes, or else after that many seconds (RFC 7240 section 4.3).
      connection.setRequestProperty("If-None-Match", etag);
      connection.setRequestProperty("Prefer", "wait=" + WAIT.toSeconds());
    }
    int status = connection.getResponseCode();
    if (status == HttpURLConnection.HTTP_NOT_MODIFIED) return new Answer(null, null);
    if (status != HttpURLConnection.HTTP_OK) throw new IOException(url + ": status " + status);
    try (var stream = connection.getInputStream()) {
      byte[] body = stream.readNBytes(MAX_BYTES + 1);
      if (body.length > MAX_BYTES) throw new IOException(url + ": larger than allowed");
      return new Answer(connection.getHeaderField("ETag"), body);
    }
  }

  private static String text(Answer answer) {
    return new String(answer.body, StandardCharsets.UTF_8);
  }
}
