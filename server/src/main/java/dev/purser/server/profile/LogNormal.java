package dev.purser.server.profile;

import dev.purser.sim.Spread;

/**
 * A log-normal distribution that was fitted to measured times.
 *
 * @param median over 0
 * @param sigma the standard deviation of the logarithm, 0 to {@value #MOST_SIGMA}
 */
public record LogNormal(double median, double sigma) {
    /** What spreads wider is no time of one thing, but a machine that stood still meanwhile. */
    private static final double MOST_SIGMA = 1;

    /** The distribution with a sigma that is at most {@value #MOST_SIGMA}, however wide the measurements spread. */
    public LogNormal {
        sigma = Math.min(MOST_SIGMA, sigma);
    }

    /** Its mean. */
    public double mean() {
        return median * Math.exp(sigma * sigma / 2);
    }

    /** Standard deviation over mean. */
    public double cv() {
        return Math.sqrt(Math.expm1(sigma * sigma));
    }

    /** How a simulator is to spread times around the mean. */
    public Spread spread() {
        return Spread.lognormal(cv());
    }
}
