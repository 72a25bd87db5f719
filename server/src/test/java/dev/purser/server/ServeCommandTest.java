package dev.purser.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.InputException;
import dev.purser.core.json.Json;
import dev.purser.server.gateway.GatewaySettings;
import dev.purser.worker.TestModels;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The server as a person starts and stops it, with a real model. */
@Timeout(180)
final class ServeCommandTest {
    private static final String WORKLOAD = """
            {
              "name": "digits", "description": "a small network of the tests",
              "application": {
                "name": "digits",
                "pool": {"name": "digits", "source": "made up", "variants": [
                  {"name": "mlp", "accuracy": 0.9, "sizeMb": 1, "loadMs": 50, "vm": {"c7a.medium": {"latencyMs": 1, "slots": 1}},
                   "function": {"latencyMs": {"1769": 1}}, "model": {"onnx": "mlp.onnx"}}
                ]},
                "classes": [{"name": "any", "weight": 1, "slo": {"urgency": "relaxed", "maxLatency": "30s"}}]
              },
              "instanceTypes": ["c7a.medium"], "functions": {"memoryMb": [1769], "concurrencyLimit": 10},
              "priceBook": "us-east-1-2026"
            }
            """;

    @TempDir
    private Path directory;

    private Path workload;

    @BeforeEach
    void write() throws IOException {
        TestModels.mlp(directory);
        workload = Files.writeString(directory.resolve("digits.json"), WORKLOAD);
    }

    private record Served(Process process, BufferedReader out, Path err) implements AutoCloseable {
        String line() throws IOException {
            String line = out.readLine();
            assertThat(line).as("it ended and said: %s", said()).isNotNull();
            return line;
        }

        String said() throws IOException {
            return Files.readString(err);
        }

        int exit() throws InterruptedException {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return process.exitValue();
        }

