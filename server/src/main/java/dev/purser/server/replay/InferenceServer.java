package dev.purser.server.replay;

import com.google.common.net.UrlEscapers;
import dev.purser.core.InputException;
import dev.purser.core.Names;
import dev.purser.server.replay.Connections.Answer;
import dev.purser.worker.protocol.EncodedMessage;
import dev.purser.worker.protocol.MetadataCodec;
import dev.purser.worker.protocol.ModelMetadata;
import dev.purser.worker.protocol.ProtocolException;
import dev.purser.worker.protocol.RepositoryEntry;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a server says of itself before the first inference: which models it has, and what they take. */
public final class InferenceServer {
    private static final int OK = 200;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final EncodedMessage EMPTY = new EncodedMessage("{}".getBytes(StandardCharsets.UTF_8), -1);

    private final URI uri;
    private final @Nullable String apiKey;

    private InferenceServer(URI uri, @Nullable String apiKey) {
        this.uri = uri;
        this.apiKey = apiKey;
    }

    /**
     * A server, which is not asked anything yet.
     *
     * @param url such as {@code http://127.0.0.1:8080}
     * @param apiKey sent as a bearer token with each request; null for none
     * @throws InputException when that is no address of an HTTP server
     */
    public static InferenceServer at(String url, @Nullable String apiKey) {
        String problem;
        try {
            URI uri = new URI(url);
            String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
            if ((scheme.equals("http") || scheme.equals("https"))
                    && uri.getHost() != null
                    && uri.getRawQuery() == null
                    && uri.getRawFragment() == null) {
                return new InferenceServer(new URI(scheme + url.substring(scheme.length())), apiKey);
            }
            problem = "is not the address of an HTTP server";
        } catch (URISyntaxException e) {
            problem = "is not an address: " + e.getReason();
        }
        throw new InputException("--url", "", "'" + url + "' " + problem, "write it as http://127.0.0.1:8080");
    }

    /** Where it is. */
    public URI uri() {
        return uri;
    }

    /**
     * What the server says of a model.
     *
     * @param name the model; null to take one of the server's index that is ready
     * @param preferred the one to take if it is there, instead of the first; may be null
     * @return its metadata
     * @throws InputException when the server does not answer, or has no such model; with the models that it has
     */
    public ModelMetadata model(@Nullable String name, @Nullable String preferred) {
        try (Connections connections = new Connections(uri, apiKey, PATIENCE)) {
            String wanted = name == null ? ready(connections, preferred) : name;
            Answer answer = connections.send(
                    "GET", "/v2/models/" + UrlEscapers.urlPathSegmentEscaper().escape(wanted), null);
            if (answer.status() == OK) {
                return MetadataCodec.readModel(answer.body());
            }
            List<String> known = index(connections).stream()
                    .map(RepositoryEntry::name)
                    .distinct()
                    .toList();
            throw new InputException(
                    name == null ? "--url" : "--model",
                    "",
                    uri + " answers " + answer.status() + " when asked for model '" + wanted + "': "
                            + MetadataCodec.readError(answer.body()),
                    known.isEmpty() || known.contains(wanted) ? "" : Names.suggest("model", known, wanted));
        } catch (IOException e) {
            throw new InputException(
                    "--url", "", uri + " does not answer: " + e.getMessage(), "start a server with 'purser serve'");
        } catch (ProtocolException e) {
            throw new InputException(
                    "--url", "", uri + " is not a server of the Open Inference Protocol: " + e.getMessage(), "");
        }
    }

    private String ready(Connections connections, @Nullable String preferred) throws IOException {
        List<RepositoryEntry> entries = index(connections);
        List<String> ready = entries.stream()
                .filter(entry -> entry.state() == null || entry.state().equals("READY"))
                .map(RepositoryEntry::name)
                .toList();
        return ready.stream()
                .filter(name -> name.equals(preferred))
                .findFirst()
                .or(() -> ready.stream().findFirst())
                .orElseThrow(() -> new InputException(
                        "--model",
                        "",
                        entries.isEmpty()
                                ? uri + " does not say which models it has"
                                : "none of the models of " + uri + " is ready: "
                                        + entries.stream()
                                                .map(entry -> entry.name() + " is " + entry.state())
                                                .toList(),
                        entries.isEmpty() ? "name one, for example --model embeddings" : "wait, or name one"));
    }

    /** Empty where the server has none or does not show it. */
    private static List<RepositoryEntry> index(Connections connections) throws IOException {
        Answer answer = connections.send("POST", "/v2/repository/index", EMPTY);
        return answer.status() == OK ? MetadataCodec.readIndex(answer.body()) : List.of();
    }
}
