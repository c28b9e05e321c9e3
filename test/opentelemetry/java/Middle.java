import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.Executors;

/** Asks the service behind it the same path, with the JDK's own server and client, and knows nothing of colours. */
public class Middle {
  public static void main(String[] args) throws Exception {
    var client = HttpClient.newHttpClient();
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(System.getenv("PORT")));
    var server = HttpServer.create(address, 0);
    server.setExecutor(Executors.newFixedThreadPool(4));
    server.createContext("/", exchange -> answer(client, exchange));
    server.start();
  }

  private static void answer(HttpClient client, HttpExchange exchange) throws java.io.IOException {
    var asked = HttpRequest.newBuilder(URI.create(System.getenv("DB_URL") + exchange.getRequestURI())).build();
    try (exchange) {
      var answered = client.send(asked, BodyHandlers.ofByteArray());
      exchange.sendResponseHeaders(answered.statusCode(), answered.body().length == 0 ? -1 : answered.body().length);
      exchange.getResponseBody().write(answered.body());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
