package dev.purser.partitioner.batch;

/** How long a function takes for a batch. */
@FunctionalInterface
public interface ServiceTimes {

    /**
     * @param batch requests, at least 1
     * @param memoryMb the function's memory, in MB
     * @return seconds, above 0, and no less for a larger batch
     */
    double seconds(int batch, int memoryMb);
}
