package dev.purser.benchmarks;

/** What is compared. */
enum Simulator {
    BARE("bare loop", "256m"),
    PURSER("Purser", "256m"),
    CLOUDSIM("CloudSim Plus", "4g"),
    PARAGON("Purser, paragon", "256m");

    private final String title;
    private final String heap;

    Simulator(String title, String heap) {
        this.title = title;
        this.heap = heap;
    }

    String title() {
        return title;
    }

    /** The most heap that its process may have, in the JVM's notation. */
    String heap() {
        return heap;
    }
}
