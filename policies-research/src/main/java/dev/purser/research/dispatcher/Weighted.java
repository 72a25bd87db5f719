package dev.purser.research.dispatcher;

import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Dispatcher;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.RequestView;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.policy.ServingView;
import dev.purser.research.batching.SloBatches;
import dev.purser.spi.PolicyContext;
import dev.purser.spi.Setting;
import java.time.Duration;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * MArk's load balancer (ATC'19; {@code load_balancer.py} of the authors' release): weighted round robin over the fleets that
 * have ready instances, each of which gathers its requests in a queue of its own. The weight of a fleet is what its ready
 * instances serve in the batches that the latency promise leaves room for ({@link SloBatches}), which is what the plan counts
 * with; the release's weights are without batching and would leave a GPU idle. The round is nginx's smooth one
 * ({@code ngx_http_upstream_round_robin.c}): every fleet gains its weight, the one that has most is taken and pays the sum of
 * all.
 *
 * <p>Where an answer is not to be expected in time from the fleet whose turn it is, the one that answers soonest takes the
 * request; where it would be late there too, a function whose warm time keeps the promise; else it waits where it waits
 * least. In the release requests that an instance rejects were to go to Lambda, in code that is never reached; the estimate
 * is ours: with n slots that are all busy the k-th to become free does so after k/(n+1) of a service.
 */
public final class Weighted implements Dispatcher {

    /**
     * Settings.
     *
     * @param functions whether functions take what instances cannot answer in time
     * @param memoryMb memory of the functions
     * @param allowance taken off the latency promise for what is neither wait nor service
     * @param margin share of the latency promise that is left free on instances
     */
    public record Settings(
            @Setting(value = "functions take what instances cannot answer in time", byDefault = "true")
            boolean functions,

            @Setting(
                    value =
                            "memory of the functions in MB (MArk has 3008); 0 sizes it by the latency bound: least cost that"
                                    + " keeps it",
                    byDefault = "0",
                    min = 0,
                    max = 10240)
            int memoryMb,

            @Setting(value = "taken off the latency bound for what is neither wait nor service", byDefault = "5ms")
            Duration allowance,

            @Setting(
                    value =
                            "share of the latency promise that is left free on instances, as the batching policy has it",
                    byDefault = "0.1",
                    min = 0,
                    max = 0.99)
            double margin) {}

    private static final Reason TURN = Reason.of("weighted-turn", "it is the fleet's turn, by its ready capacity");
    private static final Reason OTHER =
            Reason.of("other-fleet", "the fleet whose turn it is would be late, this one answers in time");
    private static final Reason LEAST = Reason.of("late-everywhere", "no fleet answers in time, and this one soonest");
    private static final Reason NO_INSTANCE = Reason.of("no-instance", "no instance is ready, a function answers");
    private static final Reason TOO_LATE = Reason.of("instances-late", "no fleet answers in time, a function does");
    private static final Dispatch STARTING =
            new Dispatch.ToQueue(Reason.of("starting", "no instance is ready, and none of the functions fits"));

    private final ServiceCatalog catalog;
    private final long allowanceNanos;
    private final double margin;
    private final boolean functions;
    private final Routes routes;
    private final Balance[] balances;

    /** By function: decisions made beforehand. */
    private final Dispatch[] withoutInstance;

    private final Dispatch[] instead;

    /** A dispatcher for what the context will serve. */
    public Weighted(Settings settings, PolicyContext context) {
        catalog = context.catalog();
        allowanceNanos = settings.allowance().toNanos();
        margin = settings.margin();
        functions = settings.functions();
        routes = new Routes(catalog, settings.memoryMb(), allowanceNanos);
        SloBatches batches = new SloBatches(catalog, settings.margin(), settings.allowance());
        balances = IntStream.range(0, catalog.variants())
                .mapToObj(v -> new Balance(v, batches))
                .toArray(Balance[]::new);
        withoutInstance = functions(NO_INSTANCE);
        instead = functions(TOO_LATE);
    }

    private Dispatch[] functions(Reason reason) {
        return IntStream.range(0, catalog.functions())
                .mapToObj(f -> new Dispatch.ToFunction(f, reason))
                .toArray(Dispatch[]::new);
    }

    @Override
    public Dispatch dispatch(RequestView request, ServingView view) {
        int variant = request.variant();
        Balance balance = balances[variant];
        balance.look(view);
        if (balance.total == 0) {
            int function = function(request.requestClass(), variant, view);
            if (function >= 0) {
                return withoutInstance[function];
            }
            return routes.hasFleet(variant) ? STARTING : Routes.noPlace();
        }
        int turn = balance.next();
        long bound = catalog.maxLatencyNanos(request.requestClass());
        if (bound == ServiceCatalog.UNBOUNDED) {
            return balance.turn[turn];
        }
        double inTime = bound * (1 - margin) - allowanceNanos;
        int shared = balance.shared(view);
        if (balance.expectedNanos(turn, shared, view) <= inTime) {
            return balance.turn[turn];
        }
        int soonest = balance.soonest(shared, view);
        if (balance.expectedNanos(soonest, shared, view) <= inTime) {
            return balance.other[soonest];
        }
        int function = function(request.requestClass(), variant, view);
        return function >= 0 && catalog.functionNanos(function) + allowanceNanos <= bound
                ? instead[function]
                : balance.least[soonest];
    }

