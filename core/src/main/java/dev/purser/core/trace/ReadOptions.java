package dev.purser.core.trace;

import java.time.Duration;
import java.util.Optional;

/**
 * How to read a trace file.
 *
 * @param format the format; found from the header where empty. With {@link TraceFormat#COUNTS} and
 *     {@link TraceFormat#REQUESTS} given, the columns may have any name (and a counts file's times are seconds)
 * @param step length of a step of a counts file; found from its first two rows where empty
 * @param fillGaps whether steps that are missing from a counts file had no requests; otherwise a gap is an error
 * @param function the start of a {@code HashFunction} or {@code func} that picks one function of an Azure file; all
 *     where empty
 * @param spread how counts become arrivals
 */
public record ReadOptions(
        Optional<TraceFormat> format,
        Optional<Duration> step,
        boolean fillGaps,
        Optional<String> function,
        Spread spread) {

    /** Format and step found from the file, gaps an error, all functions, {@link Spread#UNIFORM}. */
    public static ReadOptions defaults() {
        return new ReadOptions(Optional.empty(), Optional.empty(), false, Optional.empty(), Spread.UNIFORM);
    }

    /** These options with the format given. */
    public ReadOptions withFormat(TraceFormat given) {
        return new ReadOptions(Optional.of(given), step, fillGaps, function, spread);
    }

    /** These options with the step of a counts file given. */
    public ReadOptions withStep(Duration given) {
        return new ReadOptions(format, Optional.of(given), fillGaps, function, spread);
    }

    /** These options with missing steps taken for steps without requests, or not. */
    public ReadOptions withFillGaps(boolean fill) {
        return new ReadOptions(format, step, fill, function, spread);
    }

    /** These options with one function of an Azure file picked by the start of its hash. */
    public ReadOptions withFunction(String prefix) {
        return new ReadOptions(format, step, fillGaps, Optional.of(prefix), spread);
    }

    /** These options with another spread. */
    public ReadOptions withSpread(Spread other) {
        return new ReadOptions(format, step, fillGaps, function, other);
    }
}
