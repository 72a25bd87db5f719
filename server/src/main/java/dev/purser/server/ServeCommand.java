package dev.purser.server;

import com.google.common.base.Stopwatch;
import dev.purser.core.json.Json;
import dev.purser.core.model.Variant;
import dev.purser.core.workload.Application;
import dev.purser.local.LocalDeployment;
import dev.purser.server.DeploymentOptions.Started;
import dev.purser.server.gateway.CurlExample;
import dev.purser.server.gateway.Gateway;
import dev.purser.server.gateway.GatewaySettings;
import dev.purser.spi.PolicyRegistry;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Serves real models on this machine until it is told to stop. */
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Serves real models over HTTP, and shows live what it does.",
        description = {
            "Starts a gateway on this machine that answers the Open Inference Protocol (KServe v2) with real models in"
                    + " worker processes: it chooses a variant for each request by its promise, batches, starts and"
                    + " stops workers as the load goes, and shows what it does and what it would have cost.",
            "Ctrl-C or SIGTERM stops it: new requests are turned away, open ones have the grace to end, and the exit"
                    + " code is 0. A second signal ends it at once."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  purser serve",
            "  purser serve --workload mine.json --port 8000",
            "  purser serve --in-process --initial-rate 100",
            "  purser serve --host 0.0.0.0 --api-key-file keys.txt --admin-host 127.0.0.1",
        })
final class ServeCommand implements Callable<Integer> {
    private final Supplier<PolicyRegistry> registry;

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private DeploymentOptions deployment = new DeploymentOptions();

    @Mixin
    private GatewayOptions gateway = new GatewayOptions();

    @Option(
            names = "--format",
            paramLabel = "table|json",
            description = {
                "How to say where it serves: for people, or one line of JSON for programs.",
                "Default: table. Example: --format json"
            })
    private OutputFormat format = OutputFormat.TABLE;

    ServeCommand(Supplier<PolicyRegistry> registry) {
        this.registry = registry;
    }

    /** The line for programs. */
    private record Serving(String url, String admin, String application, List<String> models, long pid) {}

    @Override
    public Integer call() throws InterruptedException {
        if (spec == null) {
            throw new IllegalStateException("not run by picocli");
        }
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        Stopwatch watch = Stopwatch.createStarted();
        GatewaySettings settings = gateway.settings();
        Started started = deployment.start(registry.get(), 1);
        try (LocalDeployment serving = started.deployment()) {
            StopSignals signals = new StopSignals();
            try (Gateway open = Gateway.start(settings, serving, started.stack(), Version.number())) {
                signals.take();
                String warning = GatewayOptions.warning(settings);
                if (!warning.isEmpty()) {
                    err.println("purser: warning: " + warning);
                }
                if (format == OutputFormat.JSON) {
                    out.println(line(open, serving));
                } else {
                    greet(out, open, settings, started, watch.elapsed());
                }
                out.flush();
                try {
                    signals.await();
                } catch (InterruptedException e) {
                    // whoever runs this in a thread of its own stops it so
                }
                stop(err, open, settings);
            }
        }
        err.println("purser: stopped");
        return 0;
    }

    private static String line(Gateway open, LocalDeployment serving) {
        Application application = serving.catalog().workload().application();
        return Json.write(new Serving(
                        open.url(),
                        open.adminUrl(),
                        application.name(),
                        application.pool().variants().stream()
                                .map(Variant::name)
                                .toList(),
                        ProcessHandle.current().pid()))
                .replaceAll("\\s*\\R\\s*", " ")
                .strip();
    }

    private static void greet(
            PrintWriter out, Gateway open, GatewaySettings settings, Started started, Duration elapsed) {
        LocalDeployment serving = started.deployment();
        Application application = serving.catalog().workload().application();
        int variants = application.pool().variants().size();
        out.println("serving    " + open.url() + "/v2/models/" + application.name() + " (" + variants + " variant"
                + (variants == 1 ? "" : "s") + ", stack " + started.stack() + ", ready to listen after "
                + elapsed.toMillis() + " ms)");
        out.println("live page  " + open.adminUrl() + "/");
        out.println("metrics    " + open.adminUrl() + "/metrics");
        out.flush();
        out.println("try        " + CurlExample.of(open, settings, serving));
        out.println("stop       Ctrl-C");
    }

    private static void stop(PrintWriter err, Gateway open, GatewaySettings settings) {
        open.drain();
        int left = open.openRequests();
        err.println("purser: stopping"
                + (left == 0
                        ? ""
                        : "; " + left + " request" + (left == 1 ? " has" : "s have") + " "
                                + dev.purser.core.json.Durations.format(settings.grace()) + " to end")
                + " (a second signal ends it at once)");
    }
}