        @Override
        public void close() {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private Served serve(String... options) throws IOException {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath,
                Main.class.getName(),
                "serve",
                "--workload",
                workload.toString(),
                "--stack",
                "admission",
                "--port",
                "0",
                "--admin-port",
                "0"));
        command.addAll(List.of(options));
        Path err = directory.resolve("err.txt");
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(err.toFile());
        builder.environment().put("XDG_CACHE_HOME", directory.resolve("cache").toString());
        Process process = builder.start();
        return new Served(
                process,
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)),
                err);
    }

    private static HttpResponse<String> infer(String url) throws IOException, InterruptedException {
        String body = "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [1, 784], \"data\": ["
                + IntStream.range(0, 784).mapToObj(i -> "0.5").collect(Collectors.joining(",")) + "]}]}";
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create(url + "/v2/models/digits/infer"))
                            .timeout(Duration.ofSeconds(60))
                            .POST(HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    BodyHandlers.ofString());
        }
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void servesARealModelUntilItIsToldToStop(boolean inProcess) throws Exception {
        List<String> options = new ArrayList<>(List.of("--format", "json"));
        if (inProcess) {
            options.add("--in-process");
        }
        try (Served served = serve(options.toArray(String[]::new))) {
            JsonNode line = Json.parse("stdout", served.line());
            assertThat(line.path("application").asText()).isEqualTo("digits");
            assertThat(line.path("models")).hasToString("[\"mlp\"]");
            assertThat(line.path("pid").asLong()).isEqualTo(served.process().pid());
            String url = line.path("url").asText();

            HttpResponse<String> response = infer(url);
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            assertThat(response.body()).contains("\"variant\":\"mlp\"").contains("\"shape\":[1,10]");
            List<ProcessHandle> workers = served.process().descendants().toList();
            assertThat(workers.isEmpty()).isEqualTo(inProcess);

            served.process().destroy();
            assertThat(served.exit()).as(served.said()).isZero();
            assertThat(served.said()).contains("purser: stopping").contains("purser: stopped");
            assertThatThrownBy(() -> infer(url)).isInstanceOf(IOException.class);
            for (ProcessHandle worker : workers) {
                worker.onExit().get(30, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void saysWhatToTryAndItWorks() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/curl")), "no curl: the example was not pasted");
        String key = "a-key-that-nobody-guesses";
        Path keys = Files.writeString(directory.resolve("keys.txt"), "# of the tests\n" + key + "\n");
        try (Served served = serve("--in-process", "--api-key-file", keys.toString())) {
            assertThat(served.line()).contains("serving", "/v2/models/digits", "1 variant,", "stack admission");
            String page = served.line();
            assertThat(page).startsWith("live page  http://127.0.0.1:");
            assertThat(served.line()).endsWith("/metrics");
            String example = served.line().replaceFirst("try +", "");
            assertThat(example).startsWith("curl ").doesNotContain(key);
            Process curl = new ProcessBuilder("sh", "-c", example).start();
            String answer = new String(curl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer).contains("\"model_name\":\"digits\"").contains("\"outputs\":");
            served.process().destroy();
            assertThat(served.exit()).isZero();
        }
    }

    @Test
    void endsAtOnceWhenItIsToldTwice() throws Exception {
        try (Served served = serve("--in-process", "--format", "json", "--grace", "1h", "--patience", "1h")) {
            URI url = URI.create(Json.parse("stdout", served.line()).path("url").asText());
            try (Socket socket = new Socket(url.getHost(), url.getPort())) {
                // a request that never ends
                socket.getOutputStream()
                        .write("POST /v2/models/digits/infer HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{"
                                .getBytes(StandardCharsets.UTF_8));
                // it is open when one that came later is answered
                assertThat(infer(url.toString()).statusCode()).isEqualTo(200);
                served.process().destroy();
                long until = System.nanoTime() + Duration.ofSeconds(60).toNanos();
                while (!served.said().contains("1 request has 1h to end")) {
                    assertThat(System.nanoTime()).as(served.said()).isLessThan(until);
                    Thread.sleep(20);
                }
                assertThat(served.process().isAlive()).isTrue();
                served.process().destroy();
                assertThat(served.exit()).isEqualTo(130);
            }
        }
    }

    @Test
    void saysThatAPortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            String port = Integer.toString(taken.getLocalPort());
            Cli cli = Cli.run(
                    "serve",
                    "--workload",
                    workload.toString(),
                    "--stack",
                    "admission",
                    "--in-process",
                    "--initial-rate",
                    "0",
                    "--port",
                    port);
            assertThat(cli.code()).isEqualTo(Main.INPUT_ERROR);
            assertThat(cli.err())
                    .contains("--port: port " + port + " of 127.0.0.1 is taken")
                    .contains("Maybe: --port 0");
        }
    }

    @Test
    void saysWhichOptionIsWrong() throws Exception {
        Path key = Files.writeString(directory.resolve("server.key"), "");
        String[][] mistakes = {
            {"--max-open", "0", "--max-open: maxOpen is 0"},
            {"--max-body", "lots", "'lots' is not a size"},
            {"--max-body", "10", "--max-body: maxBody is 10"},
            {"--max-body", "2g", "--max-body: maxBody is 2147483647"},
            {"--port", "70000", "--port: port is 70000"},
            {"--patience", "0s", "--patience: patience is"},
            {"--initial-rate", "-1", "--initial-rate: is -1.0"},
            {"--control-interval", "0s", "--control-interval: is 0s"},
            {"--tls-key", key.toString(), "give --tls-certificate too"},
            {"--client-ca", key.toString(), "--client-ca: needs TLS"},
            {"--stack", "admision", "'admission'"},
            {"--workload", "embedings", "embeddings"},
        };
        for (String[] mistake : mistakes) {
            List<String> arguments = new ArrayList<>(
                    List.of("serve", "--workload", workload.toString(), "--port", "0", "--admin-port", "0"));
            if (mistake[0].equals("--workload") || mistake[0].equals("--port")) {
                int at = arguments.indexOf(mistake[0]);
                arguments.set(at + 1, mistake[1]);
            } else {
                arguments.addAll(List.of(mistake[0], mistake[1]));
            }
            if (!mistake[0].equals("--stack")) {
                arguments.addAll(List.of("--stack", "admission"));
            }
            Cli cli = Cli.run(arguments.toArray(String[]::new));
            assertThat(cli.code()).as(cli.err()).isEqualTo(Main.INPUT_ERROR);
            assertThat(cli.err()).contains(mistake[2]);
        }
    }

    @Test
    void readsSizes() {
        assertThat(GatewayOptions.bytes("16m")).isEqualTo(16 << 20);
        assertThat(GatewayOptions.bytes("16 MiB")).isEqualTo(16 << 20);
        assertThat(GatewayOptions.bytes("1g")).isEqualTo(1 << 30);
        assertThat(GatewayOptions.bytes("4096")).isEqualTo(4096);
        assertThatThrownBy(() -> GatewayOptions.bytes("-1")).isInstanceOf(InputException.class);
    }

    @Test
    void warnsOfWhatIsOpenToOthers() {
        GatewaySettings all = GatewaySettings.defaults();
        assertThat(GatewayOptions.warning(all)).isEmpty();
        assertThat(GatewayOptions.warning(open(all, "0.0.0.0", "127.0.0.1", null)))
                .contains("0.0.0.0")
                .contains("--api-key-file");
        assertThat(GatewayOptions.warning(open(all, "0.0.0.0", "127.0.0.1", Path.of("keys"))))
                .isEmpty();
        assertThat(GatewayOptions.warning(open(all, "0.0.0.0", "0.0.0.0", Path.of("keys"))))
                .contains("--admin-host 127.0.0.1");
    }

    private static GatewaySettings open(GatewaySettings all, String host, String adminHost, Path keys) {
        return new GatewaySettings(
                host, 0, adminHost, 0, all.maxBody(), all.maxOpen(), all.grace(), all.patience(), keys, null);
    }

    @Test
    void findsModelsBesideThePool() throws Exception {
        assertThat(DeploymentOptions.modelDirectory(workload.toString())).isEqualTo(directory.toAbsolutePath());
        Path elsewhere = Files.createDirectory(directory.resolve("pools"));
        Path other = Files.writeString(
                directory.resolve("other.json"), "{\"application\": {\"pool\": \"pools/digits.json\"}}");
        assertThat(DeploymentOptions.modelDirectory(other.toString())).isEqualTo(elsewhere.toAbsolutePath());
        assertThat(DeploymentOptions.modelDirectory("embeddings")).isAbsolute();
    }
}
