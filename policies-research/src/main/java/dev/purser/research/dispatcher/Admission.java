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
import org.jspecify.annotations.Nullable;

/**
 * Takes a request only if it can expect to be answered in time, and refuses it at once otherwise, so that under any
 * overload those that were taken keep their SLO (Clockwork, OSDI'20, section 4: work that cannot meet its SLO is cancelled
 * before it runs). The expected answer is what waits, at the rate at which the ready instances work it off in full
 * batches, then half a service for what is being served now, then its own service.
 *
 * <p>While an instance is still starting, requests are held for it: a late answer is worth more than none where nothing is
 * overloaded. With {@code functions} a request that would be late is sent to a function before it is refused, if the
 * function's warm time keeps its bound.
 */
public final class Admission implements Dispatcher {

    /**
     * Settings.
     *
     * @param functions whether functions take what instances cannot answer in time
     * @param memoryMb memory of the functions
     * @param allowance taken off the latency bound for what is neither wait nor service
     * @param maxQueue most requests that wait for a variant
     */
    public record Settings(
            @Setting(value = "functions take what instances cannot answer in time", byDefault = "false")
            boolean functions,

            @Setting(
                    value = "memory of the functions in MB; 0 sizes it by the latency bound: least cost that keeps it",
                    byDefault = "0",
                    min = 0,
                    max = 10240)
            int memoryMb,

            @Setting(value = "taken off the latency bound for what is neither wait nor service", byDefault = "5ms")
            Duration allowance,

            @Setting(value = "most requests that wait for a variant", byDefault = "1000", min = 1, max = 1e6)
            int maxQueue) {}

    private static final Dispatch IN_TIME =
            new Dispatch.ToQueue(Reason.of("in-time", "no instance has a free slot, but one will be free in time"));
    private static final Dispatch STARTING =
            new Dispatch.ToQueue(Reason.of("starting", "no instance is ready, and one is held to start soon"));

    private final ServiceCatalog catalog;
    private final Settings settings;
    private final long allowanceNanos;
    private final Routes routes;
    private final Dispatch queueFull;

    /** A dispatcher for what the context will serve. */
    public Admission(Settings settings, PolicyContext context) {
        this.settings = settings;
        catalog = context.catalog();
        allowanceNanos = settings.allowance().toNanos();
        routes = new Routes(catalog, settings.memoryMb(), allowanceNanos);
        queueFull = new Dispatch.Refuse(Reason.of(
                "queue-full",
                "{limit} requests wait for the variant already",
                settings.maxQueue(),
                settings.maxQueue()));
    }

    @Override
    public QueueOrder queueOrder() {
        return QueueOrder.STRICT_FIRST;
    }

    @Override
    public Dispatch dispatch(RequestView request, ServingView view) {
        int variant = request.variant();
        int waiting = view.queueLength(variant);
        if (waiting == 0) {
            Dispatch free = routes.freeSlot(variant, view);
            if (free != null) {
                return free;
            }
        }
        long bound = catalog.maxLatencyNanos(request.requestClass());
        Dispatch function =
                settings.functions() ? inTime(routes.function(request.requestClass(), variant), bound) : null;
        if (!routes.hasFleet(variant)) {
            Dispatch any = routes.function(request.requestClass(), variant);
            return any == null ? Routes.noPlace() : any;
        }
        double rate = routes.batchedCapacity(variant, view);
        double expected = rate == 0 ? 0 : expectedNanos(variant, waiting, rate, view) + allowanceNanos;
        boolean inTime = bound == ServiceCatalog.UNBOUNDED || expected <= bound;
        if (function != null && (rate == 0 || !inTime)) {
            return function;
        }
        if (!inTime) {
            return new Dispatch.Refuse(Reason.of(
                    "overload",
                    "an answer can be expected after {observed} ms, but it is due within {limit} ms",
                    expected / 1e6,
                    bound / 1e6));
        }
        if (waiting >= settings.maxQueue()) {
            return queueFull;
        }
        return rate == 0 ? STARTING : IN_TIME;
    }

    private @Nullable Dispatch inTime(@Nullable Dispatch function, long bound) {
        return function instanceof Dispatch.ToFunction to
                        && catalog.functionNanos(to.function()) + allowanceNanos <= bound
                ? function
                : null;
    }

    private double expectedNanos(int variant, int waiting, double rate, ServingView view) {
        long service = routes.batchNanos(variant, waiting + 1, view);
        return waiting / rate * 1e9 + 1.5 * service;
    }
}
