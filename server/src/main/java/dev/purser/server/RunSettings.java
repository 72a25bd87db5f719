package dev.purser.server;

import dev.purser.core.engine.ControllerSettings;
import dev.purser.core.json.Durations;
import dev.purser.core.pricing.PriceBook;
import dev.purser.core.workload.Workload;
import dev.purser.server.Comparison.Run;
import dev.purser.server.report.ReportData;
import dev.purser.sim.SimulatorSettings;
import dev.purser.spi.Stack;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Everything that decided the results, in {@code settings.json}: with the trace files it makes the runs again.
 *
 * @param purser the version
 * @param traces what was run of which trace
 * @param seeds what decided chance
 * @param stacks who decided
 * @param simulator how the platform behaved
 * @param controller how the controller worked; the initial rate of 0 stands for the mean of each trace's first minute
 * @param workload what was served
 * @param priceBook what it cost
 */
record RunSettings(
        String purser,
        List<Trace> traces,
        List<Long> seeds,
        List<Stack> stacks,
        SimulatorSettings simulator,
        ControllerSettings controller,
        Workload workload,
        PriceBook priceBook) {

    /**
     * @param name in the results
     * @param source as it was given
     * @param part what was run of it
     * @param duration how long that is
     */
    record Trace(String name, String source, String part, String duration) {}

    /** The report of the runs, with the settings in short. */
    ReportData report(List<Run> runs) {
        Map<String, String> inShort = new LinkedHashMap<>();
        inShort.put("Workload", workload.name());
        inShort.put("Price book", priceBook.name());
        inShort.put(
                "Traces",
                traces.stream()
                        .map(trace -> trace.name() + " (" + trace.duration() + ")")
                        .collect(Collectors.joining(", ")));
        inShort.put("Seeds", seeds.stream().map(String::valueOf).collect(Collectors.joining(", ")));
        inShort.put("Control interval", Durations.format(controller.controlInterval()));
        inShort.put(
                "Time to boot a VM",
                Durations.format(simulator.instanceBoot())
                        + (simulator.warmFleet() ? "; those of the first plan serve at once" : ""));
        inShort.put("Time to start a sandbox", Durations.format(simulator.sandboxStart()));
        return new ReportData(
                workload.application().name() + ": " + workload.name(),
                purser,
                inShort,
                runs.stream().map(Run::report).toList());
    }

    static RunSettings of(Experiment experiment) {
        return new RunSettings(
                Version.number(),
                experiment.traces().stream()
                        .map(trace -> new Trace(
                                trace.name(),
                                trace.source(),
                                trace.arrivals().name(),
                                Durations.format(trace.arrivals().duration())))
                        .toList(),
                experiment.seeds().asList(),
                experiment.stacks(),
                experiment.simulator(),
                experiment.controller(),
                experiment.catalog().workload(),
                experiment.catalog().priceBook());
    }
}
