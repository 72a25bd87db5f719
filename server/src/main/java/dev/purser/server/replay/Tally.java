package dev.purser.server.replay;

import com.google.common.collect.EnumMultiset;
import dev.purser.core.engine.Outcome;
import dev.purser.core.workload.RequestClass;
import dev.purser.server.replay.ReplayResult.Generator;
import dev.purser.server.replay.ReplayResult.OfClass;
import dev.purser.server.replay.ReplayResult.OfVariant;
import dev.purser.server.replay.ReplayResult.Problem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Counts what becomes of the requests of a replay. Safe for use by several threads. */
final class Tally {
    /** Kinds of problems that are told apart. */
    static final int PROBLEMS = 20;

    private static final int KINDS = 1000;

    /** Histograms are of microseconds, to three digits. */
    private static final int DIGITS = 3;

    private final List<RequestClass> classes;
    private final ReplayListener listener;
    private final long durationNanos;
    // a lock and no monitor: on Java 21 a virtual thread that waits for a monitor holds its carrier
    private final ReentrantLock lock = new ReentrantLock();
    private final Histogram latency = new Histogram(DIGITS);
    private final Histogram service = new Histogram(DIGITS);
    private final Histogram lateness = new Histogram(DIGITS);
    private final Histogram recent = new Histogram(DIGITS);
    private final OfOneClass[] byClass;
    private final Map<Answerer, long[]> variants = new HashMap<>();
    private final Map<Kind, Seen> problems = new HashMap<>();
    private long sent;
    private long waited;
    private long unsent;
    private long coldStarts;
    private long abandoned;
    private long endNanos;

    private record Answerer(String variant, @Nullable String platform) {}

    private record Kind(int status, String text) {}

    private static final class Seen {
        private final String first;
        private long requests;

        Seen(String first) {
            this.first = first;
        }
    }

    private static final class OfOneClass {
        private final long maxLatencyNanos;
        private final EnumMultiset<Outcome> outcomes = EnumMultiset.create(Outcome.class);
        private long late;
        private final Histogram latency = new Histogram(DIGITS);

        OfOneClass(RequestClass requestClass) {
            Duration max = requestClass.slo().maxLatency();
            maxLatencyNanos = max == null ? Long.MAX_VALUE : max.toNanos();
        }

        long of(Outcome outcome) {
            return outcomes.count(outcome);
        }

        long all() {
            return outcomes.size();
        }

        long violations() {
            return of(Outcome.REFUSED) + of(Outcome.FAILED) + late;
        }
    }

    Tally(List<RequestClass> classes, Duration duration, ReplayListener listener) {
        this.classes = classes;
        this.listener = listener;
        durationNanos = duration.toNanos();
        byClass = classes.stream().map(OfOneClass::new).toArray(OfOneClass[]::new);
    }

    /** A request goes out, late by so much, perhaps because it had to wait for a connection. */
    void sending(long lateNanos, boolean hadToWait) {
        lock.lock();
        try {
            sent++;
            waited += hadToWait ? 1 : 0;
            record(lateness, lateNanos);
        } finally {
            lock.unlock();
        }
    }

    /** A request could not be sent in time; {@link #ended} is called for it too. */
    void unsent() {
        lock.lock();
        try {
            sent++;
            unsent++;
        } finally {
            lock.unlock();
        }
    }

    /** A request was under way when the replay was stopped. */
    void abandoned() {
        lock.lock();
        try {
            abandoned++;
        } finally {
            lock.unlock();
        }
    }

    void ended(ReplayedRequest request) {
        lock.lock();
        try {
            OfOneClass ofClass = byClass[request.requestClass()];
            ofClass.outcomes.add(request.outcome());
            endNanos = Math.max(endNanos, request.endNanos());
            if (request.outcome() == Outcome.ANSWERED) {
                long nanos = request.latencyNanos();
                record(latency, nanos);
                record(ofClass.latency, nanos);
                record(recent, nanos);
                record(service, request.endNanos() - request.sentNanos());
                ofClass.late += nanos > ofClass.maxLatencyNanos ? 1 : 0;
                coldStarts += request.cold() ? 1 : 0;
                String variant = request.variant() == null ? "?" : request.variant();
                Answerer answerer = new Answerer(variant, request.platform());
                if (variants.size() < KINDS || variants.containsKey(answerer)) {
                    variants.computeIfAbsent(answerer, a -> new long[1])[0]++;
                }
            } else {
                problem(request.status(), request.problem() == null ? "" : request.problem());
            }
            listener.ended(request);
        } finally {
            lock.unlock();
        }
    }

