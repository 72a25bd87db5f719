package dev.purser.server;

import dev.purser.core.InputException;
import picocli.CommandLine.Option;

/** How many runs a command makes at the same time. */
final class ThreadOption {
    @Option(
            names = "--threads",
            paramLabel = "N",
            description = {
                "How many runs at the same time; the results do not depend on it.",
                "Default: one for each processor. Example: --threads 4"
            })
    private int threads = Runtime.getRuntime().availableProcessors();

    int count() {
        if (threads < 1) {
            throw new InputException("--threads", "", "is " + threads + ", but it must be at least 1", "");
        }
        return threads;
    }
}
