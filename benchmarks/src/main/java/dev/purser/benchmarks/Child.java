package dev.purser.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import dev.purser.core.engine.Metrics;
import dev.purser.core.engine.Timeline.Channel;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.trace.ArrivalTrace;
import dev.purser.core.trace.Traces;
import dev.purser.core.workload.Workload;
import dev.purser.core.workload.Workloads;
import dev.purser.sim.Simulation;
import dev.purser.spi.PolicyRegistry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** One run in a process of its own: makes it, and prints what it cost on one line. */
final class Child {
    private Child() {}

    /**
     * Runs one simulator once.
     *
     * @param args simulator, load or trace file, requests, seed
     */
    public static void main(String[] args) {
        Simulator simulator = Simulator.valueOf(args[0]);
        long requests = Long.parseLong(args[2]);
        long seed = Long.parseLong(args[3]);
        Measurement.Answer answer = simulator == Simulator.PARAGON
                ? paragon(Traces.of(args[1]), seed)
                : run(simulator, Load.of(args[1]).orElseThrow(), requests, seed);
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        System.out.println(new Measurement(system.getProcessCpuTime(), peakKib(), answer).line());
    }

    /** One run of a load. */
    static Measurement.Answer run(Simulator simulator, Load load, long requests, long seed) {
        return switch (simulator) {
            case BARE -> new Measurement.Answer(requests, load.bare(requests, seed));
            case CLOUDSIM -> {
                double wait = CloudSimPeer.meanWait(
                        Math.toIntExact(requests), load.workload().rate(), Load.SERVERS, 1, seed);
                yield new Measurement.Answer(requests, List.of(wait));
            }
            case PURSER -> purser(load, requests, seed);
            case PARAGON -> throw new IllegalArgumentException("paragon runs a trace");
        };
    }

    private static Measurement.Answer purser(Load load, long requests, long seed) {
        Metrics metrics = load.workload().simulation(requests, seed).run().metrics();
        // without the first tenth, in which there are too few or too many
        double[] levels = metrics.timeline().values(Channel.SANDBOXES);
        double sandboxes =
                Arrays.stream(levels).skip(levels.length / 10).average().orElseThrow();
        return new Measurement.Answer(
                metrics.answered(),
                switch (load) {
                    case MMC -> List.of(metrics.meanInstanceWaitNanos() / 1e9);
                    case A, B -> List.of((double) metrics.coldStarts() / metrics.answered(), sandboxes);
                    case C -> List.of(sandboxes);
                });
    }

    /** The stack {@code paragon} on its workload 1: all policies, prices, and five variants in two kinds of class. */
    static Simulation paragonRun(ArrivalTrace trace, long seed) {
        Workload workload = Workloads.load("paragon-workload-1");
        ServiceCatalog catalog = new ServiceCatalog(workload, PriceBooks.load(workload.priceBook()));
        PolicyRegistry registry = PolicyRegistry.load();
        return Simulation.of(catalog, registry.create(registry.stack("paragon"), catalog, seed), trace, seed);
    }

    private static Measurement.Answer paragon(ArrivalTrace trace, long seed) {
        Metrics metrics = paragonRun(trace, seed).run().metrics();
        long ended = metrics.answered() + metrics.refused() + metrics.failed();
        return new Measurement.Answer(ended, List.of((double) ended / metrics.arrived()));
    }

    /** The most memory that the process ever held, as Linux counts it; -1 where there is no such count. */
    private static long peakKib() {
        Path status = Path.of("/proc/self/status");
        if (!Files.isReadable(status)) {
            return -1;
        }
        try {
            List<String> lines = Files.readAllLines(status);
            return lines.stream()
                    .filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElse(-1);
        } catch (IOException e) {
            return -1;
        }
    }
}
