package dev.purser.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.engine.ControllerSettings;
import dev.purser.core.engine.DecisionLog;
import dev.purser.core.engine.Metrics;
import dev.purser.core.engine.PolicySet;
import dev.purser.core.engine.RunResult;
import dev.purser.core.engine.Timeline.Channel;
import dev.purser.core.model.ChainPart;
import dev.purser.core.model.FunctionProfile;
import dev.purser.core.model.ModelPool;
import dev.purser.core.model.Variant;
import dev.purser.core.model.VmProfile;
import dev.purser.core.policy.Batching;
import dev.purser.core.policy.BatchingPolicy;
import dev.purser.core.policy.ColdStartManager;
import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Dispatcher;
import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.KeepAlive;
import dev.purser.core.policy.ModelSelector;
import dev.purser.core.policy.Offload;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.ProvisioningView;
import dev.purser.core.policy.QueueOrder;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.RequestView;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.policy.ServingView;
import dev.purser.core.pricing.Bill;
import dev.purser.core.pricing.BurstPricing;
import dev.purser.core.pricing.Market;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.workload.Application;
import dev.purser.core.workload.FunctionConfiguration;
import dev.purser.core.workload.RequestClass;
import dev.purser.core.workload.Slo;
import dev.purser.core.workload.SpotConfiguration;
import dev.purser.core.workload.Workload;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * What must hold of every run, over random workloads, platforms and policies. All of a case is drawn from its seed, which
 * a failure names.
 */
class SimulationPropertyTest {
    private static final int CASES = 300;

