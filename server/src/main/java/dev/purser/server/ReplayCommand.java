package dev.purser.server;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.purser.core.InputException;
import dev.purser.core.json.Json;
import dev.purser.core.workload.Workload;
import dev.purser.core.workload.Workloads;
import dev.purser.server.TraceArguments.NamedTrace;
import dev.purser.server.inputs.ModelInputs;
import dev.purser.server.replay.InferenceServer;
import dev.purser.server.replay.Replay;
import dev.purser.server.replay.ReplayListener;
import dev.purser.server.replay.ReplayLoad;
import dev.purser.server.replay.ReplayOptions;
import dev.purser.server.replay.ReplayProgress;
import dev.purser.server.replay.ReplayResult;
import dev.purser.server.replay.ReplayedRequest;
import dev.purser.server.replay.RequestLog;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.ModelMetadata;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Sends a trace to a server, and shows what became of it. */
@Command(
        name = "replay",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Sends an arrival trace to a server, and shows how it did.",
        description = {
            "Sends requests to any server of the Open Inference Protocol when an arrival trace says so, whatever has become"
                    + " of those before. Latency counts from the moment at which each was to be sent, so that a server that"
                    + " falls behind cannot hide it. Ctrl-C ends it early, with the summary until then.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  purser replay",
            "  purser replay --trace wits-like --duration 2m --scale-to-mean 20 --model embeddings",
            "  purser replay --workload mine.json --trace mine.csv --seed 7 --out result",
            "  purser replay --url http://127.0.0.1:8080 --trace constant:rate=50,duration=1m --input request.json",
        })
final class ReplayCommand implements Runnable {
    private static final String SUMMARY = "summary.json";
    private static final String REQUESTS = "requests.csv.gz";
    private static final int SYNTHESISED = 64;

