package dev.purser.research.bound;

/** The argument checks of this package: every message names the argument, the value and what would be right. */
final class Checks {
    private Checks() {}

    /** Refuses a negative, infinite or undefined number. */
    static double amount(String name, double value) {
        if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(name + " is " + value + ", but it must be finite and not negative");
        }
        return value;
    }

    /** Refuses zero, a negative, infinite or undefined number. */
    static double positive(String name, double value) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(name + " is " + value + ", but it must be finite and above 0");
        }
        return value;
    }

    /** Refuses a negative or undefined price; infinity stands for "cannot be bought". */
    static double price(String name, double value) {
        if (!(value >= 0)) {
            throw new IllegalArgumentException(
                    name + " is " + value + ", but it must not be negative (infinity where there is no function)");
        }
        return value;
    }

    /** Refuses a series with a negative, infinite or undefined number, and copies it. */
    static double[] series(String name, double[] values) {
        for (int i = 0; i < values.length; i++) {
            amount(name + "[" + i + "]", values[i]);
        }
        return values.clone();
    }
}
