package dev.purser.server;

import dev.purser.core.trace.ReadOptions;
import dev.purser.core.trace.Spread;
import dev.purser.core.trace.TraceFormat;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How trace files are read, wherever a command reads some. */
final class TraceReadOptions {
    @Option(
            names = "--fill-gaps",
            description = {
                "Take steps that are missing from a file of counts for steps without requests.",
                "Default: a gap is an error. Example: --fill-gaps"
            })
    private boolean fillGaps;

    @Option(
            names = "--trace-format",
            paramLabel = "FORMAT",
            description = {
                "The format of trace files: counts, requests, azure-2019 or azure-2021.",
                "Default: told by the header. Example: --trace-format azure-2019"
            })
    private @Nullable String traceFormat;

    @Option(
            names = "--function",
            paramLabel = "HASH",
            description = {
                "Of an Azure Functions file, the one function whose hash begins so.",
                "Default: all functions together. Example: --function c13acd"
            })
    private @Nullable String function;

    @Option(
            names = "--spread",
            paramLabel = "uniform|poisson",
            description = {
                "How counts become arrivals: as many as counted at uniform moments, or a Poisson number of that mean.",
                "Default: uniform. Example: --spread poisson"
            })
    private Spread spread = Spread.UNIFORM;

    ReadOptions options() {
        ReadOptions options = ReadOptions.defaults().withFillGaps(fillGaps).withSpread(spread);
        if (traceFormat != null) {
            options = options.withFormat(TraceFormat.named(traceFormat));
        }
        return function == null ? options : options.withFunction(function);
    }
}
