package dev.purser.server.gateway;

import dev.purser.core.engine.Controller;
import dev.purser.core.engine.DecisionLog.FleetDecision;
import dev.purser.core.engine.DecisionLog.PlanDecision;
import dev.purser.core.engine.DecisionLog.RequestDecision;
import dev.purser.core.engine.Metrics;
import dev.purser.core.policy.ProvisioningView.Trigger;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.policy.ServingView;
import dev.purser.core.pricing.Bill;
import dev.purser.core.pricing.InstanceType;
import dev.purser.core.pricing.Usage;
import dev.purser.local.Answer.Place;
import dev.purser.local.LocalState;
import dev.purser.local.LocalState.Launches;
import dev.purser.local.LocalState.Phase;
import dev.purser.local.LocalState.Worker;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Looks at the deployment once a second, so that however many look at the page or scrape the metrics, the engine is asked
 * once.
 */
final class Observer implements AutoCloseable {
    /** How many plans that changed something are kept. */
    static final int PLANS = 40;

    /** How many of the last requests' decisions are shown. */
    static final int REQUESTS = 40;

    private static final Logger LOG = LoggerFactory.getLogger(Observer.class);
    private static final BigDecimal SECONDS_PER_HOUR = BigDecimal.valueOf(3600);
    private static final int MINUTE = 60;

    private final Backend backend;
    private final ServiceCatalog catalog;
    private final Admission admission;
    private final Consumer<Snapshot> each;
    private final Deque<PlanDecision> changes = new ArrayDeque<>();
    /** What functions and storage had cost, second by second, the last minute. */
    private final Deque<Double> metered = new ArrayDeque<>();

    private final Thread thread;
    private long seen = -1;
    private volatile Snapshot latest;

    /** What a line of the bill is for, and what it came to. */
    record Item(String item, String quantity, double usd) {}

