package dev.purser.core.policy;

/**
 * When the next arrival is to be expected, in seconds from the last: a point, and the span in which to be ready for it.
 *
 * @param expected the gap expected; infinite where nothing was observed
 * @param earliest where the span begins, not negative; 0 means to be ready all the time
 * @param latest where it ends, at least {@code earliest}; may be infinite
 * @param basis how this was found, a short code for programs such as {@code histogram}
 */
public record GapForecast(double expected, double earliest, double latest, String basis) {

    public GapForecast {
        if (!(expected >= 0 && earliest >= 0 && latest >= earliest)) {
            throw new IllegalArgumentException(
                    "a gap of " + expected + " s between " + earliest + " and " + latest + " s");
        }
    }
}
