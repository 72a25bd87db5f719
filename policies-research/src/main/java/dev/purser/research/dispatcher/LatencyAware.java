package dev.purser.research.dispatcher;

import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Dispatcher;
import dev.purser.core.policy.QueueOrder;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.RequestView;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.policy.ServingView;
import dev.purser.spi.PolicyContext;
import dev.purser.spi.Setting;
import java.time.Duration;

/**
 * Paragon's latency-aware offload (WoSC'20, sections 3 and 4): a free slot; else a strict request goes to a function and a
 * relaxed one waits. Functions are used while the provisioner's plan allows them, and in a flash crowd whatever the plan
 * says. Slots that become free go to strict requests first.
 *
 * <p>The paper never offloads relaxed requests. With {@code guard} a relaxed request that would wait beyond its bound, or
 * without a bound for an instance where none is held, is offloaded too; that is ours, and off by default.
 */
public final class LatencyAware implements Dispatcher {

    /**
     * Settings.
     *
     * @param guard whether relaxed requests that would be late go to functions
     * @param memoryMb memory of the functions
     * @param allowance taken off the latency bound when memory is sized and when waits are judged
     */
    public record Settings(
            @Setting(value = "send relaxed requests that would be late to functions", byDefault = "false")
            boolean guard,

            @Setting(
                    value = "memory of the functions in MB; 0 sizes it by the latency bound: least cost that keeps it",
                    byDefault = "0",
                    min = 0,
                    max = 10240)
            int memoryMb,

            @Setting(value = "taken off the latency bound for what is not execution", byDefault = "50ms")
            Duration allowance) {}

    private static final long RATE_SPAN_NANOS = 1_000_000_000L;
    private static final Dispatch RELAXED =
            new Dispatch.ToQueue(Reason.of("relaxed", "no instance has a free slot, and a relaxed request may wait"));
    private static final Dispatch STATIC_PERIOD = new Dispatch.ToQueue(
            Reason.of("functions-off", "no instance has a free slot, and the plan has no functions now"));
    private static final Dispatch NO_FUNCTION = new Dispatch.ToQueue(
            Reason.of("no-function", "no instance has a free slot, and the variant fits no function"));

    private final Routes routes;
    private final boolean guard;
    private final long allowanceNanos;
    private long spanStart;
    private long spanCount;
    private double lastRate;

    /** A dispatcher for what the context will serve. */
    public LatencyAware(Settings settings, PolicyContext context) {
        guard = settings.guard();
        allowanceNanos = settings.allowance().toNanos();
        routes = new Routes(context.catalog(), settings.memoryMb(), allowanceNanos);
    }

    @Override
    public QueueOrder queueOrder() {
        return QueueOrder.STRICT_FIRST;
    }

    @Override
    public Dispatch dispatch(RequestView request, ServingView view) {
        countArrival(view.nanos());
        int variant = request.variant();
        Dispatch free = routes.freeSlot(variant, view);
        if (free != null) {
            return free;
        }
        Dispatch function = routes.function(request.requestClass(), variant);
        if (!routes.hasFleet(variant)) {
            return function == null ? Routes.noPlace() : function;
        }
        if (function == null) {
            return NO_FUNCTION;
        }
        boolean mayOffload =
                view.offload().enabled() || lastRate > view.offload().flashCrowdRate();
        if (view.catalog().strict(request.requestClass())) {
            return mayOffload ? function : STATIC_PERIOD;
        }
        return guard && wouldBeLate(request, view) ? function : RELAXED;
    }

    /** Whether what waits already takes longer than the request may. */
    private boolean wouldBeLate(RequestView request, ServingView view) {
        long bound = view.catalog().maxLatencyNanos(request.requestClass());
        int variant = request.variant();
        if (bound == ServiceCatalog.UNBOUNDED) {
            // patient as it is, it would wait for an instance that nothing will launch
            return !routes.hasInstance(variant, view);
        }
        double capacity = routes.capacity(variant, view);
        double wait = capacity == 0 ? Double.POSITIVE_INFINITY : (view.queueLength(variant) + 1) / capacity * 1e9;
        long service = view.catalog().serviceNanos(view.catalog().cheapestFleet(variant));
        return wait + service + allowanceNanos > bound;
    }

    /** The rate of the last whole second: a flash crowd must be seen before the control interval ends. */
    private void countArrival(long now) {
        if (now - spanStart >= RATE_SPAN_NANOS) {
            lastRate = spanCount * 1e9 / (now - spanStart);
            spanStart = now;
            spanCount = 0;
        }
        spanCount++;
    }
}
