package dev.purser.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.InputException;
import dev.purser.core.engine.ControllerSettings;
import dev.purser.core.engine.DecisionLog;
import dev.purser.core.json.Json;
import dev.purser.core.model.ModelPools;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.workload.Workload;
import dev.purser.core.workload.Workloads;
import dev.purser.local.LocalDeployment;
import dev.purser.local.LocalSettings;
import dev.purser.spi.PolicyRegistry;
import dev.purser.spi.Stack;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say what to serve on this machine, and who decides. */
final class DeploymentOptions {
    static final String WORKLOAD = "embeddings";
    static final String STACK = "admission";
    /** Whoever waits longer has most likely gone. */
    private static final Duration REQUEST_TIMEOUT = Duration.ofMinutes(1);

    private static final int MAX_INSTANCES = 1000;
    private static final int WORKER_LOG_MB = 64;

    @Option(
            names = "--workload",
            paramLabel = "NAME|FILE",
            description = {
                "What to serve: a shipped workload whose variants have models, or a .json file.",
                "Default: " + WORKLOAD + ". Example: --workload mine.json"
            })
    private String workload = WORKLOAD;

    @Option(
            names = "--stack",
            paramLabel = "STACK",
            description = {
                "Who decides: a stack by name or .json file ('purser policies' shows them).",
                "Default: " + STACK + ". Example: --stack mine.json"
            })
    private String stack = STACK;

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
                "Run the models in this process: the least cost per request, but a model that crashes takes everything"
                        + " with it.",
                "Default: off, each worker is a process of its own. Example: --in-process"
            })
    private boolean inProcess;

    @Option(
            names = "--initial-rate",
            paramLabel = "RPS",
            description = {
                "The load to be ready for at the start, in requests per second; 0 to start with no worker.",
                "Default: 1. Example: --initial-rate 50"
            })
    private double initialRate = 1;

    @Option(
            names = "--control-interval",
            paramLabel = "TIME",
            description = {"How often the provisioner makes a new plan.", "Default: 1s. Example: --control-interval 5s"
            })
    private Duration controlInterval = Duration.ofSeconds(1);

    @Option(
            names = "--worker-logs",
            paramLabel = "DIR",
            description = {
                "Keep the logs of worker processes in this directory, at most " + WORKER_LOG_MB + " MB in all.",
                "Default: they are not kept. Example: --worker-logs logs"
            })
    private @Nullable Path workerLogs;

    /** What runs, and who decides. */
    record Started(LocalDeployment deployment, String stack) {}

    /**
     * Starts to serve.
     *
     * @param seed for policies that draw lots
     * @throws InputException if anything cannot be used
     */
    Started start(PolicyRegistry registry, long seed) {
        LocalSettings settings = local(workload, inProcess);
        Workload served = LocalDeployment.asServed(Workloads.load(workload), settings);
        ServiceCatalog catalog =
                new ServiceCatalog(served, PriceBooks.load(priceBook == null ? served.priceBook() : priceBook));
        Stack decides = registry.stack(stack);
        if (controlInterval.isZero()) {
            throw new InputException("--control-interval", "", "is 0s, but it must be longer", "1s is usual");
        }
        if (!(initialRate >= 0 && initialRate < Double.POSITIVE_INFINITY)) {
            throw new InputException("--initial-rate", "", "is " + initialRate + ", but it must be at least 0", "");
        }
        if (workerLogs != null) {
            settings = settings.toBuilder().logs(workerLogs, WORKER_LOG_MB).build();
        }
        ControllerSettings controller = new ControllerSettings(
                controlInterval,
                REQUEST_TIMEOUT,
                initialRate,
                MAX_INSTANCES,
                ControllerSettings.defaults().maxLosses());
        return new Started(
                LocalDeployment.start(
                        catalog, registry.create(decides, catalog, seed), settings, controller, DecisionLog.small()),
                decides.name());
    }

    /** How workers run, but for their logs. */
    static LocalSettings local(String workload, boolean inProcess) {
        LocalSettings settings = LocalSettings.defaults(modelDirectory(workload), cacheDirectory());
        return inProcess
                ? settings.toBuilder().mode(LocalSettings.Mode.IN_PROCESS).build()
                : settings;
    }

    /** The folder of the pool's file, which its models stand beside. */
    static Path modelDirectory(String workload) {
        Path file = Path.of(workload);
        if (Workloads.names().contains(workload) || !Files.isRegularFile(file)) {
            return Path.of("").toAbsolutePath();
        }
        JsonNode pool = Json.read(file, JsonNode.class).path("application").path("pool");
        Path beside = pool.isTextual() && !ModelPools.names().contains(pool.textValue())
                ? file.resolveSibling(pool.textValue())
                : file;
        Path directory = beside.toAbsolutePath().getParent();
        return directory == null ? Path.of("").toAbsolutePath() : directory;
    }

    static Path cacheDirectory() {
        String set = System.getenv("XDG_CACHE_HOME");
        return (set == null || set.isBlank() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(set))
                .resolve("purser");
    }
}
