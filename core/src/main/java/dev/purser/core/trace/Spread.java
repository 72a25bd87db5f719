package dev.purser.core.trace;

/** How the requests that a {@link CountTrace} counted in a step are laid out within it. */
public enum Spread {
    /**
     * As many arrivals as were counted, each at an independent, uniformly distributed moment of the step. Totals are
     * those of the file. Within a step this is a Poisson process, given its count.
     */
    UNIFORM,

    /**
     * The count is taken as the mean of a Poisson process that runs at a constant rate through the step, so that the
     * number of arrivals varies with the seed. For traces whose counts are averages of longer times.
     */
    POISSON
}
