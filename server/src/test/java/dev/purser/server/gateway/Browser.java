package dev.purser.server.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** One page in a headless Chromium, by its DevTools protocol. */
final class Browser implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Process process;
    private final HttpClient http = HttpClient.newHttpClient();
    private final WebSocket socket;
    private final AtomicInteger ids = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    /** Exceptions that scripts of the page did not catch, and what it wrote to the console as an error. */
    final ConcurrentLinkedQueue<String> problems = new ConcurrentLinkedQueue<>();

    /** Where a Chromium is; empty where there is none. */
    static Optional<Path> find() {
        return Stream.of(System.getenv("PATH").split(java.io.File.pathSeparator))
                .flatMap(directory -> Stream.of("chromium", "chromium-browser", "google-chrome", "chrome")
                        .map(name -> Path.of(directory, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** @param profile an empty directory */
    Browser(Path program, Path profile, int width, int height) throws Exception {
        process = new ProcessBuilder(List.of(
                        program.toString(),
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--hide-scrollbars",
                        "--no-first-run",
                        "--user-data-dir=" + profile,
                        "--remote-debugging-port=0",
                        "--window-size=" + width + "," + height,
                        "about:blank"))
                .redirectErrorStream(true)
                .start();
        BufferedReader said =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String address = null;
        StringBuilder all = new StringBuilder();
        for (String line = said.readLine(); line != null && address == null; line = said.readLine()) {
            all.append(line).append('\n');
            int at = line.indexOf("ws://");
            address = at < 0 ? null : line.substring(at);
        }
        if (address == null) {
            throw new IOException("the browser did not start: " + all);
        }
        Thread.ofVirtual().start(() -> said.lines().forEach(line -> {}));
        String host = URI.create(address).getAuthority();
        JsonNode pages = JSON.readTree(http.send(
                        HttpRequest.newBuilder(URI.create("http://" + host + "/json/list"))
                                .build(),
                        BodyHandlers.ofString())
                .body());
        String page = null;
        for (JsonNode one : pages) {
            if (one.path("type").asText().equals("page")) {
                page = one.path("webSocketDebuggerUrl").asText();
            }
        }
        socket = http.newWebSocketBuilder()
                .buildAsync(URI.create(String.valueOf(page)), new Listener())
                .get(30, TimeUnit.SECONDS);
        command("Runtime.enable", "{}");
        command("Page.enable", "{}");
        command("Log.enable", "{}");
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                received(text.toString());
                text.setLength(0);
            }
            from.request(1);
            return CompletableFuture.completedFuture(null);
        }
    }

    private void received(String message) {
        try {
            JsonNode json = JSON.readTree(message);
            if (json.has("id")) {
                CompletableFuture<JsonNode> answer =
                        answers.remove(json.path("id").asInt());
                if (answer != null) {
                    answer.complete(json);
                }
            } else if (json.path("method").asText().equals("Runtime.exceptionThrown")) {
                problems.add(json.path("params").path("exceptionDetails").toString());
            } else if (json.path("method").asText().equals("Log.entryAdded")
                    && json.path("params").path("entry").path("level").asText().equals("error")) {
                problems.add(json.path("params").path("entry").path("text").asText());
            }
        } catch (IOException e) {
            problems.add(e.toString());
        }
    }

    private JsonNode command(String method, String parameters) throws Exception {
        int id = ids.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.put(id, answer);
        ObjectNode json = JSON.createObjectNode();
        json.put("id", id).put("method", method).set("params", JSON.readTree(parameters));
        socket.sendText(json.toString(), true).get(30, TimeUnit.SECONDS);
        return answer.get(30, TimeUnit.SECONDS).path("result");
    }

    void open(String url) throws Exception {
        command("Page.navigate", JSON.createObjectNode().put("url", url).toString());
    }

    /** What a script comes to. */
    JsonNode evaluate(String script) {
        try {
            ObjectNode parameters = JSON.createObjectNode()
                    .put("expression", script)
                    .put("returnByValue", true)
                    .put("awaitPromise", true);
            JsonNode result = command("Runtime.evaluate", parameters.toString());
            if (result.has("exceptionDetails")) {
                throw new IllegalStateException(result.path("exceptionDetails").toString());
            }
            return result.path("result").path("value");
        } catch (Exception e) {
            throw new IllegalStateException(script, e);
        }
    }

    void resize(int width, int height) throws Exception {
        command(
                "Emulation.setDeviceMetricsOverride",
                "{\"width\":" + width + ",\"height\":" + height + ",\"deviceScaleFactor\":1,\"mobile\":false}");
    }

    void prefer(String scheme) throws Exception {
        command(
                "Emulation.setEmulatedMedia",
                "{\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"" + scheme + "\"}]}");
    }

    byte[] screenshot() throws Exception {
        return Base64.getDecoder()
                .decode(command("Page.captureScreenshot", "{\"format\":\"png\"}")
                        .path("data")
                        .asText());
    }

    @Override
    public void close() {
        socket.abort();
        http.shutdownNow();
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        process.onExit().orTimeout(10, TimeUnit.SECONDS).join();
    }
}
