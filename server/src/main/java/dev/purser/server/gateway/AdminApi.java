package dev.purser.server.gateway;

import com.google.common.base.Suppliers;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/** The admin port: the live page, its state, and metrics. Nothing here changes anything. */
final class AdminApi implements Handler {
    private static final Header HTML = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "text/html; charset=utf-8");
    private static final Header FRESH = HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "no-store");
    private static final Header SNIFF = HeaderValues.createCached("X-Content-Type-Options", "nosniff");
    private static final Header POLICY = HeaderValues.createCached(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; connect-src 'self';"
                    + " frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    private final StateJson state;
    private final Meters meters;
    private final Backend backend;
    private final Supplier<byte[]> page;

    AdminApi(StateJson state, Meters meters, Backend backend, String version) {
        this.state = state;
        this.meters = meters;
        this.backend = backend;
        page = Suppliers.memoize(() -> LivePage.render(version));
    }

    @Override
    public void handle(ServerRequest request, ServerResponse response) {
        Method method = request.prologue().method();
        response.header(FRESH);
        response.header(SNIFF);
        if (!method.equals(Method.GET) && !method.equals(Method.HEAD)) {
            response.header(HeaderNames.ALLOW, "GET");
            response.header(HeaderNames.CONNECTION, "close");
            HttpReply.error(response, 405, "here the method must be GET", 0);
            return;
        }
        switch (request.prologue().uriPath().rawPath()) {
            case "/" -> {
                response.header(HTML);
                response.header(POLICY);
                response.send(page.get());
            }
            case "/health" -> HttpReply.json(response, "{\"live\":true}".getBytes(StandardCharsets.UTF_8));
            case "/metrics" -> {
                boolean open = request.headers()
                        .first(HeaderNames.ACCEPT)
                        .filter(accept -> accept.contains("application/openmetrics-text"))
                        .isPresent();
                String type = open ? OPEN_METRICS : TEXT;
                response.header(HeaderNames.CONTENT_TYPE, type);
                response.send(meters.scrape(type).getBytes(StandardCharsets.UTF_8));
            }
            case "/api/state" -> HttpReply.json(response, state.write(since(request), backend.ready()));
            default ->
                HttpReply.error(
                        response,
                        404,
                        "there is nothing at "
                                + ModelDirectory.brief(
                                        request.prologue().uriPath().rawPath())
                                + "; this port has /, /metrics, /health and /api/state",
                        0);
        }
    }

    private static long since(ServerRequest request) {
        try {
            return Long.parseLong(request.query().first("since").orElse("-1"));
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
