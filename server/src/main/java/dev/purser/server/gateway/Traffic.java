package dev.purser.server.gateway;

import dev.purser.core.engine.Outcome;
import dev.purser.local.Answer;
import dev.purser.server.gateway.Promises.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** What the live page draws: the last minutes second by second, and each class's latencies. */
final class Traffic {
    /** How many seconds are kept. */
    static final int SECONDS = 300;

    /** How many failures are kept. */
    static final int FAILURES = 32;

    private static final int WINDOW = 60;
    private static final long MAX_MICROS = 3_600_000_000L;

    private final long start = System.nanoTime();
    private final int[] answered = new int[SECONDS];
    private final int[] refused = new int[SECONDS];
    private final int[] failed = new int[SECONDS];
    /** By variant, then second. */
    private final int[][] byVariant;

    private final long[] onInstances;
    private final long[] onFunctions;
    /** By the index of the class; null where none of it has ended. */
    private @Nullable OfClass[] classes = new OfClass[8];

    private final Deque<Failure> failures = new ArrayDeque<>();
    private long second;
    private long turnedAway;
    private long invalid;

    /**
     * A request that failed.
     *
     * @param at when, in milliseconds since 1970
     * @param model what was asked for
     * @param ofClass its class
     * @param status the HTTP status
     * @param cause what went wrong
     */
    record Failure(long at, String model, String ofClass, int status, String cause) {}

    /** The requests of one class, with its rate in the last minute; latencies are in milliseconds, missing ones NaN. */
    @SuppressWarnings("ArrayRecordComponent")
    record ClassLine(
            Kind kind,
            long answered,
            long refused,
            long failed,
            long late,
            double perSecond,
            double p50,
            double p95,
            double p99,
            float[] series50,
            float[] series95,
            float[] series99) {}

    /**
     * The last seconds.
     *
     * @param last the last whole second, counted from the start
     * @param answered by second, up to and with the last
     * @param recentByVariant answers of each variant in the last minute
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Lines(
            long last,
            int[] answered,
            int[] refused,
            int[] failed,
            int[] recentByVariant,
            long[] onInstances,
            long[] onFunctions,
            long turnedAway,
            long invalid,
            List<ClassLine> classes,
            List<Failure> failures) {}

    private static final class OfClass {
        private final Kind kind;
        private long answered;
        private long refused;
        private long failed;
        private long late;
        private final Histogram current = histogram();
        private Histogram minute = histogram();
        private Histogram lastMinute = histogram();
        private final int[] ended = new int[SECONDS];
        private final float[] p50 = missing();
        private final float[] p95 = missing();
        private final float[] p99 = missing();

        OfClass(Kind kind) {
            this.kind = kind;
        }

        private static Histogram histogram() {
            // two digits are enough for the eye, and there may be hundreds of classes
            Histogram histogram = new Histogram(2);
            histogram.setAutoResize(true);
            return histogram;
        }

        private static float[] missing() {
            float[] values = new float[SECONDS];
            Arrays.fill(values, Float.NaN);
            return values;
        }

        void close(int at) {
            if (current.getTotalCount() > 0) {
                p50[at] = current.getValueAtPercentile(50) / 1000f;
                p95[at] = current.getValueAtPercentile(95) / 1000f;
                p99[at] = current.getValueAtPercentile(99) / 1000f;
                current.reset();
            }
        }

        void open(int at) {
            ended[at] = 0;
            p50[at] = Float.NaN;
            p95[at] = Float.NaN;
            p99[at] = Float.NaN;
        }

        void turnMinute() {
            Histogram old = lastMinute;
            lastMinute = minute;
            old.reset();
            minute = old;
        }
    }

    /** @param variants how many variants there are */
    Traffic(int variants) {
        byVariant = new int[variants][SECONDS];
        onInstances = new long[variants];
        onFunctions = new long[variants];
    }

    /** The engine ended a request. */
    synchronized void ended(Kind kind, String model, Answer answer) {
        int at = advance();
        OfClass line = line(kind);
        line.ended[at]++;
        if (answer.outcome() == Outcome.ANSWERED) {
            answered[at]++;
            line.answered++;
            if (kind.isLate(answer.latencyNanos())) {
                line.late++;
            }
            byVariant[answer.variant()][at]++;
            Answer.Served served = answer.served();
            if (served != null) {
                (served.place() == Answer.Place.INSTANCE ? onInstances : onFunctions)[answer.variant()]++;
            }
            long micros = Math.clamp((answer.latencyNanos() + 500) / 1000, 1, MAX_MICROS);
            line.current.recordValue(micros);
            line.minute.recordValue(micros);
        } else if (answer.outcome() == Outcome.REFUSED) {
            refused[at]++;
            line.refused++;
        } else {
            failed[at]++;
            line.failed++;
            if (failures.size() == FAILURES) {
                failures.removeLast();
            }
            failures.addFirst(new Failure(
                    System.currentTimeMillis(),
                    model,
                    kind.name(),
                    answer.status(),
                    answer.cause() == null ? "" : answer.cause()));
        }
    }

