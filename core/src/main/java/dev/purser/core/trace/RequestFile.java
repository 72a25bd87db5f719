package dev.purser.core.trace;

import dev.purser.core.InputException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A file with a row per request. The trace ends with the whole second in which its last request arrives, as a file does
 * not say how long was listened after that.
 */
final class RequestFile implements ArrivalTrace {
    private static final long SECOND = 1_000_000_000L;

    private final Source source;
    private final String name;
    private final long requests;
    private final Duration duration;

    /** How to start a pass over the file. */
    interface Source {
        ArrivalStream open();
    }

    private RequestFile(Source source, String name, long requests, Duration duration) {
        this.source = source;
        this.name = name;
        this.requests = requests;
        this.duration = duration;
    }

    static RequestFile read(Path path, String name) {
        return read(path, name, () -> new Rows(path));
    }

    /** Reads the whole file once, which checks it and finds length and total. */
    static RequestFile read(Path path, String name, Source source) {
        long last = 0;
        long requests = 0;
        try (ArrivalStream arrivals = source.open()) {
            for (long at = arrivals.next(); at != ArrivalStream.END; at = arrivals.next()) {
                last = at;
                requests++;
            }
        }
        if (requests == 0) {
            throw new InputException(path.toString(), "", "has a header but no rows", "each row is a request");
        }
        return new RequestFile(source, name, requests, Duration.ofSeconds(last / SECOND + 1));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Duration duration() {
        return duration;
    }

    @Override
    public boolean seeded() {
        return false;
    }

    @Override
    public double expectedRequests() {
        return requests;
    }

    @Override
    public ArrivalStream open(long seed) {
        return source.open();
    }

    @Override
    public String toString() {
        return name;
    }

    private static final class Rows implements ArrivalStream, CsvFile.Fields {
        private final CsvFile file;
        private long time;
        private long before;
        private String bad = "";

        Rows(Path path) {
            file = new CsvFile(path, this);
        }

        @Override
        public void field(int index, char[] buffer, int offset, int length) {
            if (index == 0) {
                time = Numbers.nanos(buffer, offset, length, SECOND);
                if (time < 0) {
                    bad = new String(buffer, offset, length);
                }
            }
        }

        @Override
        public long next() {
            if (!file.next()) {
                return END;
            }
            String column = file.header().getFirst();
            if (time < 0) {
                throw file.notANumber(column, bad, CountFile.timeRemedy(column));
            }
            if (time < before) {
                throw file.wrong(
                        column,
                        Durations.seconds(time) + " comes after " + Durations.seconds(before),
                        "sort the rows by their first column");
            }
            before = time;
            return time;
        }

        @Override
        public void close() {
            file.close();
        }
    }
}
