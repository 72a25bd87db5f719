package dev.purser.core.trace;

import dev.purser.core.InputException;
import java.nio.file.Path;
import java.time.Duration;

/** A file of requests per step. */
final class CountFile implements CountSource {
    private final Path path;
    private final boolean fillGaps;
    private final long step;

    private CountFile(Path path, boolean fillGaps, long step) {
        this.path = path;
        this.fillGaps = fillGaps;
        this.step = step;
    }

    /** Reads the whole file once, which checks it and finds step, length and total. */
    static CountTrace read(Path path, String name, ReadOptions options) {
        long given = options.step()
                .map(s -> Durations.positive(path.toString(), "step", s))
                .orElse(0L);
        try (FileRows rows = new FileRows(path, options.fillGaps(), given)) {
            double total = 0;
            long steps = 0;
            for (double count = rows.next(); count >= 0; count = rows.next()) {
                total += count;
                steps++;
            }
            if (steps == 0) {
                throw new InputException(
                        path.toString(), "", "has a header but no rows", "each row is a step's start and its requests");
            }
            long step = rows.step == 0 ? rows.unit : rows.step;
            return new CountTrace(
                    name,
                    new CountFile(path, options.fillGaps(), step),
                    Duration.ofNanos(step),
                    options.spread(),
                    steps,
                    total);
        }
    }

    @Override
    public Rows open() {
        return new FileRows(path, fillGaps, step);
    }

    private static final class FileRows implements Rows, CsvFile.Fields {
        private final CsvFile file;
        private final boolean fillGaps;
        private final long unit;
        /** 0 while unknown. */
        private long step;

        private long start = -1;
        private long expected;
        /** Steps to fill before the count just read. */
        private long missing;

        private long time;
        private double count;
        private String bad = "";

        FileRows(Path path, boolean fillGaps, long step) {
            this.file = new CsvFile(path, this);
            this.fillGaps = fillGaps;
            this.step = step;
            this.unit = TraceFormat.unit(file.header().getFirst()).orElse(1_000_000_000L);
        }

        @Override
        public void field(int index, char[] buffer, int offset, int length) {
            if (index == 0) {
                time = Numbers.nanos(buffer, offset, length, unit);
                if (time < 0) {
                    bad = new String(buffer, offset, length);
                }
            } else if (index == 1) {
                count = Numbers.count(buffer, offset, length);
                if (!(count <= CsvFile.MOST_REQUESTS) && time >= 0) {
                    bad = new String(buffer, offset, length);
                }
            }
        }

        @Override
        public double next() {
            if (missing > 0) {
                missing--;
                return missing == 0 ? count : 0;
            }
            if (!file.next()) {
                return END;
            }
            check();
            if (start < 0) {
                start = time;
            } else {
                if (step == 0) {
                    step = time - start;
                }
                expected += step;
                if (step <= 0 || time - start != expected) {
                    return offGrid();
                }
            }
            return count;
        }

        private double offGrid() {
            String column = file.header().getFirst();
            String value = inUnits(time);
            long gap = time - start - expected;
            if (step <= 0 || gap <= -step) {
                throw file.wrong(
                        column,
                        value + " is not after the step before, which starts at " + inUnits(start + expected - step),
                        "sort the rows by time, one row per step");
            }
            if (gap % step != 0) {
                throw file.wrong(
                        column,
                        value + " is off the grid: with steps of " + Durations.text(step) + " the next starts at "
                                + inUnits(start + expected),
                        "give the length of a step with the option 'step', if the first two rows do not show it");
            }
            if (!fillGaps) {
                throw file.wrong(
                        column,
                        value + " leaves a gap: with steps of " + Durations.text(step) + " the next starts at "
                                + inUnits(start + expected),
                        "--fill-gaps (ReadOptions.withFillGaps) takes missing steps for steps without requests");
            }
            expected += gap;
            missing = gap / step;
            return 0;
        }

        private void check() {
            if (file.fields() < 2) {
                throw file.wrong(file.header().get(1), "is missing", "each row is a step's start and its requests");
            }
            if (time < 0) {
                throw file.notANumber(
                        file.header().getFirst(), bad, timeRemedy(file.header().getFirst()));
            }
            if (Double.isNaN(count)) {
                throw file.notANumber(
                        file.header().get(1), bad, "a count is a number from 0 to 1000000000, perhaps with a fraction");
            }
            if (count > CsvFile.MOST_REQUESTS) {
                throw file.wrong(
                        file.header().get(1),
                        bad + " requests in a step are beyond the limit of 1000000000",
                        "divide the counts, or cut the trace into shorter steps");
            }
        }

        private String inUnits(long nanos) {
            return java.math.BigDecimal.valueOf(nanos)
                    .divide(java.math.BigDecimal.valueOf(unit), java.math.MathContext.DECIMAL64)
                    .stripTrailingZeros()
                    .toPlainString();
        }

        @Override
        public void close() {
            file.close();
        }
    }

    static String timeRemedy(String column) {
        return "a time is a number of " + (TraceFormat.unit(column).isPresent() ? column + "s" : "seconds")
                + " from the start, at least 0 and at most a hundred years";
    }
}