    /** The gateway turned a request away that the engine never saw: too much is open. */
    synchronized void turnedAway() {
        refused[advance()]++;
        turnedAway++;
    }

    /** A request was wrong. */
    synchronized void invalid() {
        advance();
        invalid++;
    }

    private OfClass line(Kind kind) {
        if (kind.index() >= classes.length) {
            classes = Arrays.copyOf(classes, Math.max(kind.index() + 1, classes.length * 2));
        }
        OfClass line = classes[kind.index()];
        if (line == null) {
            line = new OfClass(kind);
            classes[kind.index()] = line;
        }
        return line;
    }

    /** Closes the seconds that have passed, and returns the place of the current one. */
    private int advance() {
        long now = (System.nanoTime() - start) / 1_000_000_000L;
        if (now > second) {
            close((int) (second % SECONDS));
            long from = Math.max(second + 1, now - SECONDS + 1);
            if (now / WINDOW != second / WINDOW) {
                turnMinutes(now / WINDOW - second / WINDOW);
            }
            for (long s = from; s <= now; s++) {
                open((int) (s % SECONDS));
            }
            second = now;
        }
        return (int) (second % SECONDS);
    }

    private void close(int at) {
        for (OfClass line : classes) {
            if (line != null) {
                line.close(at);
            }
        }
    }

    private void turnMinutes(long passed) {
        for (OfClass line : classes) {
            if (line != null) {
                line.turnMinute();
                if (passed > 1) {
                    line.turnMinute();
                }
            }
        }
    }

    private void open(int at) {
        answered[at] = 0;
        refused[at] = 0;
        failed[at] = 0;
        for (int[] ofVariant : byVariant) {
            ofVariant[at] = 0;
        }
        for (OfClass line : classes) {
            if (line != null) {
                line.open(at);
            }
        }
    }

    /** What was counted up to the last whole second. */
    synchronized Lines lines() {
        advance();
        long last = second - 1;
        int count = (int) Math.min(last + 1, SECONDS - 1);
        List<ClassLine> lines = new ArrayList<>();
        for (OfClass line : classes) {
            if (line != null) {
                Histogram recent = line.lastMinute.copy();
                recent.add(line.minute);
                boolean any = recent.getTotalCount() > 0;
                lines.add(new ClassLine(
                        line.kind,
                        line.answered,
                        line.refused,
                        line.failed,
                        line.late,
                        sum(line.ended, last) / (double) Math.clamp(last + 1, 1, WINDOW),
                        any ? recent.getValueAtPercentile(50) / 1000.0 : Double.NaN,
                        any ? recent.getValueAtPercentile(95) / 1000.0 : Double.NaN,
                        any ? recent.getValueAtPercentile(99) / 1000.0 : Double.NaN,
                        tail(line.p50, last, count),
                        tail(line.p95, last, count),
                        tail(line.p99, last, count)));
            }
        }
        int[] recent = new int[byVariant.length];
        for (int v = 0; v < recent.length; v++) {
            recent[v] = sum(byVariant[v], last);
        }
        return new Lines(
                last,
                tail(answered, last, count),
                tail(refused, last, count),
                tail(failed, last, count),
                recent,
                onInstances.clone(),
                onFunctions.clone(),
                turnedAway,
                invalid,
                lines,
                List.copyOf(failures));
    }

    /** The sum over the last minute. */
    private static int sum(int[] ring, long last) {
        int sum = 0;
        for (long s = Math.max(0, last - WINDOW + 1); s <= last; s++) {
            sum += ring[(int) (s % SECONDS)];
        }
        return sum;
    }

    private static int[] tail(int[] ring, long last, int count) {
        int[] tail = new int[count];
        for (int i = 0; i < count; i++) {
            tail[i] = ring[(int) ((last - count + 1 + i) % SECONDS)];
        }
        return tail;
    }

    private static float[] tail(float[] ring, long last, int count) {
        float[] tail = new float[count];
        for (int i = 0; i < count; i++) {
            tail[i] = ring[(int) ((last - count + 1 + i) % SECONDS)];
        }
        return tail;
    }
}
