package dev.purser.core.partition;

/**
 * What a part costs in time and in money: the model that a {@link dev.purser.core.policy.Partitioner} plans with, so that
 * the same search serves a price book of 2021 or of today, a published calibration or a measured profile.
 *
 * <p>Both are integers, so that sums are exact and ties are real. Time is in milliseconds; money in units of 10^-13/1024 US
 * dollars ({@link #UNITS_PER_USD}), of which a MB-millisecond of AWS Lambda is 166,667.
 *
 * <p>The same arguments give the same values, whoever asks and when; an implementation can be used by several threads.
 */
public interface PartCosts {
    /** How many units of money are a US dollar. */
    double UNITS_PER_USD = 1024e13;

    /**
     * How long an invocation of the part takes, with all that the chain waits for: start, weights, tensors.
     *
     * @param part the part
     * @param memoryMb the function's memory, in MB
     * @return milliseconds, at least 0 and at most {@link #MAXIMUM_MILLIS}
     */
    long millis(Part part, int memoryMb);

    /**
     * What that invocation costs, with the requests to the store that it makes.
     *
     * @param part the part
     * @param memoryMb the function's memory, in MB
     * @param millis what {@link #millis} says
     * @return units, at least 0 and at most {@link #MAXIMUM_UNITS}
     */
    long units(Part part, int memoryMb, long millis);

    /** The longest that a part may take: about 31 years. */
    long MAXIMUM_MILLIS = 1_000_000_000_000L;

    /** The most that a part may cost: about 97 dollars an invocation. */
    long MAXIMUM_UNITS = 1_000_000_000_000_000_000L / 1_000;
}
