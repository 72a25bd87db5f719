package dev.purser.core.trace;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Several traces at once, merged in time. Each draws its own random numbers, even where two are the same. */
final class SuperposedTrace implements ArrivalTrace {
    private final String name;
    private final List<ArrivalTrace> parts;

    SuperposedTrace(String name, List<? extends ArrivalTrace> parts) {
        this.name = name;
        this.parts = List.copyOf(parts);
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("nothing to superpose");
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Duration duration() {
        return parts.stream()
                .map(ArrivalTrace::duration)
                .max(Comparator.naturalOrder())
                .orElseThrow();
    }

    @Override
    public boolean seeded() {
        return parts.stream().anyMatch(ArrivalTrace::seeded);
    }

    @Override
    public Optional<Duration> resolution() {
        return parts.stream().flatMap(p -> p.resolution().stream()).max(Comparator.naturalOrder());
    }

    @Override
    public double expectedRequests(Duration from, Duration to) {
        double sum = 0;
        for (ArrivalTrace part : parts) {
            Duration end = to.compareTo(part.duration()) < 0 ? to : part.duration();
            sum += from.compareTo(end) < 0 ? part.expectedRequests(from, end) : 0;
        }
        return sum;
    }

    @Override
    public double expectedRequests() {
        return parts.stream().mapToDouble(ArrivalTrace::expectedRequests).sum();
    }

    @Override
    public ArrivalTrace scale(double factor) {
        return new SuperposedTrace(
                name, parts.stream().map(p -> p.scale(factor)).toList());
    }

    @Override
    public ArrivalStream open(long seed) {
        ArrivalStream[] streams = new ArrivalStream[parts.size()];
        int opened = 0;
        try {
            for (; opened < streams.length; opened++) {
                streams[opened] = parts.get(opened).open(StepRandom.mix(seed, opened));
            }
            return new Stream(streams);
        } catch (RuntimeException e) {
            for (int i = 0; i < opened; i++) {
                streams[i].close();
            }
            throw e;
        }
    }

    @Override
    public String toString() {
        return name;
    }

    /** A binary heap of streams, the one with the earliest arrival on top. */
    private static final class Stream implements ArrivalStream {
        private final ArrivalStream[] heap;
        private final long[] heads;

        Stream(ArrivalStream[] streams) {
            this.heap = streams;
            this.heads = new long[streams.length];
            for (int i = 0; i < heap.length; i++) {
                heads[i] = head(heap[i]);
            }
            for (int i = heap.length / 2 - 1; i >= 0; i--) {
                sink(i);
            }
        }

        private static long head(ArrivalStream stream) {
            long next = stream.next();
            return next == END ? Long.MAX_VALUE : next;
        }

        @Override
        public long next() {
            long at = heads[0];
            if (at == Long.MAX_VALUE) {
                return END;
            }
            heads[0] = head(heap[0]);
            sink(0);
            return at;
        }

        private void sink(int from) {
            int i = from;
            long key = heads[i];
            ArrivalStream stream = heap[i];
            for (int child = 2 * i + 1; child < heap.length; child = 2 * i + 1) {
                if (child + 1 < heap.length && heads[child + 1] < heads[child]) {
                    child++;
                }
                if (heads[child] >= key) {
                    break;
                }
                heads[i] = heads[child];
                heap[i] = heap[child];
                i = child;
            }
            heads[i] = key;
            heap[i] = stream;
        }

        @Override
        public void close() {
            for (ArrivalStream stream : heap) {
                stream.close();
            }
        }
    }
}
