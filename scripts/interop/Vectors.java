import com.nimbusds.jose.util.JSONObjectUtils;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtException;

/** Runs the programs of docs/use-it/verify-in-other-languages.md on the conformance vectors. Prints a verdict a line. */
public class Vectors {
  public static void main(String[] args) throws Exception {
    if (args[0].equals("follow")) follow(args[1], args[2], args[3], args[4]);
    for (String name : List.of("tokens", "revocations")) run(name, Path.of(args[0], name + ".json"));
    System.exit(0);
  }

  /** Prints "fresh" when the revocations are known, and ends when the session is void. */
  private static void follow(String url, String key, String session, String user) throws InterruptedException {
    Revocations revocations = new Revocations();
    Thread thread = new Thread(() -> {
      try {
        revocations.follow(url, key);
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
      }
    });
    thread.setDaemon(true);
    thread.start();
    while (!revocations.isFresh()) Thread.sleep(20);
    System.out.println("fresh");
    Jwt token = Jwt.withTokenValue("-").header("alg", "none").subject(user).claim("sid", session).build();
    while (!revocations.voids(token)) Thread.sleep(20);
    System.out.println("void");
    System.exit(0);
  }

  @SuppressWarnings("unchecked")
  private static void run(String name, Path path) throws Exception {
    Map<String, Object> file = JSONObjectUtils.parse(Files.readString(path));
    List<Map<String, Object>> cases = (List<Map<String, Object>>) file.get("cases");
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", exchange -> {
      Map<String, Object> vector = cases.get(Integer.parseInt(exchange.getRequestURI().getPath().substring(1)));
      Object keys = vector.getOrDefault("jwks", file.get("jwks"));
      byte[] body = JSONObjectUtils.toJSONString((Map<String, ?>) keys).getBytes();
      exchange.getResponseHeaders().set("content-type", "application/json");
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.start();
    String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    for (int index = 0; index < cases.size(); index += 1) {
      Map<String, Object> vector = cases.get(index);
      Revocations revocations = new Revocations();
      for (Map<String, Object> entry : (List<Map<String, Object>>) vector.getOrDefault("entries", List.of())) {
        revocations.add(entry);
      }
      Map<String, Object> answer = new HashMap<>(Map.of("file", name, "name", vector.get("name"), "verdict", "valid"));
      try {
        Jwt token = UserTokens.jwtDecoder((String) file.get("issuer"), (String) file.get("audience"), url + index, revocations)
            .decode((String) vector.get("token"));
        answer.put("subject", token.getSubject());
        answer.put("session_id", token.getClaimAsString("sid"));
      } catch (JwtException refused) {
        answer.put("verdict", "invalid");
        answer.put("reason", String.valueOf(refused.getMessage()));
      }
      System.out.println(JSONObjectUtils.toJSONString(answer));
    }
    server.stop(0);
  }
}
