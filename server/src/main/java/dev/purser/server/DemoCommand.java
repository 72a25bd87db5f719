package dev.purser.server;

import com.google.common.collect.ImmutableMap;
import dev.purser.core.engine.RunResult;
import dev.purser.core.json.Durations;
import dev.purser.core.json.Json;
import dev.purser.server.report.HtmlReport;
import dev.purser.server.report.ReportData;
import dev.purser.server.report.ReportRun;
import dev.purser.spi.PolicyRegistry;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Serves real models for two minutes and shows what came of it, beside a simulation of the very same. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Serves real models on this machine for two minutes, and shows what came of it.",
        description = {
            "Measures the models on this machine, starts the gateway and its workers, sends a bursty trace of strict and"
                    + " relaxed requests, and prints which variant answered them, where, how fast, whether the promises were"
                    + " kept, and what it would have cost on AWS, beside a simulation of the very same run. Writes a report."
                    + " Leaves no process behind.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  purser demo",
            "  purser demo --trace wits-like --duration 5m --scale-to-mean 60",
            "  purser demo --stack mixed --price-book us-east-1-2026",
        })
final class DemoCommand implements Runnable {
    private static final String DIRECTORY = "purser-demo";
    private static final String RESULT = "result.json";
    private static final String REPORT = "report.html";

    private final Supplier<PolicyRegistry> registry;
    private final boolean terminal;

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private TwinOptions options = new TwinOptions("mmpp:rates=15/90,sojourn=20s/8s,duration=2m");

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = {
                "Where report.html and result.json go; files of those names are replaced.",
                "Default: " + DIRECTORY + ". Example: --out result"
            })
    private Path out = Path.of(DIRECTORY);

    DemoCommand(Supplier<PolicyRegistry> registry, boolean terminal) {
        this.registry = registry;
        this.terminal = terminal;
    }

    @Override
    public void run() {
        if (spec == null) {
            throw new IllegalStateException("not run by picocli");
        }
        PrintWriter printed = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        ResultDirectory directory = new ResultDirectory(out);
        directory.check(List.of(RESULT, REPORT));
        TwinRun planned = options.twin(registry.get(), err, terminal);
        try (EndOnInterrupt interrupt = new EndOnInterrupt()) {
            err.println(TwinOptions.CALIBRATING);
            err.flush();
            TwinRun twin = planned.calibrated(interrupt::calls);
            TwinRun.Served served;
            AnswerTally tally;
            err.println("Starting the gateway and its workers");
            err.flush();
            try (ReplayLine line = new ReplayLine(err, terminal)) {
                tally = new AnswerTally(twin.workload().application().classes(), line);
                served = twin.serve(
                        tally,
                        gateway -> line.say("Serving; watch it at " + gateway.adminUrl() + " while "
                                + Durations.format(twin.trace().arrivals().duration()) + " of "
                                + twin.trace().name() + " are sent"),
                        interrupt::calls);
            }
            RunResult simulated = twin.simulate();
            RunRecord real = RunRecord.of(
                    twin.stack().name() + " (real)",
                    twin.trace().name(),
                    twin.seed(),
                    served.engine(),
                    null,
                    served.wallSeconds());
            RunRecord twinRecord = RunRecord.of(
                    twin.stack().name() + " (simulated)", twin.trace().name(), twin.seed(), simulated, null, 0);
            directory.write(ImmutableMap.of(
                    RESULT, Json.write(new CompareCommand.Results(Version.number(), List.of(real, twinRecord))),
                    REPORT, HtmlReport.render(report(twin, served, simulated))));
            printed.println();
            printed.print(tally.table());
            printed.println();
            printed.print(beside(real, twinRecord, served));
            printed.println("\nAs clients saw it, from the moment at which each request was to be sent:\n");
            printed.print(Fidelity.of(served, simulated));
            printed.println("\nreport: " + out.resolve(REPORT));
            printed.flush();
        }
    }

    /** What the engines counted, in both worlds. */
    private static Table beside(RunRecord real, RunRecord simulated, TwinRun.Served served) {
        Table table = new Table(1, List.of("", "real", "simulated"));
        row(table, "requests", real.requests(), simulated.requests());
        row(table, "answered", real.answered(), simulated.answered());
        row(table, "refused", real.refused(), simulated.refused());
        row(table, "failed", real.failed(), simulated.failed());
        table.row(List.of(
                "promises broken %",
                Table.number(100 * real.violationRatio(), 2), Table.number(100 * simulated.violationRatio(), 2)));
        table.row(List.of(
                "accuracy",
                Table.number(real.accuracy().mean(), 4),
                Table.number(simulated.accuracy().mean(), 4)));
        table.row(List.of(
                "requests a batch", Table.number(served.engine().metrics().meanBatch(), 2), ""));
        row(table, "most instances", real.peakVms(), simulated.peakVms());
        row(table, "function invocations", real.functionInvocations(), simulated.functionInvocations());
        row(table, "cold starts", real.coldStarts(), simulated.coldStarts());
        table.row(List.of(
                "cost on AWS, $", real.costUsd().total(), simulated.costUsd().total()));
        table.row(List.of("cost of 1,000 answers, $", perThousand(real), perThousand(simulated)));
        return table;
    }

    private static String perThousand(RunRecord record) {
        return record.answered() == 0 ? "-" : Table.number(record.total().doubleValue() * 1000 / record.answered(), 5);
    }

    private static void row(Table table, String name, long real, long simulated) {
        table.row(List.of(name, Table.number(real), Table.number(simulated)));
    }

    private static ReportData report(TwinRun twin, TwinRun.Served served, RunResult simulated) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("Workload", twin.workload().name());
        settings.put("Price book", twin.priceBook().name());
        settings.put(
                "Trace",
                twin.trace().name() + " ("
                        + Durations.format(twin.trace().arrivals().duration()) + ")");
        settings.put("Seed", Long.toString(twin.seed()));
        settings.put("Control interval", Durations.format(twin.controller().controlInterval()));
        settings.put(
                "Real",
                "workers on this machine; latency as the engine counts it, without the way to and from the client");
        settings.put("Simulated", "the same requests, policies and prices, with the profiles measured here");
        return new ReportData(
                twin.workload().application().name() + ": served here, and simulated",
                Version.number(),
                settings,
                List.of(
                        ReportRun.of(
                                twin.stack().name() + " (real)",
                                twin.trace().name(),
                                twin.seed(),
                                served.catalog(),
                                served.engine(),
                                null,
                                true),
                        ReportRun.of(
                                twin.stack().name() + " (simulated)",
                                twin.trace().name(),
                                twin.seed(),
                                new dev.purser.core.policy.ServiceCatalog(twin.workload(), twin.priceBook()),
                                simulated,
                                null,
                                true)));
    }
}
