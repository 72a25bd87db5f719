package dev.purser.sim;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.function.DoubleUnaryOperator;

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

    private static final int POINTS = 1 << 14;
    /** How far out the normal distribution is followed. */
    private static final double DEVIATIONS = 8;

    /** The mean of a quantity that depends on the factor by which a time differs from its profile. */
    double mean(DoubleUnaryOperator ofFactor) {
        return switch (distribution) {
            case NONE -> ofFactor.applyAsDouble(1);
            case LOGNORMAL -> {
                double sigma = sigma();
                double weights = 0;
                double sum = 0;
                for (int i = 0; i < POINTS; i++) {
                    double z = DEVIATIONS * ((2 * i + 1.0) / POINTS - 1);
                    double weight = Math.exp(-z * z / 2);
                    weights += weight;
                    sum += weight * ofFactor.applyAsDouble(Math.exp(sigma * z - sigma * sigma / 2));
                }
                yield sum / weights;
            }
            case EXPONENTIAL -> {
                double sum = 0;
                for (int i = 0; i < POINTS; i++) {
                    sum += ofFactor.applyAsDouble(-Math.log1p(-(i + 0.5) / POINTS));
                }
                yield sum / POINTS;
            }
        };
    }

    /** Of the logarithm: a log-normal factor of mean 1 has variance exp(sigma^2) - 1. */
    double sigma() {
        return Math.sqrt(Math.log1p(cv * cv));
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
