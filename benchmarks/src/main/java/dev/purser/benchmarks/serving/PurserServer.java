package dev.purser.benchmarks.serving;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.json.Json;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Purser's own server as {@code purser serve} starts it, told to serve one model on a fixed number of workers. */
final class PurserServer {
    private static final String INSTANCE_TYPE = "c7a.medium";
    private static final String MODEL_SUFFIX = "-fp32";

    private PurserServer() {}

    /**
     * The command. The application has the model's name, so that a request for it goes all the way: through the selector,
     * the dispatcher and the batches.
     *
     * @param program what starts the command line: the launcher, or a JVM with its main class
     * @param name the model
     * @param file where it is
     * @param batchMillis how long its batches take, by size; one of a single request at least
     * @param workers instances, each of one slot and one thread
     * @param greedy whether requests that wait go in batches
     * @param inProcess whether workers are in the same process
     * @param scratch a folder for the workload and the stack
     */
    static List<String> command(
            List<String> program,
            String name,
            Path file,
            SortedMap<Integer, Double> batchMillis,
            int workers,
            boolean greedy,
            boolean inProcess,
            Path scratch) {
        Path workload = scratch.resolve("workload.json");
        Path stack = scratch.resolve("stack.json");
        Json.write(workload, workload(name, file, batchMillis));
        Json.write(stack, stack(workers, greedy));
        List<String> command = new ArrayList<>(program);
        command.addAll(List.of(
                "serve",
                "--workload",
                workload.toString(),
                "--stack",
                stack.toString(),
                "--port",
                "0",
                "--admin-port",
                "0",
                "--format",
                "json"));
        if (inProcess) {
            command.add("--in-process");
        }
        return command;
    }

    private static Map<String, Object> workload(String name, Path file, SortedMap<Integer, Double> batchMillis) {
        SortedMap<Integer, Double> larger = new TreeMap<>(batchMillis.tailMap(2));
        Map<String, Object> vm = new TreeMap<>(Map.of("latencyMs", batchMillis.get(1), "slots", 1));
        if (!larger.isEmpty()) {
            vm.put("batchLatencyMs", larger);
        }
        Map<String, Object> variant = Map.of(
                "name",
                name + MODEL_SUFFIX,
                "accuracy",
                0.9,
                "sizeMb",
                Math.max(1, file.toFile().length() / 1e6),
                "loadMs",
                100,
                "vm",
                Map.of(INSTANCE_TYPE, vm),
                "model",
                Map.of("onnx", file.toAbsolutePath().toString()));
        return Map.of(
                "name",
                "serving-benchmark",
                "description",
                "one model on workers of one thread",
                "application",
                Map.of(
                        "name",
                        name,
                        "pool",
                        Map.of("name", "one", "source", "measured before", "variants", List.of(variant)),
                        "classes",
                        List.of(Map.of(
                                "name", "any", "weight", 1, "slo", Map.of("urgency", "relaxed", "maxLatency", "20s")))),
                "instanceTypes",
                List.of(INSTANCE_TYPE),
                "functions",
                Map.of("memoryMb", List.of(1769), "concurrencyLimit", 1),
                "priceBook",
                "us-east-1-2026");
    }

    private static Map<String, Object> stack(int workers, boolean greedy) {
        Map<String, Object> stack = new TreeMap<>(Map.of(
                "name",
                "benchmark",
                "description",
                "a fixed number of workers",
                "modelSelector",
                "paragon",
                "dispatcher",
                "admission",
                "resourceProvisioner",
                Map.of("policy", "static", "instances", workers),
                "coldStartManager",
                "fixed"));
        if (greedy) {
            stack.put("batchingPolicy", "greedy");
        }
        return stack;
    }

    /** The port that a line of it says. */
    static @Nullable Integer port(String line) {
        if (!line.startsWith("{")) {
            return null;
        }
        JsonNode url = Json.parse("purser serve", line).path("url");
        return url.isTextual() ? URI.create(url.textValue()).getPort() : null;
    }
}
