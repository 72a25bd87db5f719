package dev.purser.server;

import dev.purser.core.InputException;
import dev.purser.server.TraceArguments.Window;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which part of a trace to take, wherever a command runs one. */
final class WindowOptions {
    @Option(
            names = "--from",
            paramLabel = "TIME",
            description = {"Where in each trace to begin.", "Default: 0s, its beginning. Example: --from 8h"})
    private Duration from = Duration.ZERO;

    @Option(
            names = "--duration",
            paramLabel = "TIME",
            description = {
                "How much of each trace to run.",
                "Default: 1h of a built-in trace, all the rest of any other. Example: --duration 20m"
            })
    private @Nullable Duration duration;

    @Option(
            names = "--scale-to-mean",
            paramLabel = "RPS",
            description = {
                "Scale each trace so that the part that is run has this mean, in requests per second.",
                "Default: as it is. Example: --scale-to-mean 100"
            })
    private @Nullable Double scaleToMean;

    /**
     * The part asked for.
     *
     * @throws InputException if it cannot be one
     */
    Window window() {
        if (duration != null && duration.isZero()) {
            throw new InputException("--duration", "", "is 0s, but it must be longer", "10m is enough for a look");
        }
        if (scaleToMean != null && !(scaleToMean > 0 && scaleToMean < Double.POSITIVE_INFINITY)) {
            throw new InputException("--scale-to-mean", "", "is " + scaleToMean + ", but it must be over 0", "");
        }
        return new Window(from, duration, scaleToMean);
    }
}