    @Test
    void nothingIsLostAndNothingIsCountedTwice() {
        int answered = 0;
        int throttled = 0;
        int inParts = 0;
        for (long seed = 0; seed < CASES; seed++) {
            try {
                Case one = new Case(seed);
                RunResult result = one.simulation(seed).run();
                conserves(one, result);
                answered +=
                        result.metrics().onInstances() > 0 && result.metrics().onFunctions() > 0 ? 1 : 0;
                throttled +=
                        result.metrics().throttles() > 0 && result.metrics().refused() > 0 ? 1 : 0;
                inParts += result.usage().objectsWritten() > 0 ? 1 : 0;
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
        // the cases are worth something: most use both kinds of resource, and many are throttled and refuse
        assertThat(answered).isGreaterThan(CASES / 2);
        assertThat(throttled).isGreaterThan(CASES / 10);
        assertThat(inParts).isGreaterThan(CASES / 5);
    }

    private static void conserves(Case one, RunResult result) {
        Metrics metrics = result.metrics();
        assertThat(metrics.failed()).isZero();
        assertThat(metrics.answered() + metrics.refused()).isEqualTo(metrics.arrived());
        assertThat(one.answers).as("answers that the selector heard of").isEqualTo(metrics.answered());
        assertThat(metrics.latencyMicros().getTotalCount()).isEqualTo(metrics.answered());
        long arrived = 0;
        long violations = 0;
        long byVariant = 0;
        for (int c = 0; c < one.catalog.requestClasses(); c++) {
            arrived += metrics.arrived(c);
            violations += metrics.violations(c);
        }
        for (int v = 0; v < one.catalog.variants(); v++) {
            byVariant += metrics.answeredBy(v);
        }
        assertThat(arrived).isEqualTo(metrics.arrived());
        assertThat(violations).isEqualTo(metrics.violations());
        assertThat(byVariant).isEqualTo(metrics.answered());

        assertThat(metrics.instancesStopped()).isEqualTo(metrics.instancesStarted());
        assertThat(metrics.peakInstances()).isBetween(0, one.maxInstances);
        assertThat(result.aliveInstances()).isBetween(0, metrics.peakInstances());
        assertThat(metrics.sandboxes()).isNotNegative();
        assertThat(metrics.sandboxesStarted()).isGreaterThanOrEqualTo(metrics.coldStarts());
        assertThat(metrics.meanSandboxes(result.endNanos())).isBetween(0.0, (double) metrics.sandboxesStarted());

        // what one part of a chain leaves the next one fetches, and nobody else
        assertThat(result.usage().objectsRead() - result.usage().objectsWritten())
                .isBetween(0L, metrics.instancesStarted() + metrics.sandboxesStarted());
        assertThat(result.usage().functionRequests()).isGreaterThanOrEqualTo(metrics.onFunctions());
        assertThat(result.usage().instances().stream()
                        .mapToLong(used -> used.stopped())
                        .sum())
                .isLessThanOrEqualTo(metrics.instancesStopped());
        double billed = result.usage().instances().stream()
                .mapToLong(used -> used.billedSeconds())
                .sum();
        if (!one.catalog.markets().contains(Market.SPOT)) {
            assertThat(billed).isGreaterThanOrEqualTo(metrics.instanceSeconds() - 1e-6);
        }
        BigDecimal sum = BigDecimal.ZERO;
        for (Bill.Line line : result.bill().lines()) {
            sum = sum.add(line.usd());
            assertThat(line.usd()).isNotNegative();
        }
        assertThat(result.bill().total()).isEqualByComparingTo(sum);

        double[] arrivals = metrics.timeline().values(Channel.ARRIVALS);
        assertThat(Arrays.stream(arrivals).sum()).isLessThanOrEqualTo(metrics.arrived());
        assertThat(result.endNanos()).isGreaterThanOrEqualTo(one.duration.toNanos());
    }

    @Test
    void aSeedDecidesEverything() {
        int different = 0;
        for (long seed = 0; seed < 60; seed++) {
            String first = account(new Case(seed).simulation(seed).run());
            String again = account(new Case(seed).simulation(seed).run());
            assertThat(again).as("seed " + seed).isEqualTo(first);
            different += account(new Case(seed).simulation(seed + 1000).run()).equals(first) ? 0 : 1;
        }
        assertThat(different).as("runs that another seed changes").isEqualTo(60);
    }

    /** All that a run reports, down to the last digit. */
    private static String account(RunResult result) {
        Metrics metrics = result.metrics();
        StringBuilder text = new StringBuilder();
        text.append(metrics.arrived()).append(' ').append(metrics.answered()).append(' ');
        text.append(metrics.refused()).append(' ').append(metrics.violations()).append(' ');
        text.append(metrics.coldStarts())
                .append(' ')
                .append(metrics.throttles())
                .append(' ');
        text.append(metrics.meanAccuracy())
                .append(' ')
                .append(metrics.accuracyViolations())
                .append(' ');
        text.append(metrics.meanInstanceWaitNanos())
                .append(' ')
                .append(metrics.instanceSeconds())
                .append(' ');
        text.append(metrics.peakInstances())
                .append(' ')
                .append(metrics.meanSandboxes(result.endNanos()))
                .append('\n');
        metrics.latencyMicros()
                .recordedValues()
                .forEach(value -> text.append(value.getValueIteratedTo())
                        .append(':')
                        .append(value.getCountAtValueIteratedTo())
                        .append(' '));
        for (Channel channel : Channel.values()) {
            text.append('\n').append(Arrays.toString(metrics.timeline().values(channel)));
        }
        text.append('\n').append(result.usage()).append('\n').append(result.bill());
        text.append('\n')
                .append(result.log().instanceEvents())
                .append(result.log().plans())
                .append('\n')
                .append(result.log().requests());
        return text.append('\n').append(result.endNanos()).toString();
    }

    /** A random workload, platform and set of policies. */
    private static final class Case {
        private static final Reason WHY = Reason.of("random", "drawn from the seed");

        private final Random random;
        private final ServiceCatalog catalog;
        private final Duration duration;
        private final double rate;
        private final int maxInstances;
        private final SimulatorSettings settings;
        private final ControllerSettings controller;
        private final QueueOrder order;
        private final int refusals;
        private long answers;
        private long clock;

        Case(long seed) {
            random = new Random(seed * 31 + 7);
            catalog = catalog();
            duration = Duration.ofSeconds(20 + random.nextInt(200));
            rate = 0.5 + random.nextDouble() * 20;
            maxInstances = 1 + random.nextInt(12);
            settings = new SimulatorSettings(
                    Duration.ofSeconds(random.nextInt(60)),
                    spread(),
                    random.nextBoolean(),
                    Duration.ofMillis(random.nextInt(3) * 5),
                    spread(),
                    Duration.ofMillis(random.nextInt(3) * 10),
                    Duration.ofMillis(random.nextInt(3000)),
                    spread(),
                    spread(),
                    new SimulatorSettings.AfterIdle(
                            Duration.ofMillis(random.nextInt(3) * 100), Duration.ofMillis(random.nextInt(50))),
                    random.nextInt(3) / 2.0,
                    Duration.ofMillis(random.nextInt(3000)),
                    new SpotMarket(
                            null,
                            Duration.ZERO,
                            Duration.ofSeconds(random.nextInt(40)),
                            random.nextInt(3) / 2.0,
                            random.nextInt(3) * 20_000,
                            random.nextInt(3) / 2.0),
                    new Faults(
                            random.nextInt(3) * 0.1,
                            random.nextInt(3) * 0.1,
                            random.nextBoolean()
                                    ? List.of()
                                    : List.of(new Faults.Outage(
                                            "c5.large",
                                            Duration.ofSeconds(random.nextInt(60)),
                                            Duration.ofSeconds(random.nextInt(60)))),
                            random.nextBoolean()
                                    ? List.of()
                                    : List.of(new Faults.Interruption(
                                            Duration.ofSeconds(random.nextInt(60)), 0.8, null))));
            controller = new ControllerSettings(
                    Duration.ofSeconds(1 + random.nextInt(10)),
                    Duration.ofSeconds(1 + random.nextInt(60)),
                    random.nextInt(20),
                    maxInstances,
                    3,
                    Duration.ofSeconds(1 + random.nextInt(100)),
                    Duration.ofSeconds(random.nextInt(10)));
            order = random.nextBoolean() ? QueueOrder.ARRIVAL : QueueOrder.STRICT_FIRST;
            refusals = random.nextInt(3);
        }

        private Spread spread() {
            return switch (random.nextInt(3)) {
                case 0 -> Spread.none();
                case 1 -> Spread.lognormal(random.nextDouble());
                default -> Spread.exponential();
            };
        }

        private ServiceCatalog catalog() {
            List<String> types = List.of("c5.large", "t2.medium", "c5.xlarge").subList(0, 1 + random.nextInt(3));
            List<Variant> variants = new ArrayList<>();
            int count = 1 + random.nextInt(3);
            for (int v = 0; v < count; v++) {
                Map<String, VmProfile> vm = new TreeMap<>();
                for (String type : types) {
                    if (vm.isEmpty() || random.nextBoolean()) {
                        double ms = 10 + random.nextInt(800);
                        vm.put(
                                type,
                                new VmProfile(
                                        ms,
                                        1 + random.nextInt(5),
                                        random.nextBoolean() ? null : new TreeMap<>(Map.of(4, 2 * ms))));
                    }
                }
                boolean split = random.nextInt(3) == 0;
                variants.add(new Variant(
                        "variant-" + v,
                        random.nextDouble(),
                        random.nextDouble(),
                        random.nextInt(500),
                        random.nextInt(2000),
                        vm,
                        split
                                ? null
                                : new FunctionProfile(new TreeMap<>(
                                        Map.of(512, 50.0 + random.nextInt(2000), 1536, 10.0 + random.nextInt(40)))),
                        null,
                        split ? chain() : null));
            }
            List<RequestClass> classes = new ArrayList<>();
            int classCount = 1 + random.nextInt(4);
            for (int c = 0; c < classCount; c++) {
                String named = random.nextBoolean() ? "variant-" + random.nextInt(count) : null;
                Slo.Urgency urgency = random.nextBoolean() ? Slo.Urgency.STRICT : Slo.Urgency.RELAXED;
                Duration latency = random.nextBoolean() ? Duration.ofSeconds(1 + random.nextInt(10)) : null;
                classes.add(new RequestClass(
                        "class-" + c, 0.1 + random.nextDouble(), named, new Slo(urgency, latency, null, null)));
            }
            return new ServiceCatalog(
                    new Workload(
                            "random",
                            "",
                            new Application("task", new ModelPool("pool", "", variants), classes),
                            types,
                            new FunctionConfiguration(List.of(512, 1024), 1 + random.nextInt(8)),
                            "us-east-1-2019",
                            random.nextBoolean() ? null : new SpotConfiguration(List.of("c5.large"), 1),
                            random.nextBoolean() ? null : BurstPricing.Mode.values()[random.nextInt(2)]),
                    PriceBooks.named(random.nextBoolean() ? "us-east-1-2019" : "us-east-1-2026"));
        }

        private List<ChainPart> chain() {
            int parts = 2 + random.nextInt(3);
            List<ChainPart> chain = new ArrayList<>();
            for (int p = 0; p < parts; p++) {
                chain.add(new ChainPart(
                        "part-" + p,
                        512 << random.nextInt(2),
                        1 + random.nextInt(500),
                        random.nextInt(500),
                        random.nextInt(100),
                        p < parts - 1 ? random.nextInt(1 << 20) : 0,
                        null));
            }
            return chain;
        }

        private void look(long nanos) {
            assertThat(nanos).as("time").isGreaterThanOrEqualTo(clock);
            clock = nanos;
        }

        Simulation simulation(long seed) {
            ModelSelector selector = new ModelSelector() {
                @Override
                public Selection select(RequestView request, ServingView view) {
                    look(view.nanos());
                    int variant = random.nextInt(50) < refusals ? Selection.NONE : random.nextInt(catalog.variants());
                    return new Selection(variant, WHY);
                }

                @Override
                public void answered(int variant, long latencyNanos) {
                    assertThat(latencyNanos).isPositive();
                    answers++;
                }
            };
            Dispatcher dispatcher = new Dispatcher() {
                @Override
                public Dispatch dispatch(RequestView request, ServingView view) {
                    look(view.nanos());
                    long overhead = settings.dispatchOverhead().toNanos();
                    assertThat(view.nanos() - request.arrivalNanos())
                            .as("from arrival to dispatch")
                            .isGreaterThanOrEqualTo(
                                    settings.dispatchOverheadSpread().equals(Spread.none()) ? overhead : 0);
                    return choose(request.variant());
                }

                @Override
                public QueueOrder queueOrder() {
                    return order;
                }
            };
            ColdStartManager coldStarts = view -> {
                look(view.nanos());
                long idle = random.nextInt(5) == 0 ? Long.MAX_VALUE : random.nextInt(20) * 1_000_000_000L;
                return new KeepAlive(idle, random.nextInt(4) == 0 ? random.nextInt(3) : 0, WHY);
            };
            BatchingPolicy batching = view -> {
                assertThat(view.waiting()).isPositive();
                return new Batching(
                        1 + random.nextInt(4), view.oldestArrivalNanos() + random.nextInt(500_000_000), WHY);
            };
            PolicySet policies = new PolicySet(selector, dispatcher, this::plan, coldStarts, batching);
            return new Simulation(
                    catalog,
                    policies,
                    TestTraces.poisson(rate, duration),
                    seed,
                    settings,
                    controller,
                    DecisionLog.small());
        }

        private Dispatch choose(int variant) {
            return switch (random.nextInt(10)) {
                case 0 -> refusals > 0 ? new Dispatch.Refuse(WHY) : new Dispatch.ToQueue(WHY);
                case 1, 2, 3 -> new Dispatch.ToFunction(catalog.function(variant, random.nextInt(2)), WHY);
                case 4 -> new Dispatch.ToQueue(WHY);
                case 5, 6 -> new Dispatch.ToFleet(catalog.fleet(variant, random.nextInt(catalog.instanceTypes())), WHY);
                default ->
                    new Dispatch.ToInstance(catalog.fleet(variant, random.nextInt(catalog.instanceTypes())), WHY);
            };
        }

        private Plan plan(ProvisioningView view) {
            look(view.nanos());
            List<FleetTarget> targets = new ArrayList<>();
            for (int fleet = 0; fleet < catalog.fleets(); fleet++) {
                assertThat(view.utilisation(fleet)).isBetween(0.0, 1.0);
                assertThat(view.freeSlots(fleet)).isNotNegative();
                if (random.nextInt(3) > 0) {
                    boolean serves = catalog.slots(fleet) > 0;
                    boolean stops = serves && catalog.market(catalog.typeOfFleet(fleet)) == Market.ON_DEMAND;
                    targets.add(
                            new FleetTarget(fleet, serves ? random.nextInt(4) : 0, stops ? random.nextInt(3) : 0, WHY));
                }
            }
            return new Plan(targets, Offload.always());
        }
    }
}
