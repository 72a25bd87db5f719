package dev.purser.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.purser.core.engine.Metrics;
import dev.purser.core.engine.RunResult;
import dev.purser.core.engine.Timeline.Channel;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The common workloads against their known answers. The runs are shorter than those of the benchmarks; each tolerance is
 * about four standard errors of a run of that length, so a fixed seed passes with room and a wrong model does not.
 */
class CommonWorkloadsTest {
    private static final long SEED = 7;

    @Test
    void meanWaitOfTenServers() {
        Metrics metrics = CommonWorkloads.MMC.simulation(4_000_000, SEED).run().metrics();
        // Erlang C: P(wait) = 0.6687, mean wait = P(wait) / (10 - 9). At a load of 0.9 waits are correlated over some
        // hundreds of requests: runs of this length deviate by 0.009
        assertThat(metrics.meanInstanceWaitNanos() / 1e9).isCloseTo(0.6687, within(0.04));
        // the mean response is the wait and a service time of 1 s
        assertThat(metrics.latencyMicros().getMean() / 1e6).isCloseTo(1.6687, within(0.04));
        assertThat(metrics.peakInstances()).isEqualTo(10);
        assertThat(metrics.answered()).isEqualTo(metrics.arrived());
    }

    @Test
    void coldShareAndSandboxesOfA() {
        RunResult result = CommonWorkloads.A.simulation(4_000_000, SEED).run();
        Metrics metrics = result.metrics();
        // 5,300 cold starts: 1.4 % were they independent
        assertThat(coldShare(metrics)).isCloseTo(0.00133, within(0.00010));
        assertThat(meanSandboxes(metrics)).isCloseTo(7.74, within(0.08));
        assertThat(metrics.meanSandboxes(result.endNanos())).isCloseTo(7.74, within(0.08));
        // warm 2.016 s in the mean; the cold ones are too few to be seen
        assertThat(metrics.latencyMicros().getMean() / 1e6).isCloseTo(2.016, within(0.01));
    }

    @Test
    void coldShareAndSandboxesOfB() {
        Metrics metrics = CommonWorkloads.B.simulation(4_000_000, SEED).run().metrics();
        // 2,000 cold starts, which come in bursts
        assertThat(coldShare(metrics)).isCloseTo(5e-4, within(0.6e-4));
        assertThat(meanSandboxes(metrics)).isCloseTo(22.7, within(0.4));
    }

    /**
     * The check value of 263 is the mean over a whole run of about this length, whose first second starts a thousand
     * sandboxes that stay for a minute. Without the start the answer is known otherwise: where the newest idle sandbox is
     * taken first there are as many as were busy at the most within the last keep-alive. M/M/infinity with a mean of 200
     * reaches n anew at the rate 1000 p(n - 1) (1 - 200 / n), p being Poisson's; the probability of not having reached it
     * for 60 s is e to the minus 60 times that, and the mean of the maximum is the sum of the rest over all n.
     */
    @Test
    void sandboxesOfC() {
        RunResult result = CommonWorkloads.C.simulation(4_000_000, SEED).run();
        assertThat(result.metrics().meanSandboxes(result.endNanos())).isCloseTo(263, within(3.0));
        assertThat(meanSandboxes(result.metrics())).isCloseTo(expectedMaximum(200, 1000, 60), within(1.5));
        assertThat(result.metrics().answered()).isEqualTo(result.metrics().arrived());
    }

    private static double expectedMaximum(double mean, double rate, double seconds) {
        double probability = Math.exp(-mean);
        double sum = 0;
        for (int n = 1; n < 4 * mean; n++) {
            double crossings = n <= mean ? Double.POSITIVE_INFINITY : seconds * rate * probability * (1 - mean / n);
            sum += 1 - Math.exp(-crossings);
            probability *= mean / n;
        }
        return sum;
    }

    private static double coldShare(Metrics metrics) {
        return (double) metrics.coldStarts() / metrics.answered();
    }

    /** Without the first tenth of the run. */
    private static double meanSandboxes(Metrics metrics) {
        double[] levels = metrics.timeline().values(Channel.SANDBOXES);
        return Arrays.stream(levels).skip(levels.length / 10).average().orElseThrow();
    }

    /**
     * A run of any length fits into a small heap, because a request leaves nothing behind and costs next to no garbage.
     * What a run allocates is counted by the JVM for this thread: tables and histograms that are made once (about half a
     * megabyte), and a plan and its record for each control interval. An object for each request would be 16 bytes at
     * the least, and a boxed number or an event object with its fields 24 to 40.
     */
    @ParameterizedTest
    @EnumSource
    void aRequestAllocatesNextToNothing(CommonWorkloads workload) {
        long requests = 1_000_000;
        workload.simulation(requests / 4, SEED).run();
        Simulation simulation = workload.simulation(requests, SEED);
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        RunResult result = simulation.run();
        long bytes = threads.getCurrentThreadAllocatedBytes() - before;
        // A's million requests are 111,000 intervals of 10 s, or nine requests each
        double intervals = result.endNanos() / 10e9;
        assertThat((double) bytes / result.metrics().arrived())
                .as(bytes + " bytes for " + result.metrics().arrived() + " requests in " + intervals + " intervals")
                .isLessThan(40);
    }
}
