package dev.purser.core.trace;

import dev.purser.core.InputException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.TreeSet;

/** The two published traces of Azure Functions, see {@link TraceFormat#AZURE_2019} and {@link TraceFormat#AZURE_2021}. */
final class AzureFunctions {
    private static final int FIRST_MINUTE = 4;

    private AzureFunctions() {}

    /** The minutes of all functions added up, or those of one. */
    static CountTrace read2019(Path path, String name, ReadOptions options) {
        Minutes minutes = new Minutes();
        Picked picked = new Picked(path, "HashFunction", options.function());
        double[] sums;
        double total = 0;
        try (CsvFile file = new CsvFile(path, minutes)) {
            int width = file.header().size() - FIRST_MINUTE;
            sums = new double[width];
            minutes.counts = new double[width];
            while (file.next()) {
                if (file.fields() != file.header().size()) {
                    throw file.wrong(
                            file.header().getLast(),
                            "the row has " + file.fields() + " fields, its header "
                                    + file.header().size(),
                            "");
                }
                if (!minutes.bad.isEmpty()) {
                    throw file.notANumber(
                            file.header().get(minutes.badColumn),
                            minutes.bad,
                            "a count is a number from 0 to 1000000000");
                }
                if (picked.takes(minutes.function)) {
                    for (int i = 0; i < width; i++) {
                        sums[i] += minutes.counts[i];
                        total += minutes.counts[i];
                        if (sums[i] > CsvFile.MOST_REQUESTS) {
                            throw file.wrong(
                                    file.header().get(FIRST_MINUTE + i),
                                    "more than 1000000000 requests in a minute of all functions together",
                                    "divide the counts");
                        }
                    }
                }
            }
        }
        picked.check();
        return new CountTrace(name, CountSource.of(sums), Duration.ofMinutes(1), options.spread(), sums.length, total);
    }

    /** The arrivals of all functions, or those of one; each is the end of an invocation less its duration. */
    static RequestFile read2021(Path path, String name, ReadOptions options) {
        Picked picked = new Picked(path, "func", options.function());
        if (options.function().isPresent()) {
            Invocation row = new Invocation();
            try (CsvFile file = new CsvFile(path, row)) {
                while (file.next()) {
                    picked.takes(row.function);
                }
            }
            picked.check();
        }
        return RequestFile.read(
                path, name, () -> new Arrivals(path, options.function().orElse("")));
    }

    /** Keeps to the one function that a prefix means. */
    private static final class Picked {
        private final Path path;
        private final String column;
        private final Optional<String> prefix;
        private final TreeSet<String> functions = new TreeSet<>();
        private boolean rows;

        Picked(Path path, String column, Optional<String> prefix) {
            this.path = path;
            this.column = column;
            this.prefix = prefix;
        }

        boolean takes(String function) {
            rows = true;
            if (prefix.isEmpty()) {
                return true;
            }
            boolean takes = function.startsWith(prefix.get());
            if (takes && functions.size() < 4) {
                functions.add(function);
            }
            return takes;
        }

        void check() {
            if (!rows) {
                throw new InputException(path.toString(), "", "has a header but no rows", "each row is a function");
            }
            if (prefix.isPresent() && functions.size() != 1) {
                throw new InputException(
                        path.toString(),
                        "column '" + column + "'",
                        functions.isEmpty()
                                ? "no function begins with '" + prefix.get() + "'"
                                : "'" + prefix.get() + "' is the start of several functions, such as "
                                        + String.join(", ", functions),
                        functions.isEmpty() ? "leave the function out to take all together" : "give more of the hash");
            }
        }
    }

    private static final class Minutes implements CsvFile.Fields {
        private double[] counts = {};
        private String function = "";
        private String bad = "";
        private int badColumn;

        @Override
        public void field(int index, char[] buffer, int offset, int length) {
            if (index == 2) {
                function = new String(buffer, offset, length);
            } else if (index >= FIRST_MINUTE && index - FIRST_MINUTE < counts.length) {
                double count = Numbers.count(buffer, offset, length);
                if (!(count <= CsvFile.MOST_REQUESTS) && bad.isEmpty()) {
                    bad = length == 0 ? " " : new String(buffer, offset, length);
                    badColumn = index;
                }
                counts[index - FIRST_MINUTE] = count;
            }
        }
    }

    private static final class Invocation implements CsvFile.Fields {
        private String function = "";
        private double end;
        private double duration;
        private String bad = "";
        private String badColumn = "";

        @Override
        public void field(int index, char[] buffer, int offset, int length) {
            if (index == 1) {
                function = new String(buffer, offset, length);
            } else if (index == 2 || index == 3) {
                double value = Numbers.count(buffer, offset, length);
                if (!(value <= Durations.seconds(Durations.LONGEST))) {
                    bad = new String(buffer, offset, length);
                    badColumn = index == 2 ? "end_timestamp" : "duration";
                }
                if (index == 2) {
                    end = value;
                } else {
                    duration = value;
                }
            }
        }
    }

    /**
     * Rows stand in about the order in which invocations ended; the buffer puts them into the order of arrival. It holds
     * {@value #BUFFER} rows, so a row may be that many places late.
     */
    private static final class Arrivals implements ArrivalStream {
        private static final int BUFFER = 1 << 20;

        private final CsvFile file;
        private final String prefix;
        private final Invocation row = new Invocation();
        // a boxed number per row is small beside the reading of it
        private final PriorityQueue<Long> waiting = new PriorityQueue<>();
        private long before;
        private boolean over;

        Arrivals(Path path, String prefix) {
            this.file = new CsvFile(path, row);
            this.prefix = prefix;
        }

        @Override
        public long next() {
            while (!over && waiting.size() < BUFFER) {
                read();
            }
            Long first = waiting.poll();
            if (first == null) {
                return END;
            }
            if (first < before) {
                throw file.wrong(
                        "end_timestamp",
                        "a request arrived at " + Durations.seconds(first) + " s, more than " + BUFFER
                                + " rows after one that arrived at " + Durations.seconds(before) + " s",
                        "sort the file by end_timestamp - duration");
            }
            before = first;
            return first;
        }

        private void read() {
            if (!file.next()) {
                over = true;
                return;
            }
            if (file.fields() != 4) {
                throw file.wrong("duration", "the row has " + file.fields() + " fields, its header 4", "");
            }
            if (!row.badColumn.isEmpty()) {
                throw file.notANumber(row.badColumn, row.bad, CountFile.timeRemedy(""));
            }
            if (row.function.startsWith(prefix)) {
                // an invocation that began before the trace did is taken to arrive at its start
                waiting.add((long) (Math.max(0, row.end - row.duration) * 1e9));
            }
        }

        @Override
        public void close() {
            file.close();
        }
    }
}