    private static void record(Histogram micros, long nanos) {
        micros.recordValue(Math.max(0, Math.round(nanos / 1e3)));
    }

    private void problem(int status, String message) {
        Kind kind = new Kind(status, message.replaceAll("\\d+(\\.\\d+)?", "#"));
        if (problems.size() >= KINDS && !problems.containsKey(kind)) {
            kind = new Kind(-1, "");
        }
        problems.computeIfAbsent(kind, k -> new Seen(k.status() < 0 ? "other problems" : message)).requests++;
    }

    private long total(Outcome outcome) {
        long sum = 0;
        for (OfOneClass ofClass : byClass) {
            sum += ofClass.of(outcome);
        }
        return sum;
    }

    /** Tells the listener how far the replay is. */
    void report(long elapsedNanos) {
        lock.lock();
        try {
            ReplayProgress progress = new ReplayProgress(
                    Duration.ofNanos(Math.max(0, elapsedNanos)),
                    Duration.ofNanos(durationNanos),
                    sent,
                    total(Outcome.ANSWERED),
                    total(Outcome.REFUSED),
                    total(Outcome.FAILED),
                    LatencyMs.of(recent));
            recent.reset();
            listener.progress(progress);
        } finally {
            lock.unlock();
        }
    }

    ReplayResult result(boolean stopped, long elapsedNanos) {
        lock.lock();
        try {
            long answered = total(Outcome.ANSWERED);
            long refused = total(Outcome.REFUSED);
            long failed = total(Outcome.FAILED);
            long ended = answered + refused + failed;
            long late = 0;
            List<OfClass> ofClasses = new ArrayList<>();
            for (int c = 0; c < byClass.length; c++) {
                OfOneClass ofClass = byClass[c];
                late += ofClass.late;
                ofClasses.add(new OfClass(
                        classes.get(c).name(),
                        ofClass.maxLatencyNanos == Long.MAX_VALUE ? null : ofClass.maxLatencyNanos / 1e6,
                        ofClass.all(),
                        ofClass.of(Outcome.ANSWERED),
                        ofClass.of(Outcome.REFUSED),
                        ofClass.of(Outcome.FAILED),
                        ofClass.late,
                        ofClass.violations(),
                        ratio(ofClass.violations(), ofClass.all()),
                        LatencyMs.of(ofClass.latency)));
            }
            long violations = refused + failed + late;
            double seconds = Math.max(stopped ? elapsedNanos : durationNanos, endNanos) / 1e9;
            return new ReplayResult(
                    ended + abandoned,
                    answered,
                    refused,
                    failed,
                    abandoned,
                    late,
                    violations,
                    ratio(violations, ended),
                    coldStarts,
                    seconds,
                    answered / seconds,
                    LatencyMs.of(latency),
                    LatencyMs.of(service),
                    ofClasses,
                    variants.entrySet().stream()
                            .map(e -> new OfVariant(
                                    e.getKey().variant(),
                                    e.getKey().platform(),
                                    e.getValue()[0],
                                    ratio(e.getValue()[0], answered)))
                            .sorted(Comparator.comparingLong(OfVariant::answered)
                                    .reversed()
                                    .thenComparing(OfVariant::variant))
                            .toList(),
                    problems.entrySet().stream()
                            .map(e -> new Problem(
                                    Math.max(0, e.getKey().status()), e.getValue().first, e.getValue().requests))
                            .sorted(Comparator.comparingLong(Problem::requests)
                                    .reversed()
                                    .thenComparing(Problem::message))
                            .limit(PROBLEMS)
                            .toList(),
                    new Generator(LatencyMs.of(lateness), waited, unsent),
                    stopped);
        } finally {
            lock.unlock();
        }
    }

    private static double ratio(long part, long whole) {
        return whole == 0 ? 0 : (double) part / whole;
    }
}
