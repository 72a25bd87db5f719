package dev.purser.core.engine;

import static dev.purser.core.engine.EngineFixtures.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Dispatcher;
import dev.purser.core.policy.KeepAlive;
import dev.purser.core.policy.Offload;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.QueueOrder;
import dev.purser.core.policy.RequestView;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.policy.ServingView;
import dev.purser.core.pricing.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The controller under random policies and a random platform, which loses instances, fails requests and throttles: things
 * that the simulated platform does not do. The platform checks each command against its own books.
 */
class ControllerPropertyTest {
    private static final int CASES = 400;
    private static final int STEPS = 400;

    @Test
    void everyRequestEndsOnceAndNothingWaitsBesideAFreeSlot() {
        for (long seed = 0; seed < CASES; seed++) {
            try {
                new World(seed).run();
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
    }

    private static final class World implements RowPlatform {
        private final ServiceCatalog catalog = catalogWithChain();
        private final Random random;
        private final int maxInstances;
        private final Controller controller;
        private final Rows rows;
        private final TreeMap<Integer, Integer> fleetOf = new TreeMap<>();
        private final TreeMap<Integer, Boolean> ready = new TreeMap<>();
        /** Instance of each executing request; function of each invoked one. */
        private final TreeMap<Integer, Integer> executing = new TreeMap<>();

        private final TreeMap<Integer, Integer> invoked = new TreeMap<>();
        /** How many parts of each invoked chain have run. */
        private final TreeMap<Integer, Integer> partsDone = new TreeMap<>();

        private final Map<Long, Outcome> ended = new HashMap<>();
        private @Nullable ServingView view;
        private long now;
        private long timer;
        private long arrived;
        private long launches;
        private long stops;
        private long paidInvocations;
        private long paidMbMillis;
        private long handedOver;
        private long fetched;
        private long sandboxesStarted;

        World(long seed) {
            random = new Random(seed);
            maxInstances = 1 + random.nextInt(8);
            QueueOrder order = random.nextBoolean() ? QueueOrder.ARRIVAL : QueueOrder.STRICT_FIRST;
            Dispatcher dispatcher = new Dispatcher() {
                @Override
                public Dispatch dispatch(RequestView request, ServingView serving) {
                    return choose(request.variant());
                }

                @Override
                public QueueOrder queueOrder() {
                    return order;
                }
            };
            PolicySet policies = new PolicySet(
                    (request, serving) -> select(random.nextInt(20) == 0 ? Selection.NONE : random.nextInt(3)),
                    dispatcher,
                    provisioning -> {
                        view = provisioning;
                        return randomPlan();
                    },
                    function -> new KeepAlive(random.nextInt(3), random.nextInt(2), WHY));
            rows = new Rows(this, catalog, () -> now);
            controller = new Controller(
                    catalog,
                    policies,
                    rows,
                    () -> now,
                    (row, outcome, variant) -> {
                        Outcome before = ended.put(controller().requestNumber(row), outcome);
                        assertThat(before).as("request ended before").isNull();
                    },
                    new ControllerSettings(Duration.ofSeconds(1), Duration.ofSeconds(5), 3, maxInstances, 1000),
                    DecisionLog.small());
            rows.attach(controller);
        }

        private Controller controller() {
            return controller;
        }

        private Dispatch choose(int variant) {
            if (variant == 2) {
                return random.nextInt(4) == 0 ? refuse() : toFunction(SPLIT_AT_512 + random.nextInt(2));
            }
            return switch (random.nextInt(8)) {
                case 0 -> refuse();
                case 1, 2 -> toQueue();
                case 3, 4 -> toFunction(variant == 0 ? random.nextInt(2) : BIG_AT_1024);
                default -> toInstance(catalog.fleet(variant, random.nextInt(2)));
            };
        }

        private Plan randomPlan() {
            List<Integer> targets = new ArrayList<>();
            for (int fleet : new int[] {SMALL_ON_LARGE, SMALL_ON_XLARGE, BIG_ON_XLARGE}) {
                if (random.nextInt(3) > 0) {
                    targets.add(fleet);
                    targets.add(random.nextInt(4));
                }
            }
            Plan plan = plan(targets.stream().mapToInt(i -> i).toArray());
            return new Plan(plan.fleets(), Offload.always());
        }

        void run() {
            controller.start();
            for (int step = 0; step < STEPS; step++) {
                now += random.nextInt(200) * MS;
                if (now >= timer) {
                    now = timer;
                    rows.timerFired();
                } else {
                    event();
                }
                check();
            }
            while (controller.openRequests() > 0) {
                if (!executing.isEmpty()) {
                    int row = any(executing);
                    executing.remove(row);
                    rows.executionFinished(row);
                } else if (!invoked.isEmpty()) {
                    invocationGoesOn(any(invoked));
                } else {
                    now = timer;
                    rows.timerFired();
                }
                check();
            }
            controller.close();
            Metrics metrics = controller.metrics();
            assertThat(ended).hasSize((int) arrived);
            assertThat(count(Outcome.ANSWERED)).isEqualTo(metrics.answered());
            assertThat(count(Outcome.REFUSED)).isEqualTo(metrics.refused());
            assertThat(count(Outcome.FAILED)).isEqualTo(metrics.failed());
            assertThat(metrics.arrived()).isEqualTo(arrived);
            assertThat(metrics.instancesStarted()).isEqualTo(launches);
            assertThat(metrics.instancesStopped()).isEqualTo(launches).isEqualTo(stops);
            assertThat(fleetOf).isEmpty();
            Usage usage = controller.ledger().usage();
            assertThat(usage.functionRequests()).isEqualTo(paidInvocations);
            assertThat(usage.functionMbMillis()).isEqualTo(paidMbMillis);
            assertThat(usage.objectsWritten()).isEqualTo(handedOver);
            assertThat(usage.objectsRead()).isEqualTo(launches + sandboxesStarted + fetched);
        }

        private long count(Outcome outcome) {
            return ended.values().stream().filter(outcome::equals).count();
        }

        private void event() {
            switch (random.nextInt(10)) {
                case 0, 1, 2, 3 -> {
                    arrived++;
                    controller.requestArrived(random.nextInt(catalog.requestClasses()));
                }
                case 4 -> {
                    for (int instance : List.copyOf(ready.keySet())) {
                        if (!ready.get(instance) && random.nextBoolean()) {
                            ready.put(instance, true);
                            rows.instanceReady(instance);
                            return;
                        }
                    }
                }
                case 5 -> {
                    if (!fleetOf.isEmpty() && random.nextInt(3) == 0) {
                        int instance = any(fleetOf);
                        forget(instance);
                        executing.values().removeIf(on -> on == instance);
                        rows.instanceLost(instance, Loss.CRASHED);
                    }
                }
                case 6, 7 -> {
                    if (!executing.isEmpty()) {
                        int row = row(executing);
                        switch (random.nextInt(5)) {
                            case 0 -> rows.requestFailed(row);
                            case 1 -> rows.requestFinished(row);
                            default -> rows.executionFinished(row);
                        }
                    }
                }
                default -> {
                    if (random.nextInt(10) == 0) {
                        int function = random.nextInt(catalog.functions());
                        rows.sandboxStarted(function);
                        sandboxesStarted++;
                        int part = random.nextInt(catalog.parts(function));
                        rows.prewarmFinished(function, part, 0);
                        paidInvocations++;
                        rows.sandboxReclaimed(function);
                    }
                    if (!invoked.isEmpty()) {
                        int row = any(invoked);
                        boolean begun = partsDone.containsKey(row);
                        switch (random.nextInt(begun ? 8 : 4)) {
                            case 0 -> {
                                over(row);
                                // what failed has run, and is paid for
                                paidInvocations++;
                                rows.requestFailed(row);
                            }
                            case 1 -> {
                                if (begun) {
                                    invocationGoesOn(row);
                                } else {
                                    over(row);
                                    rows.invocationThrottled(row);
                                }
                            }
                            default -> invocationGoesOn(row);
                        }
                    }
                }
            }
        }

        private void over(int row) {
            invoked.remove(row);
            partsDone.remove(row);
        }

        /** A function answers, or the next part of a chain ends. */
        private void invocationGoesOn(int row) {
            int function = invoked.get(row);
            long millis = 1 + random.nextInt(500);
            long billed = (millis + 99) / 100 * 100;
            if (!catalog.isChain(function)) {
                paidInvocations++;
                paidMbMillis += billed * catalog.memoryOfFunction(function);
                over(row);
                rows.invocationFinished(row, random.nextBoolean(), millis * MS);
                return;
            }
            int part = partsDone.merge(row, 1, Integer::sum) - 1;
            paidInvocations++;
            paidMbMillis += billed * new int[] {512, 1024, 512}[part];
            handedOver += part < 2 ? 1 : 0;
            fetched += part > 0 ? 1 : 0;
            if (part == 2) {
                over(row);
            }
            rows.partFinished(row, part, random.nextBoolean(), millis * MS);
        }

        private int any(TreeMap<Integer, Integer> map) {
            return List.copyOf(map.keySet()).get(random.nextInt(map.size()));
        }

        private int row(TreeMap<Integer, Integer> map) {
            int row = any(map);
            map.remove(row);
            return row;
        }

        private void check() {
            ServingView serving = view;
            assertThat(serving).isNotNull();
            assertThat(controller.aliveInstances()).isEqualTo(fleetOf.size()).isLessThanOrEqualTo(maxInstances);
            long invocations = 0;
            for (int f = 0; f < catalog.functions(); f++) {
                invocations += serving.runningInvocations(f);
            }
            assertThat(invocations).isEqualTo(invoked.size());
            for (int v = 0; v < 2; v++) {
                int free = serving.freeSlots(catalog.fleet(v, 0)) + serving.freeSlots(catalog.fleet(v, 1));
                assertThat(free == 0 || serving.queueLength(v) == 0)
                        .as(serving.queueLength(v) + " wait beside " + free + " free slots")
                        .isTrue();
            }
        }

        private void forget(int instance) {
            assertThat(fleetOf.remove(instance)).as("instance " + instance).isNotNull();
            ready.remove(instance);
            stops++;
        }

        @Override
        public void launch(int instance, int fleet) {
            assertThat(fleetOf.put(instance, fleet)).isNull();
            ready.put(instance, false);
            launches++;
        }

        @Override
        public void terminate(int instance) {
            assertThat(executing.values()).doesNotContain(instance);
            forget(instance);
        }

        @Override
        public void execute(int request, int size, int instance) {
            assertThat(ready.get(instance)).isEqualTo(true);
            assertThat(executing.put(request, instance)).isNull();
            long busy = executing.values().stream().filter(on -> on == instance).count();
            assertThat(busy).isLessThanOrEqualTo(catalog.slots(fleetOf.get(instance)));
        }

        @Override
        public void invoke(int request, int function) {
            assertThat(invoked.put(request, function)).isNull();
        }

        @Override
        public void keepAlive(int function, long idleNanos) {
            assertThat(idleNanos).isNotNegative();
        }

        @Override
        public void prewarm(int function, int sandboxes) {
            assertThat(sandboxes).isPositive();
        }

        @Override
        public void setTimer(long atNanos) {
            assertThat(atNanos).isGreaterThan(now);
            timer = atNanos;
        }

        @Override
        public long launchNanos(int fleet) {
            return SECOND;
        }
    }
}
