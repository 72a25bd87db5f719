package dev.purser.core.workload;

import java.util.List;

/**
 * The functions that a workload may use.
 *
 * @param memoryMb the memory sizes offered, rising, in MB; empty where no functions may be used
 * @param concurrencyLimit how many sandboxes the account may run at the same time, at least 1
 */
public record FunctionConfiguration(List<Integer> memoryMb, int concurrencyLimit) {

    public FunctionConfiguration {
        for (int i = 1; i < memoryMb.size(); i++) {
            if (memoryMb.get(i) <= memoryMb.get(i - 1)) {
                throw new IllegalArgumentException("memoryMb is " + memoryMb + ", but the sizes must rise");
            }
        }
        if (concurrencyLimit < 1) {
            throw new IllegalArgumentException(
                    "concurrencyLimit is " + concurrencyLimit + ", but it must be at least 1");
        }
        memoryMb = List.copyOf(memoryMb);
    }

    /** No functions. */
    public static FunctionConfiguration none() {
        return new FunctionConfiguration(List.of(), 1);
    }
}