    /** What the engine says. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Counts(
            long nanos,
            int[] queued,
            int[] runningInvocations,
            long coldStarts,
            long throttled,
            double meanBatch,
            long instancesStarted,
            Bill bill,
            Usage usage,
            List<PlanDecision> plans,
            List<RequestDecision> requests) {}

    /**
     * One look.
     *
     * @param at when, in milliseconds since 1970
     * @param nanos the engine's time then
     * @param queued requests that wait, by variant
     * @param runningInvocations by function
     * @param state what runs
     * @param items the bill so far, running instances included
     * @param usd its sum
     * @param usdPerHour what an hour costs as it is now
     * @param plans the last plans that changed something, the newest first
     * @param lastPlan the last plan
     * @param requests the last requests' decisions, the newest first
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Snapshot(
            long at,
            long nanos,
            int[] queued,
            int[] runningInvocations,
            LocalState state,
            long coldStarts,
            long throttled,
            double meanBatch,
            long instancesStarted,
            List<Item> items,
            double usd,
            double usdPerHour,
            List<PlanDecision> plans,
            List<PlanDecision> lastPlan,
            List<RequestDecision> requests) {

        int instances(int fleet, Phase phase) {
            return count(Place.INSTANCE, fleet, phase);
        }

        int sandboxes(int function) {
            return count(Place.FUNCTION, function, Phase.STARTING) + count(Place.FUNCTION, function, Phase.READY);
        }

        private int count(Place place, int owner, Phase phase) {
            int count = 0;
            for (Worker worker : state.workers()) {
                if (worker.place() == place && worker.owner() == owner && worker.phase() == phase) {
                    count++;
                }
            }
            return count;
        }

        long workerFailures() {
            return state.fleets().stream().mapToLong(Launches::failed).sum();
        }
    }

    /**
     * @param each is given each look
     */
    Observer(Backend backend, Admission admission, Consumer<Snapshot> each) {
        this.backend = backend;
        this.admission = admission;
        this.each = each;
        catalog = backend.catalog();
        latest = look();
        thread = Thread.ofVirtual().name("gateway-observer").start(this::run);
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(1000);
                try {
                    latest = look();
                    each.accept(latest);
                } catch (RuntimeException e) {
                    // whoever stops the deployment may do so before the gateway is closed
                    LOG.atLevel(admission.draining() ? Level.DEBUG : Level.WARN)
                            .setCause(e)
                            .log("The state of the deployment cannot be read");
                }
            }
        } catch (InterruptedException e) {
            // closed
        }
    }

    /** The last look, at most some seconds old. */
    Snapshot latest() {
        return latest;
    }

    private synchronized Snapshot look() {
        LocalState state = backend.state();
        Counts counts;
        try {
            counts = backend.query(this::counts).get(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (java.util.concurrent.ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the engine does not say", e);
        }
        for (PlanDecision plan : counts.plans()) {
            if (plan.nanos() > seen) {
                seen = plan.nanos();
                if (changes(plan)) {
                    changes.addFirst(plan);
                    if (changes.size() > PLANS) {
                        changes.removeLast();
                    }
                }
            }
        }
        List<Item> items = items(counts, state);
        double usd = items.stream().mapToDouble(Item::usd).sum();
        return new Snapshot(
                System.currentTimeMillis(),
                counts.nanos(),
                counts.queued(),
                counts.runningInvocations(),
                state,
                counts.coldStarts(),
                counts.throttled(),
                counts.meanBatch(),
                counts.instancesStarted(),
                items,
                usd,
                usdPerHour(counts.bill(), state),
                List.copyOf(changes),
                counts.plans().isEmpty() ? List.of() : List.of(counts.plans().getLast()),
                counts.requests());
    }

    /** From inside the engine. */
    private Counts counts(Controller engine) {
        ServingView view = engine.view();
        Metrics metrics = engine.metrics();
        int[] queued = new int[catalog.variants()];
        for (int v = 0; v < queued.length; v++) {
            queued[v] = view.queueLength(v);
        }
        int[] running = new int[catalog.functions()];
        for (int f = 0; f < running.length; f++) {
            running[f] = view.runningInvocations(f);
        }
        List<RequestDecision> requests = engine.decisionLog().requests();
        return new Counts(
                view.nanos(),
                queued,
                running,
                metrics.coldStarts(),
                metrics.throttles(),
                metrics.meanBatch(),
                metrics.instancesStarted(),
                engine.ledger().bill(),
                engine.ledger().usage(),
                engine.decisionLog().plans(),
                List.copyOf(requests.subList(Math.max(0, requests.size() - REQUESTS), requests.size())
                        .reversed()));
    }

    private static boolean changes(PlanDecision plan) {
        return plan.trigger() != Trigger.INTERVAL
                || plan.fleets().stream().anyMatch(fleet -> fleet.launched() > 0 || fleet.stopped() > 0);
    }

    /** Whether a decision on a fleet is worth a line. */
    static boolean changes(FleetDecision fleet) {
        return fleet.launched() > 0 || fleet.stopped() > 0;
    }

    /** The ledger counts an instance when it stops; those that run are added as if they stopped now. */
    private List<Item> items(Counts counts, LocalState state) {
        Map<String, Long> running = new HashMap<>();
        for (Worker worker : state.workers()) {
            if (worker.place() == Place.INSTANCE) {
                long seconds = catalog.priceBook()
                        .instanceBilling()
                        .billedSeconds(Math.max(0, worker.age().toNanos()));
                running.merge(type(worker).name(), seconds, Long::sum);
            }
        }
        List<Item> items = new ArrayList<>();
        for (Usage.InstanceSeconds stopped : counts.usage().instances()) {
            InstanceType type = stopped.type();
            long seconds = stopped.billedSeconds() + running.getOrDefault(type.name(), 0L);
            if (seconds > 0) {
                BigDecimal usd = type.usdPerHour()
                        .multiply(BigDecimal.valueOf(seconds))
                        .divide(SECONDS_PER_HOUR, 9, RoundingMode.HALF_UP);
                items.add(new Item(type.name(), seconds + " s", usd.doubleValue()));
            }
        }
        for (Bill.Line line : counts.bill().lines()) {
            if (line.category() != Bill.Category.VM) {
                items.add(new Item(line.item(), line.quantity(), line.usd().doubleValue()));
            }
        }
        return List.copyOf(items);
    }

    private InstanceType type(Worker worker) {
        return catalog.instanceType(catalog.typeOfFleet(worker.owner()));
    }

    private double usdPerHour(Bill bill, LocalState state) {
        double instances = state.workers().stream()
                .filter(worker -> worker.place() == Place.INSTANCE)
                .mapToDouble(worker -> type(worker).usdPerHour().doubleValue())
                .sum();
        double now = bill.function().add(bill.storage()).doubleValue();
        metered.addLast(now);
        if (metered.size() > MINUTE) {
            metered.removeFirst();
        }
        int span = Math.max(1, metered.size() - 1);
        return instances + (now - metered.getFirst()) / span * 3600;
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
