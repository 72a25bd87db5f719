package dev.purser.core.pricing;

import java.math.BigDecimal;

/** The range checks that the records of a price book share; a message names the component and its value. */
final class Checks {
    private Checks() {}

    static void notBlank(String component, String value) {
        if (value.isBlank()) {
            throw new IllegalArgumentException(component + " is blank");
        }
    }

    static void atLeast(String component, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(component + " is " + value + ", but must be at least " + least);
        }
    }

    /** Checks a price, and drops trailing zeros so that equal prices are equal records. */
    static BigDecimal price(String component, BigDecimal value) {
        if (value.signum() < 0) {
            throw new IllegalArgumentException(
                    component + " is " + value.toPlainString() + ", but a price is never negative");
        }
        BigDecimal stripped = value.stripTrailingZeros();
        return stripped.scale() < 0 ? stripped.setScale(0) : stripped;
    }
}
