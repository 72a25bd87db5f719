package dev.purser.predictors;

/** Learning rates by the magnitude of a series, as SMIless chooses them. */
final class LearningRates {
    private LearningRates() {}

    private static int magnitude(double greatest) {
        return greatest < 1 ? 0 : (int) Math.ceil(Math.log10(greatest));
    }

    /** For invocation numbers: one over the next power of ten, and 0.001 for numbers up to ten. */
    static double ofInvocations(double greatest) {
        int magnitude = magnitude(greatest);
        return magnitude <= 1 ? 0.001 : Math.pow(10, -magnitude);
    }

    /** For gaps: one over the next power of ten, and 0.01 for gaps up to ten. */
    static double ofGaps(double greatest) {
        int magnitude = magnitude(greatest);
        return magnitude < 2 ? 0.01 : Math.pow(10, -magnitude);
    }
}
