package dev.purser.sim;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * How far a time spreads around its profiled value, which stays its mean.
 *
 * @param distribution the form
 * @param cv standard deviation over mean, 0 to 10; ignored where the form leaves no choice
 */
public record Spread(Distribution distribution, double cv) {

    /** The form of a spread. */
    public enum Distribution {
        /** Always the profiled value. */
        @JsonProperty("none")
        NONE,
        /** Log-normal: what service and start times look like. */
        @JsonProperty("lognormal")
        LOGNORMAL,
        /** Exponential: for comparison with queueing theory. */
        @JsonProperty("exponential")
        EXPONENTIAL
    }

    public Spread {
        if (!(cv >= 0 && cv <= 10)) {
            throw new IllegalArgumentException("cv is " + cv + ", but it must be 0 to 10");
        }
    }

    /** No spread. */
    public static Spread none() {
        return new Spread(Distribution.NONE, 0);
    }

    /** Log-normal with a coefficient of variation. */
    public static Spread lognormal(double cv) {
        return new Spread(Distribution.LOGNORMAL, cv);
    }

    /** Exponential. */
    public static Spread exponential() {
        return new Spread(Distribution.EXPONENTIAL, 1);
    }
}
