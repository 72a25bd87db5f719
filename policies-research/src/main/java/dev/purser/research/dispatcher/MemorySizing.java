package dev.purser.research.dispatcher;

import dev.purser.core.InputException;
import dev.purser.core.policy.ServiceCatalog;

/**
 * The function memory for a variant and a latency bound: the least cost among the sizes that keep the bound (Paragon,
 * WoSC'20, section 2 and figure 7: the time falls with memory and the cost rises). Where none keeps it, the fastest, and
 * of equally fast ones the cheapest. Of sizes that keep the bound at the same cost it is the smallest, though it is the
 * slowest. A sandbox is taken to be warm.
 */
final class MemorySizing {
    private MemorySizing() {}

    /**
     * The function.
     *
     * @param boundNanos the longest execution
     * @return a function of the variant, or -1 where it fits into none
     */
    static int rightSized(ServiceCatalog catalog, int variant, long boundNanos) {
        int best = -1;
        for (int m = 0; m < catalog.memorySizes(); m++) {
            int function = catalog.function(variant, m);
            if (catalog.functionNanos(function) < ServiceCatalog.UNBOUNDED
                    && (best < 0 || better(catalog, function, best, boundNanos))) {
                best = function;
            }
        }
        return best;
    }

    private static boolean better(ServiceCatalog catalog, int a, int b, long bound) {
        boolean keepsA = catalog.functionNanos(a) <= bound;
        boolean keepsB = catalog.functionNanos(b) <= bound;
        if (keepsA != keepsB) {
            return keepsA;
        }
        if (!keepsA && catalog.functionNanos(a) != catalog.functionNanos(b)) {
            return catalog.functionNanos(a) < catalog.functionNanos(b);
        }
        return catalog.functionUsd(a) < catalog.functionUsd(b);
    }

    /** The function of a variant at a memory size; -1 where the variant does not fit. */
    static int fixed(ServiceCatalog catalog, int variant, int memoryMb) {
        for (int m = 0; m < catalog.memorySizes(); m++) {
            if (catalog.memoryMb(m) == memoryMb) {
                int function = catalog.function(variant, m);
                return catalog.functionNanos(function) < ServiceCatalog.UNBOUNDED ? function : -1;
            }
        }
        throw new InputException(
                "workload " + catalog.workload().name(),
                "functions.memoryMb",
                "has no size of " + memoryMb + " MB, which the dispatcher's setting memoryMb asks for",
                "one of " + catalog.workload().functions().memoryMb());
    }
}
