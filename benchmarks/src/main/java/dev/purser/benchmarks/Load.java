package dev.purser.benchmarks;

import dev.purser.sim.CommonWorkloads;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A load that simulators are compared on, with the answers that a right one gets. */
enum Load {
    MMC(CommonWorkloads.MMC),
    A(CommonWorkloads.A),
    B(CommonWorkloads.B),
    C(CommonWorkloads.C);

    /**
     * A known answer.
     *
     * @param what it is
     * @param expected the answer
     * @param uncertainty how well it is known
     * @param deviation standard deviation of a run's answer times the root of its requests, as seen over thirty seeds
     */
    record Check(String what, double expected, double uncertainty, double deviation) {

        /** Whether a run of so many requests may say this: within four standard deviations. */
        boolean holds(double value, long requests) {
            return Math.abs(value - expected) <= uncertainty + 4 * deviation / Math.sqrt((double) requests);
        }
    }

    static final int SERVERS = 10;

    private final CommonWorkloads workload;

    Load(CommonWorkloads workload) {
        this.workload = workload;
    }

    CommonWorkloads workload() {
        return workload;
    }

    /**
     * Erlang C's answer, and what independent codes agree on. For C a mean of 263 sandboxes is quoted as well: that is a
     * run of a million requests with its start, of which the first second starts a thousand that stay for a minute. It is
     * 252.4 in the long run.
     */
    List<Check> checks() {
        return switch (this) {
            case MMC -> List.of(new Check("mean wait in s", 0.6687, 0, 18));
            case A ->
                List.of(new Check("cold share", 0.00133, 5e-5, 0.03), new Check("mean sandboxes", 7.74, 0.02, 25));
            case B -> List.of(new Check("cold share", 5e-4, 5e-5, 0.025), new Check("mean sandboxes", 22.7, 0.1, 100));
            case C -> List.of(new Check("mean sandboxes", 252.4, 0.5, 1600));
        };
    }

    String title() {
        return this == MMC ? "mmc" : name();
    }

    static Optional<Load> of(String title) {
        return Arrays.stream(values())
                .filter(load -> load.title().equalsIgnoreCase(title))
                .findFirst();
    }

    /** The answers of the bare loop. */
    List<Double> bare(long requests, long seed) {
        return switch (this) {
            case MMC -> List.of(BareLoop.meanWait(requests, workload.rate(), SERVERS, 1, seed));
            case A -> answers(BareLoop.sandboxes(requests, workload.rate(), 2.016, 2.163, 600, 1000, seed));
            case B -> answers(BareLoop.sandboxes(requests, workload.rate(), 0.2, 1.2, 60, 1000, seed));
            case C ->
                List.of(BareLoop.sandboxes(requests, workload.rate(), 0.2, 1.2, 60, 1000, seed)
                        .meanSandboxes());
        };
    }

    private static List<Double> answers(BareLoop.Sandboxes result) {
        return List.of(result.coldShare(), result.meanSandboxes());
    }
}
