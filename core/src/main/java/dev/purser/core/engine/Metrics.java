package dev.purser.core.engine;

import dev.purser.core.engine.Timeline.Channel;
import dev.purser.core.policy.ServiceCatalog;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** What a controller counts. Read it when the run is over, or from the controller's own thread. */
public final class Metrics {
    private static final long MAX_MICROS = 3_600_000_000L;

    private final ServiceCatalog catalog;
    private Histogram[] latency;
    private long[] arrivedByClass;
    private long[] violationsByClass;
    private final long[] answeredByVariant;
    private final long[] votesByVariant;
    private final Timeline timeline;
    private long arrived;
    private long refused;
    private long failed;
    private long late;
    private long onInstances;
    private long onFunctions;
    private long coldStarts;
    private long throttled;
    private long attemptsLost;
    private long policyFailures;
    private final Map<Dropped, Long> dropped = new EnumMap<>(Dropped.class);
    private long accuracyViolations;
    private long ensembleAnswers;
    private double ensembleAccuracy;
    private double instanceWaitNanos;
    private long instanceWaits;
    private long batches;
    private long batchedRequests;
    private long instancesStarted;
    private long instancesStopped;
    private int peakInstances;
    private long sandboxesStarted;
    private long sandboxesReclaimed;
    private double sandboxNanos;
    private long sandboxesChanged;
    private double instanceNanos;
    private long countedArrivals;
    private long countedOnInstances;
    private long countedOnFunctions;
    private long countedViolations;

    Metrics(ServiceCatalog catalog, long intervalNanos) {
        this.catalog = catalog;
        latency = new Histogram[0];
        arrivedByClass = new long[0];
        violationsByClass = new long[0];
        addClasses();
        answeredByVariant = new long[catalog.variants()];
        votesByVariant = new long[catalog.variants()];
        timeline = new Timeline(intervalNanos);
    }

    /** Counts also for the classes that the catalog has come to know. */
    private void addClasses() {
        int old = latency.length;
        int classes = catalog.requestClasses();
        latency = Arrays.copyOf(latency, classes);
        for (int c = old; c < classes; c++) {
            latency[c] = histogram();
        }
        arrivedByClass = Arrays.copyOf(arrivedByClass, classes);
        violationsByClass = Arrays.copyOf(violationsByClass, classes);
    }

    /** It grows with what is recorded: a deployment may have many classes, and few answers take an hour. */
    private static Histogram histogram() {
        Histogram histogram = new Histogram(3);
        histogram.setAutoResize(true);
        return histogram;
    }

    void requestArrived(int requestClass) {
        if (requestClass >= latency.length) {
            addClasses();
        }
        arrived++;
        arrivedByClass[requestClass]++;
    }

    void requestAnswered(int requestClass, int variant, long latencyNanos, boolean byFunction) {
        countAnswer(requestClass, latencyNanos, byFunction);
        answeredByVariant[variant]++;
        if (catalog.trueAccuracy(variant) < catalog.minAccuracy(requestClass)) {
            accuracyViolations++;
        }
    }

    private void countAnswer(int requestClass, long latencyNanos, boolean byFunction) {
        latency[requestClass].recordValue(Math.min(MAX_MICROS, Math.max(1, (latencyNanos + 500) / 1000)));
        if (byFunction) {
            onFunctions++;
        } else {
            onInstances++;
        }
        if (latencyNanos > catalog.maxLatencyNanos(requestClass)) {
            late++;
            violationsByClass[requestClass]++;
        }
    }

    /** An answer that several variants gave together; each has been counted as a vote. */
    void ensembleAnswered(int requestClass, double accuracy, long latencyNanos, boolean byFunction) {
        countAnswer(requestClass, latencyNanos, byFunction);
        ensembleAnswers++;
        ensembleAccuracy += accuracy;
        if (accuracy < catalog.minAccuracy(requestClass)) {
            accuracyViolations++;
        }
    }

    void voted(int variant) {
        votesByVariant[variant]++;
    }

    void requestRefused(int requestClass) {
        refused++;
        violationsByClass[requestClass]++;
    }

    void requestFailed(int requestClass) {
        failed++;
        violationsByClass[requestClass]++;
    }

    void instanceStarts(long waitedNanos) {
        instanceWaitNanos += waitedNanos;
        instanceWaits++;
    }

    void batchStarted(int size) {
        batches++;
        batchedRequests += size;
    }

    void coldStart() {
        coldStarts++;
    }

    void invocationThrottled() {
        throttled++;
    }

    void attemptLost() {
        attemptsLost++;
    }

    void policyFailed() {
        policyFailures++;
    }

    void drop(Dropped kind) {
        dropped.merge(kind, 1L, Long::sum);
    }

    void instanceLaunched(int alive) {
        instancesStarted++;
        peakInstances = Math.max(peakInstances, alive);
    }

    void instanceStopped(long upNanos) {
        instancesStopped++;
        instanceNanos += upNanos;
    }

    void sandboxesChange(long now, boolean started) {
        sandboxNanos += (double) sandboxes() * (now - sandboxesChanged);
        sandboxesChanged = now;
        if (started) {
            sandboxesStarted++;
        } else {
            sandboxesReclaimed++;
        }
    }

