package dev.purser.benchmarks.serving;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What is compared. */
enum Server {
    /** ONNX Runtime called in a loop: no server at all, and the least that an answer can cost. */
    RAW("raw ONNX Runtime"),
    /** An event loop that calls it inline. */
    EVENT_LOOP("event loop"),
    /** The gateway with its models in its own process. */
    IN_PROCESS("Purser in-process"),
    /** The gateway with worker processes. */
    PROCESSES("Purser processes");

    private final String title;

    Server(String title) {
        this.title = title;
    }

    String title() {
        return title;
    }

    /** As options name it. */
    String option() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Optional<Server> of(String option) {
        return Arrays.stream(values())
                .filter(server -> server.option().equalsIgnoreCase(option))
                .findFirst();
    }

    /** Whether it answers over HTTP. */
    boolean listens() {
        return this != RAW;
    }
}
