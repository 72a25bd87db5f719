package dev.purser.server;

import com.google.common.collect.ImmutableList;
import dev.purser.core.engine.Outcome;
import dev.purser.core.workload.RequestClass;
import dev.purser.server.replay.ReplayListener;
import dev.purser.server.replay.ReplayProgress;
import dev.purser.server.replay.ReplayedRequest;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/** Who answered the requests of each class, where, and how fast; and the line that shows it while it happens. */
final class AnswerTally implements ReplayListener {
    private static final Comparator<Key> ORDER = Comparator.comparingInt(Key::requestClass)
            .thenComparing(Key::variant)
            .thenComparing(Key::platform);

    private final List<RequestClass> classes;
    private final ReplayLine line;
    private final Map<Key, Tally> tallies = new TreeMap<>(ORDER);

    /** Requests of one class that one variant answered in one kind of place; without a variant: that had no answer. */
    private record Key(int requestClass, String variant, String platform) {}

    private static final class Tally {
        private final Histogram micros = new Histogram(3);
        private long kept;
    }

    AnswerTally(List<RequestClass> classes, ReplayLine line) {
        this.classes = ImmutableList.copyOf(classes);
        this.line = line;
    }

    @Override
    public synchronized void ended(ReplayedRequest request) {
        boolean answered = request.outcome() == Outcome.ANSWERED;
        Key key = new Key(
                request.requestClass(),
                answered && request.variant() != null ? request.variant() : "-",
                answered && request.platform() != null ? request.platform() : noAnswer(request.outcome()));
        Tally tally = tallies.computeIfAbsent(key, k -> new Tally());
        tally.micros.recordValue(Math.max(0, request.latencyNanos() / 1000));
        Duration limit = classes.get(request.requestClass()).slo().maxLatency();
        if (answered && (limit == null || request.latencyNanos() <= limit.toNanos())) {
            tally.kept++;
        }
    }

    private static String noAnswer(Outcome outcome) {
        return switch (outcome) {
            case ANSWERED -> "-";
            case REFUSED -> "refused";
            case FAILED -> "failed";
        };
    }

    @Override
    public void progress(ReplayProgress progress) {
        line.show(progress);
    }

    synchronized Table table() {
        Table table = new Table(
                4,
                List.of(
                        "class",
                        "promise",
                        "variant",
                        "on",
                        "requests",
                        "p50 ms",
                        "p95 ms",
                        "p99 ms",
                        "promise kept %"));
        tallies.forEach((key, tally) -> {
            Duration limit = classes.get(key.requestClass()).slo().maxLatency();
            long count = tally.micros.getTotalCount();
            table.row(List.of(
                    classes.get(key.requestClass()).name(),
                    limit == null ? "none" : Table.number(limit.toMillis()) + " ms",
                    key.variant(),
                    key.platform(),
                    Table.number(count),
                    millis(tally, 50),
                    millis(tally, 95),
                    millis(tally, 99),
                    Table.number(100.0 * tally.kept / count, 2)));
        });
        return table;
    }

    private static String millis(Tally tally, double percentile) {
        return Table.number(tally.micros.getValueAtPercentile(percentile) / 1000.0, 1);
    }
}