    /** Closes a control interval, given the levels at its end. */
    void endInterval(int ready, int pending, int queued) {
        timeline.add(Channel.ARRIVALS, arrived - countedArrivals);
        timeline.add(Channel.ON_INSTANCES, onInstances - countedOnInstances);
        timeline.add(Channel.ON_FUNCTIONS, onFunctions - countedOnFunctions);
        timeline.add(Channel.VIOLATIONS, violations() - countedViolations);
        timeline.add(Channel.READY_INSTANCES, ready);
        timeline.add(Channel.PENDING_INSTANCES, pending);
        timeline.add(Channel.QUEUED, queued);
        timeline.add(Channel.SANDBOXES, sandboxes());
        timeline.endInterval();
        countedArrivals = arrived;
        countedOnInstances = onInstances;
        countedOnFunctions = onFunctions;
        countedViolations = violations();
    }

    /** Requests that arrived. */
    public long arrived() {
        return arrived;
    }

    /** Requests of a class that arrived. */
    public long arrived(int requestClass) {
        return arrivedByClass[requestClass];
    }

    /** Requests answered, in time or late. */
    public long answered() {
        return onInstances + onFunctions;
    }

    /** Requests that several variants answered together. */
    public long ensembleAnswers() {
        return ensembleAnswers;
    }

    /** Answers of a variant that were a part of an ensemble's. */
    public long votesOf(int variant) {
        return votesByVariant[variant];
    }

    /** Requests answered by a variant alone. */
    public long answeredBy(int variant) {
        return answeredByVariant[variant];
    }

    /** Requests refused. */
    public long refused() {
        return refused;
    }

    /** Requests failed. */
    public long failed() {
        return failed;
    }

    /** Requests refused, failed or answered late. */
    public long violations() {
        return refused + failed + late;
    }

    /** Requests of a class that were refused, failed or answered late. */
    public long violations(int requestClass) {
        return violationsByClass[requestClass];
    }

    /** Requests answered by an instance. */
    public long onInstances() {
        return onInstances;
    }

    /** Requests answered by a function. */
    public long onFunctions() {
        return onFunctions;
    }

    /** Requests that waited for a sandbox to start. */
    public long coldStarts() {
        return coldStarts;
    }

    /** Invocations that the account's concurrency limit turned away at first. */
    public long throttles() {
        return throttled;
    }

    /** Attempts of which nobody knows how they ended; those on instances that were lost not counted. */
    public long attemptsLost() {
        return attemptsLost;
    }

    /** Decisions that a policy did not make, for it threw or decided what cannot be done. */
    public long policyFailures() {
        return policyFailures;
    }

    /** Reports of a kind that were late, double or senseless, and changed nothing. */
    public long dropped(Dropped kind) {
        return dropped.getOrDefault(kind, 0L);
    }

    /** Requests answered by a variant whose true accuracy is below what the request was promised. */
    public long accuracyViolations() {
        return accuracyViolations;
    }

    /** Mean true accuracy of the answers, 0 with no answers. */
    public double meanAccuracy() {
        double sum = ensembleAccuracy;
        for (int v = 0; v < answeredByVariant.length; v++) {
            sum += answeredByVariant[v] * catalog.trueAccuracy(v);
        }
        return answered() == 0 ? 0 : sum / answered();
    }

    /**
     * Mean time from arrival until an instance began to serve. A request that loses its instance and begins again counts
     * again, from its arrival.
     */
    public double meanInstanceWaitNanos() {
        return instanceWaits == 0 ? 0 : instanceWaitNanos / instanceWaits;
    }

    /** Mean number of requests that an instance served together; 0 where none has begun to serve. */
    public double meanBatch() {
        return batches == 0 ? 0 : (double) batchedRequests / batches;
    }

    /** Instances launched. */
    public long instancesStarted() {
        return instancesStarted;
    }

    /** Instances terminated or lost. */
    public long instancesStopped() {
        return instancesStopped;
    }

    /** Most instances at the same time, pending ones included. */
    public int peakInstances() {
        return peakInstances;
    }

    /** Sum of the stopped instances' times from launch to stop. */
    public double instanceSeconds() {
        return instanceNanos / 1e9;
    }

    /** Sandboxes started. */
    public long sandboxesStarted() {
        return sandboxesStarted;
    }

    /** Sandboxes reclaimed. */
    public long sandboxesReclaimed() {
        return sandboxesReclaimed;
    }

    /** Sandboxes that exist now. */
    public long sandboxes() {
        return sandboxesStarted - sandboxesReclaimed;
    }

    /** Mean number of sandboxes from the start until a time. */
    public double meanSandboxes(long untilNanos) {
        double sum = sandboxNanos + (double) sandboxes() * (untilNanos - sandboxesChanged);
        return untilNanos == 0 ? 0 : sum / untilNanos;
    }

    /** Latencies of a class's answers in microseconds, from 1 µs to an hour at three digits. */
    public Histogram latencyMicros(int requestClass) {
        return latency[requestClass];
    }

    /** Latencies of all answers in microseconds. */
    public Histogram latencyMicros() {
        Histogram all = histogram();
        for (Histogram histogram : latency) {
            all.add(histogram);
        }
        return all;
    }

    /** What happened over time. */
    public Timeline timeline() {
        return timeline;
    }
}
