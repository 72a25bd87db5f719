package dev.purser.server;

import com.google.common.collect.ImmutableList;
import dev.purser.core.InputException;
import dev.purser.core.engine.ControllerSettings;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.workload.Workload;
import dev.purser.core.workload.Workloads;
import dev.purser.local.LocalSettings;
import dev.purser.server.TraceArguments.NamedTrace;
import dev.purser.server.gateway.GatewaySettings;
import dev.purser.sim.Simulation;
import dev.purser.sim.SimulatorSettings;
import dev.purser.spi.PolicyRegistry;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say what to serve for real and to simulate, the same for every command that does both. */
final class TwinOptions {
    static final String CALIBRATING =
            "Serving for half a minute to measure the way to the workers, which no profile has";

    /** Long enough for the figures of the first requests to be those of all. */
    private static final Duration WARM_UP = Duration.ofSeconds(3);

    private final String defaultTrace;

    @Option(
            names = "--workload",
            paramLabel = "NAME|FILE",
            description = {
                "What is served: a shipped workload with real models, or a .json file.",
                "Default: embeddings. Example: --workload mine.json"
            })
    private String workload = DeploymentOptions.WORKLOAD;

    @Option(
            names = {"--stack", "--stacks"},
            paramLabel = "STACK",
            description = {
                "Who decides: one stack, by name or .json file.",
                "Default: admission. Example: --stack mixed"
            })
    private String stack = DeploymentOptions.STACK;

    @Option(
            names = "--trace",
            paramLabel = "TRACE",
            description = {
                "When requests are sent: a file (counts or requests, .csv or .csv.gz), a built-in trace, or a generator"
                        + " expression.",
                "Default: two minutes in which calm and bursts take turns. Example: --trace wits-like --duration 5m"
            })
    private @Nullable String trace;

    @Mixin
    private TraceReadOptions reading = new TraceReadOptions();

    @Mixin
    private WindowOptions window = new WindowOptions();

    @Option(
            names = "--seed",
            paramLabel = "SEED",
            description = {
                "What decides the arrivals within a step of the trace, the class of each request, and chance in the"
                        + " simulation.",
                "Default: 1. Example: --seed 7"
            })
    private long seed = 1;

    @Option(
            names = "--price-book",
            paramLabel = "NAME|FILE",
            description = {
                "What things would cost: a shipped price book (us-east-1-2019, us-east-1-2026) or a .json file.",
                "Default: the one that the workload is meant for. Example: --price-book us-east-1-2026"
            })
    private @Nullable String priceBook;

    @Option(
            names = "--in-process",
            description = {
                "Run the models in this process instead of worker processes of their own.",
                "Default: off. Example: --in-process"
            })
    private boolean inProcess;

    @Mixin
    private MeasuredProfile measured = new MeasuredProfile();

    @Option(
            names = "--control-interval",
            paramLabel = "TIME",
            description = {"How often the provisioner makes a new plan.", "Default: 1s. Example: --control-interval 5s"
            })
    private Duration controlInterval = Duration.ofSeconds(1);

    /** @param defaultTrace what is sent where no trace is given */
    TwinOptions(String defaultTrace) {
        this.defaultTrace = defaultTrace;
    }

    /**
     * Reads and checks everything that the options name, and measures the models where no profile is given.
     *
     * @param err is told of what takes long
     * @param terminal whether someone watches {@code err}
     * @throws InputException if anything cannot be used
     */
    TwinRun twin(PolicyRegistry registry, PrintWriter err, boolean terminal) {
        if (controlInterval.isZero()) {
            throw new InputException("--control-interval", "", "is 0s, but it must be longer", "1s is usual");
        }
        Workload served = Workloads.load(workload);
        ImmutableList<NamedTrace> traces =
                TraceArguments.load(List.of(trace == null ? defaultTrace : trace), reading.options(), window.window());
        if (traces.size() != 1) {
            throw new InputException("--trace", "", "names " + traces.size() + " traces", "serve one of them");
        }
        ControllerSettings defaults = ControllerSettings.defaults();
        ControllerSettings controller = new ControllerSettings(
                controlInterval,
                Duration.ofSeconds(30),
                Simulation.initialRate(traces.getFirst().arrivals()),
                defaults.maxInstances(),
                defaults.maxLosses());
        LocalSettings local = DeploymentOptions.local(workload, inProcess).toBuilder()
                .warmUp(WARM_UP)
                .build();
        MeasuredProfile.Profiled profiled = measured.of(served, local, err, terminal);
        SimulatorSettings simulator = profiled.simulator();
        Duration boot = simulator.instanceBoot().plus(WARM_UP);
        TwinRun twin = new TwinRun(
                registry,
                registry.stack(stack),
                profiled.workload(),
                PriceBooks.load(priceBook == null ? served.priceBook() : priceBook),
                traces.getFirst(),
                seed,
                inProcess ? simulator : simulator.withInstanceBoot(boot, simulator.instanceBootSpread()),
                controller,
                local,
                GatewaySettings.defaults().withPorts(0, 0));
        twin.check();
        return twin;
    }
}
