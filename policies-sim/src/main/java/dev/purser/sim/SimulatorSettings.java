package dev.purser.sim;

import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.FunctionPricing;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * How the simulated platform behaves.
 *
 * @param instanceBoot from launch until an instance begins to load its model
 * @param instanceBootSpread of the boot time
 * @param warmFleet whether instances launched at time 0 serve at once: the run is an hour out of a longer life
 * @param dispatchOverhead from a request's arrival until it is dispatched; occupies nothing
 * @param dispatchOverheadSpread of that; no request overtakes another on the way
 * @param invokeOverhead added to each invocation of a function, not paid for
 * @param sandboxStart from invocation until a new sandbox begins to load its model
 * @param sandboxStartSpread of the sandbox start
 * @param service spread of the service times, on instances and in functions
 * @param afterIdle what the first service after a pause takes on top
 * @param feedbackShare share of the answers on which users say whether they were right, 0 to 1
 * @param standbyStart from start until a stopped instance begins to load its model
 * @param spot how the spot market behaves
 * @param faults what goes wrong on purpose
 */
public record SimulatorSettings(
        Duration instanceBoot,
        Spread instanceBootSpread,
        boolean warmFleet,
        Duration dispatchOverhead,
        Spread dispatchOverheadSpread,
        Duration invokeOverhead,
        Duration sandboxStart,
        Spread sandboxStartSpread,
        Spread service,
        AfterIdle afterIdle,
        double feedbackShare,
        Duration standbyStart,
        SpotMarket spot,
        Faults faults) {

    /**
     * A processor that has paused has lost its caches and its clock: the profile of a model that is asked again and again
     * is too fast for one that is asked now and then.
     *
     * @param idle from this long after an instance or a sandbox served last, its next service takes longer
     * @param extra by this much
     */
    public record AfterIdle(Duration idle, Duration extra) {
        public AfterIdle {
            requireNotNegative("afterIdle.idle", idle);
            requireNotNegative("afterIdle.extra", extra);
        }

        /** Pauses make no difference. */
        public static AfterIdle none() {
            return new AfterIdle(Duration.ZERO, Duration.ZERO);
        }
    }

    public SimulatorSettings {
        requireNotNegative("instanceBoot", instanceBoot);
        requireNotNegative("dispatchOverhead", dispatchOverhead);
        requireNotNegative("invokeOverhead", invokeOverhead);
        requireNotNegative("sandboxStart", sandboxStart);
        requireNotNegative("standbyStart", standbyStart);
        requireShare("feedbackShare", feedbackShare);
    }

    static void requireShare(String name, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException(name + " is " + value + ", but it must be 0 to 1");
        }
    }

    static void requireNotNegative(String name, Duration value) {
        if (value.isNegative()) {
            throw new IllegalArgumentException(name + " is " + value + ", but it must not be negative");
        }
    }

    /**
     * The papers' era: 100 s to boot and 5 ms of dispatch overhead (InferAll's simulator, the successor of Spock's), 4 s
     * to start a sandbox with a coefficient of variation of 0.42 (first response less cold execution of seven MXNet
     * networks on Lambda, Cocktail's cold-starts table), 20 ms to invoke a function, service times that spread by 10 %, 10 s
     * to start a stopped instance (MArk's release waits so long for its backups).
     */
    public static SimulatorSettings defaults() {
        return new SimulatorSettings(
                Duration.ofSeconds(100),
                Spread.lognormal(0.1),
                true,
                Duration.ofMillis(5),
                Spread.none(),
                Duration.ofMillis(20),
                Duration.ofSeconds(4),
                Spread.lognormal(0.42),
                Spread.lognormal(0.1),
                AfterIdle.none(),
                0,
                Duration.ofSeconds(10),
                SpotMarket.defaults(),
                Faults.none());
    }

    /** No overhead, no start times and no spread: what queueing theory and the bound assume. */
    public static SimulatorSettings ideal() {
        return new SimulatorSettings(
                Duration.ZERO,
                Spread.none(),
                true,
                Duration.ZERO,
                Spread.none(),
                Duration.ZERO,
                Duration.ZERO,
                Spread.none(),
                Spread.none(),
                AfterIdle.none(),
                0,
                Duration.ZERO,
                SpotMarket.defaults(),
                Faults.none());
    }

    private SimulatorSettings changed(Consumer<Copy> change) {
        Copy copy = new Copy(this);
        change.accept(copy);
        return copy.settings();
    }

    /** Settings that are being changed: the one place that goes through all of them. */
    private static final class Copy {
        private Duration instanceBoot;
        private Spread instanceBootSpread;
        private boolean warmFleet;
        private Duration dispatchOverhead;
        private Spread dispatchOverheadSpread;
        private Duration invokeOverhead;
        private Duration sandboxStart;
        private Spread sandboxStartSpread;
        private Spread service;
        private AfterIdle afterIdle;
        private double feedbackShare;
        private final Duration standbyStart;
        private SpotMarket spot;
        private Faults faults;

        Copy(SimulatorSettings from) {
            instanceBoot = from.instanceBoot;
            instanceBootSpread = from.instanceBootSpread;
            warmFleet = from.warmFleet;
            dispatchOverhead = from.dispatchOverhead;
            dispatchOverheadSpread = from.dispatchOverheadSpread;
            invokeOverhead = from.invokeOverhead;
            sandboxStart = from.sandboxStart;
            sandboxStartSpread = from.sandboxStartSpread;
            service = from.service;
            afterIdle = from.afterIdle;
            feedbackShare = from.feedbackShare;
            standbyStart = from.standbyStart;
            spot = from.spot;
            faults = from.faults;
        }

        SimulatorSettings settings() {
            return new SimulatorSettings(
                    instanceBoot,
                    instanceBootSpread,
                    warmFleet,
                    dispatchOverhead,
                    dispatchOverheadSpread,
                    invokeOverhead,
                    sandboxStart,
                    sandboxStartSpread,
                    service,
                    afterIdle,
                    feedbackShare,
                    standbyStart,
                    spot,
                    faults);
        }
    }

    /** The same with another spread of the service times. */
    public SimulatorSettings withService(Spread spread) {
        return changed(copy -> copy.service = spread);
    }

    /** The same with another overhead. */
    public SimulatorSettings withDispatchOverhead(Duration overhead, Spread spread) {
        return changed(copy -> {
            copy.dispatchOverhead = overhead;
            copy.dispatchOverheadSpread = spread;
        });
    }

    /** The same with another time added to each invocation of a function. */
    public SimulatorSettings withInvokeOverhead(Duration overhead) {
        return changed(copy -> copy.invokeOverhead = overhead);
    }

    /** The same with another time from launch to service. */
    public SimulatorSettings withInstanceBoot(Duration boot, Spread spread) {
        return changed(copy -> {
            copy.instanceBoot = boot;
            copy.instanceBootSpread = spread;
        });
    }

    /** The same with another time to start a sandbox. */
    public SimulatorSettings withSandboxStart(Duration start, Spread spread) {
        return changed(copy -> {
            copy.sandboxStart = start;
            copy.sandboxStartSpread = spread;
        });
    }

    /** The same with another cost of pauses. */
    public SimulatorSettings withAfterIdle(AfterIdle newAfterIdle) {
        return changed(copy -> copy.afterIdle = newAfterIdle);
    }

    /** The same with another spot market. */
    public SimulatorSettings withSpot(SpotMarket newSpot) {
        return changed(copy -> copy.spot = newSpot);
    }

    /** The same with other faults. */
    public SimulatorSettings withFaults(Faults newFaults) {
        return changed(copy -> copy.faults = newFaults);
    }

    /** The same with users who speak of a share of the answers. */
    public SimulatorSettings withFeedbackShare(double share) {
        return changed(copy -> copy.feedbackShare = share);
    }

    /**
     * What a warm invocation of a function costs on average. It is not the cost of the mean duration, because each is
     * rounded up to the billing unit: a profile of 101 ms at a rounding of 100 ms costs 200 ms, but half of the invocations
     * around it cost 100.
     *
     * @param catalog profiles and prices
     * @param function the function
     * @return USD; infinite where the variant does not fit
     */
    public double meanFunctionUsd(ServiceCatalog catalog, int function) {
        long profiled = catalog.functionNanos(function);
        if (profiled == ServiceCatalog.UNBOUNDED) {
            return Double.POSITIVE_INFINITY;
        }
        FunctionPricing pricing = catalog.priceBook().function();
        double mean = 0;
        double exact = 0;
        for (int part = 0; part < catalog.parts(function); part++) {
            int memory = catalog.memoryOfPart(function, part);
            long nanos = catalog.partNanos(function, part);
            mean += service.mean(factor -> pricing.costPerInvocation(memory, Math.max(1, Math.round(nanos * factor))));
            exact += pricing.costPerInvocation(memory, nanos);
        }
        // what parts hand over costs the same each time
        return catalog.isChain(function) ? mean + catalog.functionUsd(function) - exact : mean;
    }
}
