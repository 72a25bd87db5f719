package dev.purser.server;

import com.google.common.collect.ImmutableMap;
import dev.purser.core.engine.RunResult;
import dev.purser.core.json.Json;
import dev.purser.spi.PolicyRegistry;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Serves a trace for real and in the simulator, and shows how far apart they are. */
@Command(
        name = "fidelity",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Serves a trace on this machine and in the simulator, and prints the simulator's error.",
        description = {
            "The same stack serves the same requests twice: with real models in real workers, and simulated with the"
                    + " profiles measured on this machine. What is compared is what clients saw, from the moment at which"
                    + " each request was to be sent.",
            "Exit code 0 says that the comparison was made, whatever it came to.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  purser fidelity",
            "  purser fidelity --trace wits-like --duration 5m --scale-to-mean 30",
            "  purser fidelity --pool measured.json --format json",
        })
final class FidelityCommand implements Runnable {
    private static final String RESULT = "fidelity.json";

    private final Supplier<PolicyRegistry> registry;
    private final boolean terminal;

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private TwinOptions options = new TwinOptions("mmpp:rates=10/40,sojourn=20s/10s,duration=2m");

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = {
                "Write fidelity.json into this directory; a file of that name is replaced.",
                "Default: nothing is written. Example: --out result"
            })
    private @Nullable Path out;

    @Option(
            names = "--format",
            paramLabel = "table|json",
            description = {"What to print.", "Default: table. Example: --format json"})
    private OutputFormat format = OutputFormat.TABLE;

    FidelityCommand(Supplier<PolicyRegistry> registry, boolean terminal) {
        this.registry = registry;
        this.terminal = terminal;
    }

    /**
     * {@code fidelity.json}.
     *
     * @param generatorLatenessP99Ms how late the generator itself was; beyond 5 the real figures are not to be trusted
     */
    record Result(
            String purser,
            String stack,
            String workload,
            String trace,
            long seed,
            long requests,
            double generatorLatenessP99Ms,
            List<Fidelity.Figure> figures) {}

    @Override
    public void run() {
        if (spec == null) {
            throw new IllegalStateException("not run by picocli");
        }
        PrintWriter printed = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        ResultDirectory directory = out == null ? null : new ResultDirectory(out);
        if (directory != null) {
            directory.check(List.of(RESULT));
        }
        TwinRun planned = options.twin(registry.get(), err, terminal);
        try (EndOnInterrupt interrupt = new EndOnInterrupt()) {
            err.println(TwinOptions.CALIBRATING);
            err.flush();
            TwinRun twin = planned.calibrated(interrupt::calls);
            TwinRun.Served served;
            try (ReplayLine line = new ReplayLine(err, terminal)) {
                served = twin.serve(
                        new AnswerTally(twin.workload().application().classes(), line),
                        gateway -> {},
                        interrupt::calls);
            }
            RunResult simulated = twin.simulate();
            Fidelity fidelity = Fidelity.of(served, simulated);
            double lateness = served.clients().generator().latenessMs().p99();
            Result result = new Result(
                    Version.number(),
                    twin.stack().name(),
                    twin.workload().name(),
                    twin.trace().name(),
                    twin.seed(),
                    fidelity.requests(),
                    lateness,
                    fidelity.figures());
            if (directory != null) {
                directory.write(ImmutableMap.of(RESULT, Json.write(result)));
            }
            if (format == OutputFormat.JSON) {
                printed.print(Json.write(result));
            } else {
                printed.println(twin.stack().name() + " on " + twin.trace().name() + ", seed " + twin.seed() + ", "
                        + Table.number(fidelity.requests()) + " requests\n");
                printed.print(fidelity);
            }
            printed.flush();
            if (served.clients().generator().late()) {
                err.println("purser: the generator itself was late by " + Table.number(lateness, 1)
                        + " ms (p99): this machine is too busy for the real figures to be trusted");
                err.flush();
            }
        }
    }
}
