import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;

/** An API for whoever has a token of Cardea's. Arguments: ISSUER AUDIENCE [PORT]. */
public final class OrdersApi {
  private interface ProtectedHandler {
    void handle(HttpExchange exchange, JWTClaimsSet claims) throws IOException;
  }

  /** Only requests with a good token reach the handler (RFC 6750 section 3). */
  private static HttpHandler guarded(Cardea cardea, String scope, ProtectedHandler next) {
    return exchange -> {
      try {
        String authorization = exchange.getRequestHeaders().getFirst("Authorization");
        String[] parts = authorization == null ? new String[0] : authorization.trim().split(" +", 2);
        if (parts.length != 2 || !parts[0].equalsIgnoreCase("Bearer")) {
          refuse(exchange, 401, "WWW-Authenticate", "Bearer");
          return;
        }
        next.handle(exchange, cardea.verify(parts[1], scope));
      } catch (Cardea.InvalidToken error) {
        refuse(exchange, 401, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
      } catch (Cardea.InsufficientScope error) {
        String challenge = "Bearer error=\"insufficient_scope\", scope=\"" + scope + "\"";
        refuse(exchange, 403, "WWW-Authenticate", challenge);
      } catch (Cardea.Unavailable error) {
        refuse(exchange, 503, "Retry-After", "1");
      } finally {
        exchange.close();
      }
    };
  }

  private static void refuse(HttpExchange exchange, int status, String name, String value) throws IOException {
    exchange.getResponseHeaders().set(name, value);
    exchange.sendResponseHeaders(status, -1);
  }

  private static void orders(HttpExchange exchange, JWTClaimsSet claims) throws IOException {
    String json = JSONObjectUtils.toJSONString(Map.of("orders", List.of(), "for", claims.getSubject()));
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
  }

  public static void main(String[] arguments) throws IOException {
    int port = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 0;
    var cardea = new Cardea(arguments[0], arguments[1]);
    var server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
    server.setExecutor(Executors.newFixedThreadPool(16));
    server.createContext("/", guarded(cardea, "orders:read", OrdersApi::orders));
    server.start();
    System.out.println("listening on http://127.0.0.1:" + server.getAddress().getPort());
  }
}
