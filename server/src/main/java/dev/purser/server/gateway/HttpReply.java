package dev.purser.server.gateway;

import dev.purser.worker.protocol.MetadataCodec;
import io.helidon.http.DirectHandler;
import io.helidon.http.DirectHandler.EventType;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.ServerResponse;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How answers look on the wire. */
final class HttpReply {
    static final Header JSON = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/json");

    private HttpReply() {}

    static void json(ServerResponse response, byte[] body) {
        response.header(JSON);
        response.send(body);
    }

    /** @param retryAfter in seconds; 0 for none */
    static void error(ServerResponse response, int status, String message, int retryAfter) {
        response.status(Status.create(status));
        if (retryAfter > 0) {
            response.header(HeaderNames.RETRY_AFTER, Integer.toString(retryAfter));
        }
        if (status == 401) {
            response.header(HeaderNames.WWW_AUTHENTICATE, "Bearer");
        }
        response.header(JSON);
        response.send(MetadataCodec.writeError(message));
    }

    /** What the server answers by itself where a request is no proper HTTP. */
    static DirectHandlers directHandlers(int maxBody) {
        DirectHandler handler =
                (request, event, status, headers, message) -> direct(event, status, headers, message, maxBody);
        DirectHandlers.Builder handlers = DirectHandlers.builder();
        for (EventType event : EventType.values()) {
            handlers.addHandler(event, handler);
        }
        return handlers.build();
    }

    private static DirectHandler.TransportResponse direct(
            EventType event, Status status, ServerResponseHeaders headers, @Nullable String message, int maxBody) {
        headers.set(JSON);
        String said = message == null || message.isBlank() ? status.reasonPhrase() : message;
        String text = switch (status.code()) {
            case 413 -> tooLong(maxBody);
            case 500 -> "internal error; the server's log says more";
            case 431 -> "the headers are longer than the server takes";
            default -> event == EventType.BAD_REQUEST ? "not a proper HTTP request: " + said.strip() : said.strip();
        };
        return DirectHandler.TransportResponse.builder()
                .status(status)
                .headers(headers)
                .keepAlive(false)
                .entity(MetadataCodec.writeError(text))
                .build();
    }

    static String tooLong(int maxBody) {
        return String.format(
                Locale.ROOT, "the body is longer than %,d bytes, which is the limit (--max-body)", maxBody);
    }
}