    private final boolean terminal;

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = {
                "Where the server is. Default: http://127.0.0.1:8080. Example: --url https://models.example/purser"
            })
    private String url = "http://127.0.0.1:8080";

    @Option(
            names = "--model",
            paramLabel = "NAME",
            description = {
                "The model to ask; a gateway's application, where the gateway is to choose the variant.",
                "Default: the workload's application where the server has it, else the first that is ready. Example: --model embeddings"
            })
    private @Nullable String model;

    @Option(
            names = "--trace",
            paramLabel = "TRACE",
            description = {
                "When requests are sent: a file (counts or requests, .csv or .csv.gz), a built-in trace, or a generator"
                        + " expression.",
                "Default: constant:rate=10,duration=30s. Example: --trace wits-like"
            })
    private String trace = "constant:rate=10,duration=30s";

    @Mixin
    private TraceReadOptions reading = new TraceReadOptions();

    @Mixin
    private WindowOptions window = new WindowOptions();

    @Option(
            names = "--seed",
            paramLabel = "SEED",
            description = {
                "What decides the arrivals within a step of the trace and the class of each request, exactly as in a"
                        + " simulation with this seed.",
                "Default: 1. Example: --seed 7"
            })
    private long seed = 1;

    @Option(
            names = "--workload",
            paramLabel = "NAME|FILE",
            description = {
                "Whose request classes are sent, by their weights and with what they are promised: a shipped workload or a"
                        + " .json file.",
                "Default: requests that are promised nothing. Example: --workload mine.json"
            })
    private @Nullable String workload;

    @Option(
            names = "--input",
            paramLabel = "FILE",
            description = {
                "What to send: a request of the protocol in a .json file; or any other file with one text in each line, for"
                        + " a model that takes texts.",
                "Default: made up from what the server says of the model. Example: --input questions.txt"
            })
    private @Nullable Path input;

    @Option(
            names = "--text-words",
            paramLabel = "N",
            description = {"How many words a made-up text has.", "Default: 16. Example: --text-words 100"})
    private int textWords = ModelInputs.TEXT_WORDS;

    @Option(
            names = "--binary",
            description = {
                "Send tensors in binary and ask for them so, as the protocol's binary extension has it.",
                "Default: as JSON. Example: --binary"
            })
    private boolean binary;

    @Option(
            names = "--connections",
            paramLabel = "N",
            description = {
                "The most requests under way at the same time. What comes on top of them is sent late, which counts as"
                        + " latency, and not at all after --timeout.",
                "Default: 512. Example: --connections 64"
            })
    private int connections = ReplayOptions.defaults().connections();

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description = {"How long to wait for an answer.", "Default: 1m. Example: --timeout 5s"})
    private Duration timeout = ReplayOptions.defaults().timeout();

    @Option(
            names = "--api-key",
            paramLabel = "KEY",
            description = {
                "Sent with each request as a bearer token.",
                "Default: the environment variable PURSER_API_KEY; nothing where there is none. Example: --api-key s3cret"
            })
    private @Nullable String apiKey = System.getenv("PURSER_API_KEY");

    @Option(
            names = "--warm-up",
            paramLabel = "TIME",
            description = {
                "For how long to send requests to the server beforehand, at the rate at which the trace begins, that do not"
                        + " count.",
                "Default: 0s. Example: --warm-up 10s"
            })
    private Duration warmUp = ReplayOptions.defaults().warmUp();

    @Option(
            names = "--rehearsal",
            paramLabel = "TIME",
            description = {
                "For how long to send to a stand-in within this program beforehand: a Java program is slow at first, and"
                        + " the server would be charged for it.",
                "Default: 2s. Example: --rehearsal 0s"
            })
    private Duration rehearsal = ReplayOptions.defaults().rehearsal();

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = {
                "Write summary.json and requests.csv.gz, with a line for each request, into this directory; files of those"
                        + " names are replaced.",
                "Default: nothing is written. Example: --out result"
            })
    private @Nullable Path out;

    @Option(
            names = "--format",
            paramLabel = "table|json",
            description = {"What to print.", "Default: table. Example: --format json"})
    private OutputFormat format = OutputFormat.TABLE;

    ReplayCommand(boolean terminal) {
        this.terminal = terminal;
    }

    /**
     * {@code summary.json}.
     *
     * @param cpuSeconds processor time of the generator while it sent, its rehearsal included
     */
    record Summary(
            String purser,
            String url,
            String model,
            String trace,
            Duration duration,
            long seed,
            @Nullable String workload,
            boolean binary,
            int connections,
            Duration timeout,
            double cpuSeconds,
            ReplayResult result) {}

    @Override
    public void run() {
        if (spec == null) {
            throw new IllegalStateException("not run by picocli");
        }
        ReplayOptions options = options();
        NamedTrace sent = trace();
        Workload served = workload == null ? null : Workloads.load(workload);
        ReplayLoad load = served == null
                ? ReplayLoad.of(sent.arrivals(), seed)
                : new ReplayLoad(sent.arrivals(), served.application().classes(), seed);
        ResultDirectory directory = out == null ? null : new ResultDirectory(out);
        if (directory != null) {
            directory.check(List.of(SUMMARY, REQUESTS));
        }
        InferenceServer server = InferenceServer.at(url, apiKey);
        ModelMetadata metadata =
                server.model(model, served == null ? null : served.application().name());
        ImmutableList<InferRequest> inputs = inputs(metadata);

        PrintWriter printed = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        try (EndOnInterrupt interrupt = new EndOnInterrupt()) {
            Duration before = processorTime();
            Path part = directory == null ? null : directory.begin(REQUESTS);
            ReplayResult result;
            try (ReplayLine line = new ReplayLine(err, terminal);
                    RequestLog log = part == null ? null : new RequestLog(part, load.classes())) {
                Replay replay =
                        new Replay(server.uri(), metadata.name(), inputs, load, options, new Followers(line, log));
                interrupt.calls(replay::stop);
                result = replay.run();
            } catch (IOException | UncheckedIOException e) {
                throw new InputException(
                        "--out", "", "'" + part + "' cannot be written: " + e.getMessage(), "name another directory");
            }
            Summary summary = new Summary(
                    Version.number(),
                    server.uri().toString(),
                    metadata.name(),
                    sent.name(),
                    sent.arrivals().duration(),
                    seed,
                    served == null ? null : served.name(),
                    binary,
                    connections,
                    timeout,
                    processorTime().minus(before).toNanos() / 1e9,
                    result);
            if (directory != null && part != null) {
                directory.finish(part, REQUESTS);
                directory.write(ImmutableMap.of(SUMMARY, Json.write(summary)));
            }
            printed.print(format == OutputFormat.JSON ? Json.write(summary) : ReplayTable.of(summary));
            printed.flush();
            ReplayTable.warnings(summary).forEach(warning -> err.println("purser: " + warning));
            err.flush();
        }
    }

    private ReplayOptions options() {
        try {
            if (textWords < 1 || textWords > ModelInputs.MAX_TEXT_WORDS) {
                throw new InputException(
                        "--text-words",
                        "",
                        "is " + textWords + ", but it must be 1 to " + ModelInputs.MAX_TEXT_WORDS,
                        "");
            }
            return new ReplayOptions(binary, connections, timeout, apiKey, warmUp, rehearsal);
        } catch (IllegalArgumentException e) {
            throw InputExceptions.ofOption(e);
        }
    }

    private NamedTrace trace() {
        ImmutableList<NamedTrace> traces = TraceArguments.load(List.of(trace), reading.options(), window.window());
        if (traces.size() != 1) {
            throw new InputException("--trace", "", "names " + traces.size() + " traces", "replay one of them");
        }
        return traces.getFirst();
    }

    private ImmutableList<InferRequest> inputs(ModelMetadata metadata) {
        if (input != null) {
            return ModelInputs.read(input, metadata);
        }
        return LongStream.range(0, SYNTHESISED)
                .mapToObj(i -> ModelInputs.synthesise(metadata, 1, textWords, seed * SYNTHESISED + i))
                .collect(ImmutableList.toImmutableList());
    }

    /** Tells the progress line, and the log where there is one. */
    private record Followers(ReplayLine line, @Nullable RequestLog log) implements ReplayListener {
        @Override
        public void ended(ReplayedRequest request) {
            if (log != null) {
                log.ended(request);
            }
        }

        @Override
        public void progress(ReplayProgress progress) {
            line.show(progress);
        }
    }

    private static Duration processorTime() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    }
}
