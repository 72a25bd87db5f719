package dev.purser.research.dispatcher;

import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.PerRequestClass;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.policy.ServingView;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The places a request can go, each decision made once: a dispatcher's hot path returns what is here. */
final class Routes {
    private static final Dispatch NO_PLACE = new Dispatch.Refuse(
            Reason.of("no-place", "the variant can run on no instance type and in no function of the workload"));

    private final ServiceCatalog catalog;
    private final int[][] fleets;
    private final Dispatch[] toInstance;
    private final PerRequestClass<@Nullable Dispatch[]> toFunction;

    /**
     * @param memoryMb the functions' memory; 0 to size it by each class's latency bound
     * @param allowanceNanos taken off the bound for what is not execution
     */
    Routes(ServiceCatalog catalog, int memoryMb, long allowanceNanos) {
        this.catalog = catalog;
        fleets = new int[catalog.variants()][];
        toInstance = new Dispatch[catalog.fleets()];
        Reason freeSlot = Reason.of("free-slot", "an instance has a free slot");
        for (int f = 0; f < toInstance.length; f++) {
            toInstance[f] = new Dispatch.ToInstance(f, freeSlot);
        }
        for (int v = 0; v < fleets.length; v++) {
            int variant = v;
            fleets[v] = IntStream.range(0, catalog.instanceTypes())
                    .map(t -> catalog.fleet(variant, t))
                    .filter(f -> catalog.slots(f) > 0)
                    .boxed()
                    .sorted(Comparator.comparingDouble(catalog::usdPerRequest))
                    .mapToInt(Integer::intValue)
                    .toArray();
        }
        toFunction = new PerRequestClass<>(c -> functions(memoryMb, catalog.maxLatencyNanos(c) - allowanceNanos));
        // a memory size that the workload lacks is said now, not at the first request
        toFunction.get(0);
    }

    /** The functions of each variant for requests that may take a time. */
    private @Nullable Dispatch[] functions(int memoryMb, long boundNanos) {
        @Nullable Dispatch[] functions = new Dispatch[catalog.variants()];
        for (int v = 0; v < functions.length; v++) {
            int function = memoryMb == 0
                    ? MemorySizing.rightSized(catalog, v, boundNanos)
                    : MemorySizing.fixed(catalog, v, memoryMb);
            if (function >= 0) {
                functions[v] = new Dispatch.ToFunction(
                        function, Reason.of("no-free-slot", "no instance has a free slot, a function answers"));
            }
        }
        return functions;
    }

    /** A free slot on the variant's cheapest fleet that has one; null where none is free. */
    @Nullable
    Dispatch freeSlot(int variant, ServingView view) {
        for (int fleet : fleets[variant]) {
            if (view.freeSlots(fleet) > 0) {
                return toInstance[fleet];
            }
        }
        return null;
    }

    /** The right-sized function of a class and variant; null where the variant fits into none. */
    @Nullable
    Dispatch function(int requestClass, int variant) {
        return toFunction.get(requestClass)[variant];
    }

    boolean hasFleet(int variant) {
        return fleets[variant].length > 0;
    }

    /** Whether the variant has an instance, ready or pending. */
    boolean hasInstance(int variant, ServingView view) {
        for (int fleet : fleets[variant]) {
            if (view.readyInstances(fleet) + view.pendingInstances(fleet) > 0) {
                return true;
            }
        }
        return false;
    }

    /** For a variant that can run nowhere. */
    static Dispatch noPlace() {
        return NO_PLACE;
    }

    /** Requests per second that the variant's ready instances serve. */
    double capacity(int variant, ServingView view) {
        return Arrays.stream(fleets[variant])
                .mapToDouble(f -> view.readyInstances(f) * catalog.capacity(f))
                .sum();
    }

    /** Requests per second that the variant's ready instances serve in full batches. */
    double batchedCapacity(int variant, ServingView view) {
        double rate = 0;
        for (int fleet : fleets[variant]) {
            int size = catalog.maxBatch(fleet);
            rate += view.readyInstances(fleet) * catalog.slots(fleet) * size * 1e9 / catalog.serviceNanos(fleet, size);
        }
        return rate;
    }

    /** The longest service of a batch on the variant's ready instances, where so many requests wait. */
    long batchNanos(int variant, int waiting, ServingView view) {
        long longest = 0;
        for (int fleet : fleets[variant]) {
            if (view.readyInstances(fleet) > 0) {
                longest = Math.max(longest, catalog.serviceNanos(fleet, Math.min(waiting, catalog.maxBatch(fleet))));
            }
        }
        return longest;
    }
}
