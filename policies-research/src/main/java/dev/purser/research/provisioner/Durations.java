package dev.purser.research.provisioner;

import java.time.Duration;

/** Checks of durations in settings. */
final class Durations {
    private Durations() {}

    static void requirePositive(String name, Duration value) {
        if (value.isZero() || value.isNegative()) {
            throw new IllegalArgumentException(name + " is " + value + ", but it must be over 0");
        }
    }

    static void requireNotNegative(String name, Duration value) {
        if (value.isNegative()) {
            throw new IllegalArgumentException(name + " is " + value + ", but it must not be negative");
        }
    }
}
