package dev.purser.core.trace;

/** Where the counts of a {@link CountTrace} come from, step by step. */
interface CountSource {
    /** Starts at the first step. */
    Rows open();

    /** One pass over the counts. */
    interface Rows extends AutoCloseable {
        /** What {@link #next} returns when there are no more. */
        double END = -1;

        /** The count of the next step, at least 0, perhaps fractional; {@link #END} when there are no more. */
        double next();

        @Override
        void close();
    }

    /** Counts held in memory, for formats that are small by nature. */
    static CountSource of(double[] counts) {
        return () -> new Rows() {
            private int at;

            @Override
            public double next() {
                return at < counts.length ? counts[at++] : END;
            }

            @Override
            public void close() {}
        };
    }
}