    /** The function for a request, or -1. */
    private int function(int requestClass, int variant, ServingView view) {
        @Nullable
        Dispatch dispatch = functions && view.offload().enabled() ? routes.function(requestClass, variant) : null;
        return dispatch instanceof Dispatch.ToFunction to ? to.function() : -1;
    }

    /** The round of one variant's fleets. */
    private final class Balance {
        private final int variant;
        private final int[] fleets;
        private final int[] batch;
        private final double[] capacity;
        private final Dispatch[] turn;
        private final Dispatch[] other;
        private final Dispatch[] least;
        private final int[] ready;
        private final int[] throttled;
        /** By fleet: share of their capacity that instances without credits have; 1 where they need none. */
        private final double[] withoutCredits;
        /** By fleet: how much longer a service takes on average, for the instances without credits. */
        private final double[] slowdown;

        private final double[] weight;
        private final double[] credit;
        private double total;

        Balance(int variant, SloBatches batches) {
            this.variant = variant;
            fleets = IntStream.range(0, catalog.instanceTypes())
                    .map(t -> catalog.fleet(variant, t))
                    .filter(f -> catalog.slots(f) > 0)
                    .toArray();
            batch = IntStream.of(fleets).map(batches::best).toArray();
            capacity = IntStream.of(fleets).mapToDouble(batches::capacity).toArray();
            turn = decisions(TURN);
            other = decisions(OTHER);
            least = decisions(LEAST);
            ready = new int[fleets.length];
            throttled = new int[fleets.length];
            withoutCredits = IntStream.of(fleets)
                    .mapToDouble(batches::shareWithoutCredits)
                    .toArray();
            slowdown = new double[fleets.length];
            weight = new double[fleets.length];
            credit = new double[fleets.length];
        }

        private Dispatch[] decisions(Reason reason) {
            return IntStream.of(fleets)
                    .mapToObj(f -> new Dispatch.ToFleet(f, reason))
                    .toArray(Dispatch[]::new);
        }

        /** Weighs the fleets anew where instances came or went, or ran out of credits. */
        void look(ServingView view) {
            boolean same = true;
            for (int i = 0; i < fleets.length; i++) {
                int now = view.readyInstances(fleets[i]);
                int slow = withoutCredits[i] == 1 ? 0 : view.throttledInstances(fleets[i]);
                if (now != ready[i] || slow != throttled[i]) {
                    ready[i] = now;
                    throttled[i] = slow;
                    same = false;
                }
            }
            if (!same) {
                total = 0;
                for (int i = 0; i < fleets.length; i++) {
                    double effective = ready[i] - throttled[i] * (1 - withoutCredits[i]);
                    weight[i] = effective * capacity[i];
                    slowdown[i] = effective == 0 ? 1 : ready[i] / effective;
                    credit[i] = 0;
                    total += weight[i];
                }
            }
        }

        /** Whose turn it is. */
        int next() {
            int most = -1;
            for (int i = 0; i < weight.length; i++) {
                if (weight[i] > 0) {
                    credit[i] += weight[i];
                    if (most < 0 || credit[i] > credit[most]) {
                        most = i;
                    }
                }
            }
            credit[most] -= total;
            return most;
        }

        /** Requests that any fleet may serve: those of a fleet that lost its instances. */
        int shared(ServingView view) {
            int waiting = view.queueLength(variant);
            if (waiting > 0) {
                for (int fleet : fleets) {
                    waiting -= view.fleetQueueLength(fleet);
                }
            }
            return waiting;
        }

        int soonest(int shared, ServingView view) {
            int best = -1;
            double bestNanos = Double.POSITIVE_INFINITY;
            for (int i = 0; i < fleets.length; i++) {
                if (weight[i] > 0) {
                    double nanos = expectedNanos(i, shared, view);
                    if (nanos < bestNanos) {
                        bestNanos = nanos;
                        best = i;
                    }
                }
            }
            return best;
        }

        /** From now until a fleet would have answered one request more. */
        double expectedNanos(int i, int shared, ServingView view) {
            int fleet = fleets[i];
            double queued = view.fleetQueueLength(fleet) + shared * weight[i] / total;
            double service = catalog.serviceNanos(fleet, batch[i]) * slowdown[i];
            double batchesBefore = Math.floor(queued / batch[i]);
            int free = view.freeSlots(fleet);
            if (batchesBefore < free) {
                return service;
            }
            double slots = (double) ready[i] * catalog.slots(fleet);
            double rounds = Math.floor((batchesBefore - free) / slots);
            double last = batchesBefore - free - rounds * slots + 1;
            return (rounds + last / (slots + 1) + 1) * service;
        }
    }
}
