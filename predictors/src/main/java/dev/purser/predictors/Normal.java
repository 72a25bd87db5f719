package dev.purser.predictors;

import org.hipparchus.special.Erf;

/** Quantiles of the normal distribution. */
final class Normal {
    private static final double ROOT_2 = Math.sqrt(2);

    private Normal() {}

    /** @param level in (0, 1) */
    static double quantile(double level) {
        return ROOT_2 * Erf.erfInv(2 * level - 1);
    }
}
