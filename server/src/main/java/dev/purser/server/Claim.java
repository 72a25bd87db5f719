package dev.purser.server;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * One published relation, held against what a run measured.
 *
 * @param id short name, e.g. {@code scaling-cost}
 * @param published the relation as published, and where
 * @param setting under which setting it was measured
 * @param measured what was measured
 * @param verdict whether it holds
 */
record Claim(String id, String published, String setting, String measured, Verdict verdict) {

    /** Whether a relation holds. */
    enum Verdict {
        /** As published. */
        @JsonProperty("holds")
        HOLDS("holds"),
        /** In direction or in most of the cases, but not as published. */
        @JsonProperty("partly")
        PARTLY("partly"),
        /** Not here. */
        @JsonProperty("fails")
        FAILS("does not hold");

        private final String words;

        Verdict(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }

        /** Holds if all cases do, partly if some do. */
        static Verdict of(long holding, long cases) {
            return holding == cases ? HOLDS : holding > 0 ? PARTLY : FAILS;
        }
    }
}
