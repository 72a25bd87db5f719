package dev.purser.server.profile;

/** Something that can be measured as often as one likes. */
interface Probe {
    /**
     * Measures for a while.
     *
     * @param nanos about how long, over 0
     * @return what each measurement took in milliseconds, at least one, each over 0
     */
    double[] measure(long nanos);
}
