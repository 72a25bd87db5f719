package dev.purser.research;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.core.engine.PolicySet;
import dev.purser.core.policy.Batching;
import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Ensemble;
import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.KeepAlive;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.ProvisioningView.Trigger;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.Market;
import dev.purser.core.workload.Workloads;
import dev.purser.spi.PolicyFactory;
import dev.purser.spi.PolicyKind;
import dev.purser.spi.PolicyRegistry;
import dev.purser.spi.PolicySpec;
import dev.purser.spi.Stack;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every policy of the registry on views that change at random, odd ones among them: it decides, the decision is one that
 * the controller can carry out, and made again with the same seed it decides the same.
 */
class AnyViewTest {
    private static final PolicyRegistry REGISTRY = PolicyRegistry.load();
    private static final int SEEDS = 2;
    private static final int STEPS = 60;

    static Stream<Arguments> policies() {
        return PolicyKind.all().stream()
                .filter(kind -> kind != PolicyKind.LOAD_PREDICTOR)
                .flatMap(kind -> REGISTRY.factories(kind).stream()
                        .map(PolicyFactory::name)
                        .map(name -> Arguments.of(kind, name)))
                .map(arguments -> Arguments.of(
                        ((PolicyKind<?>) arguments.get()[0]).title(),
                        arguments.get()[0],
                        arguments.get()[1]));
    }

    @ParameterizedTest(name = "{0} {2}")
    @MethodSource("policies")
    void decidesOnAnyViewAndTheSameForASeed(String title, PolicyKind<?> kind, String name) {
        for (ServiceCatalog catalog : catalogs()) {
            for (long seed = 0; seed < SEEDS; seed++) {
                String where = title + " " + name + ", " + catalog.workload().name() + ", seed " + seed;
                List<String> decisions = decisions(kind, name, catalog, seed, where);
                assertThat(decisions(kind, name, catalog, seed, where))
                        .as(where)
                        .isEqualTo(decisions);
            }
        }
    }

    private static List<ServiceCatalog> catalogs() {
        List<ServiceCatalog> catalogs = new ArrayList<>();
        Workloads.names().forEach(name -> catalogs.add(Worlds.shipped(name)));
        // no functions; no instance types; one variant that fits nothing
        catalogs.add(Worlds.catalog(
                Worlds.pool("cocktail-imagenet"), List.of("c5.xlarge"), List.of(), Worlds.promised(200L, 0.7, null)));
        catalogs.add(Worlds.catalog(
                Worlds.pool("inferall-mxnet"), List.of(), List.of(1024), Worlds.relaxed(null, "squeezenet")));
        catalogs.add(Worlds.catalog(
                Worlds.pool("inferall-mxnet"),
                List.of("c5.2xlarge", "c5.large", "m5.large"),
                List.of(3008),
                Worlds.promised(150L, 0.7, null),
                Worlds.relaxed(null, null)));
        return catalogs;
    }

    private static List<String> decisions(
            PolicyKind<?> kind, String name, ServiceCatalog catalog, long seed, String where) {
        PolicySet policies = REGISTRY.create(stack(kind, name, catalog), catalog, seed);
        SplittableRandom random = new SplittableRandom(seed);
        FakeView view = new FakeView(catalog).trigger(Trigger.START);
        List<String> decisions = new ArrayList<>();
        double now = 0;
        for (int step = 0; step < STEPS; step++) {
            String at = where + ", step " + step;
            if (step > 0) {
                change(view, random, catalog);
                now += random.nextInt(4) == 0 ? 0 : random.nextDouble() * random.nextInt(1, 400);
                view.at(now);
            }
            Plan plan = policies.provisioner().plan(view);
            check(plan, catalog, at);
            view.offload(plan.offload().enabled(), plan.offload().flashCrowdRate());
            decisions.add(plan.toString());
            for (int c = 0; c < catalog.requestClasses(); c++) {
                Selection selection = policies.selector().select(FakeView.request(c), view);
                assertThat(selection.variant()).as(at).isBetween(-1, catalog.variants() - 1);
                check(selection.reason(), at);
                decisions.add(words(selection));
                int variant = selection.variant() < 0 ? random.nextInt(catalog.variants()) : selection.variant();
                Dispatch dispatch = policies.dispatcher().dispatch(FakeView.request(c, variant), view);
                check(dispatch, variant, catalog, at);
                decisions.add(dispatch.toString());
                policies.selector().answered(variant, random.nextLong(1, 60_000_000_000L));
                policies.selector().feedback(variant, random.nextBoolean());
            }
            for (int f = 0; f < catalog.fleets(); f++) {
                if (catalog.slots(f) > 0) {
                    view.queuedForFleet(f, 1 + size(random));
                    double due = random.nextInt(3) == 0 ? 1e9 : now + random.nextDouble() - 0.3;
                    Batching batching = policies.batching().batch(view.queue(f, now * random.nextDouble(), due));
                    assertThat(batching.size()).as(at).isBetween(1, catalog.maxBatch(f));
                    check(batching.reason(), at);
                    decisions.add(batching.toString());
                }
            }
            if (catalog.functions() > 0) {
                view.function(random.nextInt(catalog.functions()), random.nextInt(1000), random.nextInt(20));
                KeepAlive keepAlive = policies.coldStartManager().keepAlive(view);
                check(keepAlive.reason(), at);
                decisions.add(keepAlive.toString());
            }
        }
        return decisions;
    }

    private static String words(Selection selection) {
        Ensemble ensemble = selection.ensemble();
        List<Integer> members = ensemble == null
                ? List.of(selection.variant())
                : IntStream.range(0, ensemble.size())
                        .mapToObj(ensemble::variant)
                        .toList();
        return members + " " + selection.reason();
    }

    /** The policy in a stack whose other policies are plain. */
    private static Stack stack(PolicyKind<?> kind, String name, ServiceCatalog catalog) {
        ObjectNode settings = JsonNodeFactory.instance.objectNode();
        if (kind == PolicyKind.MODEL_SELECTOR && name.equals("fixed")) {
            settings.put("variant", catalog.variantName(0));
        }
        PolicySpec spec = new PolicySpec(name, settings);
        return new Stack(
                "test",
                "one policy under test.",
                kind == PolicyKind.MODEL_SELECTOR ? spec : PolicySpec.of("paragon"),
                kind == PolicyKind.DISPATCHER ? spec : PolicySpec.of("latency-aware"),
                kind == PolicyKind.RESOURCE_PROVISIONER ? spec : PolicySpec.of("reactive"),
                kind == PolicyKind.COLD_START_MANAGER ? spec : PolicySpec.of("fixed"),
                kind == PolicyKind.BATCHING_POLICY ? spec : PolicySpec.of("greedy"));
    }

    private static void change(FakeView view, SplittableRandom random, ServiceCatalog catalog) {
        boolean nothing = random.nextInt(8) == 0;
        view.trigger(
                switch (random.nextInt(10)) {
                    case 0 -> Trigger.LOSS;
                    case 1 -> Trigger.NOTICE;
                    default -> Trigger.INTERVAL;
                });
        view.launch(random.nextInt(5) == 0 ? 0 : random.nextDouble() * 100_000);
        for (int v = 0; v < catalog.variants(); v++) {
            for (int t = 0; t < catalog.instanceTypes(); t++) {
                view.queuedForFleet(catalog.fleet(v, t), 0);
            }
            view.queued(v, nothing ? 0 : size(random));
            int ended = nothing ? 0 : size(random);
            view.ended(v, ended, ended == 0 ? 0 : random.nextInt(ended + 1));
            view.arrivals(v, nothing ? 0 : random.nextInt(20) == 0 ? 1e15 * random.nextDouble() : size(random));
        }
        for (int f = 0; f < catalog.fleets(); f++) {
            boolean serves = catalog.slots(f) > 0 && !nothing;
            int ready = serves ? random.nextInt(4) == 0 ? 0 : random.nextInt(2000) : 0;
            view.ready(f, ready, ready == 0 ? 0 : random.nextInt(ready * catalog.slots(f) + 1));
            view.pending(f, serves ? random.nextInt(3) * random.nextInt(100) : 0);
            view.idle(f, ready == 0 ? 0 : random.nextInt(ready + 1));
            view.utilisation(f, ready == 0 ? 0 : random.nextInt(3) / 2.0 * random.nextDouble());
            boolean spot = catalog.market(catalog.typeOfFleet(f)) == Market.SPOT;
            view.noticed(f, spot && random.nextInt(4) == 0 ? random.nextInt(ready + 1) : 0);
            view.throttled(f, catalog.burst(catalog.typeOfFleet(f)) == null ? 0 : random.nextInt(ready + 1));
            view.standby(f, serves && !spot && random.nextInt(3) == 0 ? random.nextInt(20) : 0);
            view.unavailable(f, random.nextInt(6) == 0);
            view.queuedForFleet(f, ready == 0 ? 0 : size(random));
        }
        for (int t = 0; t < catalog.instanceTypes(); t++) {
            if (catalog.market(t) == Market.SPOT) {
                view.usdPerHour(t, random.nextInt(10) == 0 ? 0 : random.nextDouble() * 2);
            }
        }
    }

    private static int size(SplittableRandom random) {
        return switch (random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> random.nextInt(10);
            case 2 -> random.nextInt(10_000);
            default -> random.nextInt(50_000_000);
        };
    }

    private static void check(Plan plan, ServiceCatalog catalog, String at) {
        Set<Integer> fleets = new HashSet<>();
        for (FleetTarget target : plan.fleets()) {
            assertThat(target.fleet()).as(at).isBetween(0, catalog.fleets() - 1);
            assertThat(catalog.slots(target.fleet())).as(at).isPositive();
            assertThat(fleets.add(target.fleet()))
                    .as("%s: one target a fleet", at)
                    .isTrue();
            assertThat(target.instances()).as(at).isNotNegative();
            if (target.standby() > 0) {
                assertThat(catalog.market(catalog.typeOfFleet(target.fleet())))
                        .as("%s: spot instances cannot be stopped", at)
                        .isEqualTo(Market.ON_DEMAND);
            }
            check(target.reason(), at);
        }
        assertThat(plan.offload().flashCrowdRate()).as(at).isNotNaN().isNotNegative();
        check(plan.offload().reason(), at);
    }

    private static void check(Dispatch dispatch, int variant, ServiceCatalog catalog, String at) {
        check(dispatch.reason(), at);
        switch (dispatch) {
            case Dispatch.ToInstance to -> {
                assertThat(catalog.variantOfFleet(to.fleet())).as(at).isEqualTo(variant);
                assertThat(catalog.slots(to.fleet())).as(at).isPositive();
            }
            case Dispatch.ToFleet to -> {
                assertThat(catalog.variantOfFleet(to.fleet())).as(at).isEqualTo(variant);
                assertThat(catalog.slots(to.fleet())).as(at).isPositive();
            }
            case Dispatch.ToFunction to -> {
                assertThat(catalog.variantOfFunction(to.function())).as(at).isEqualTo(variant);
                assertThat(catalog.functionNanos(to.function())).as(at).isLessThan(ServiceCatalog.UNBOUNDED);
            }
            case Dispatch.ToQueue ignored ->
                assertThat(catalog.cheapestFleet(variant))
                        .as("%s: waits for ever", at)
                        .isNotNegative();
            case Dispatch.Refuse ignored -> {}
        }
    }

    /** Policies hold no clock, thread or unseeded chance: none of these names occurs in their class files. */
    @Test
    void noPolicyKnowsTheTimeOfDay() throws Exception {
        Path classes = Path.of(ResearchPlugin.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        int seen = 0;
        try (Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
                seen++;
                assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                        .as(file.getFileName().toString())
                        .doesNotContain("currentTimeMillis", "nanoTime", "java/time/Instant", "java/time/Clock")
                        .doesNotContain("java/lang/Thread", "ThreadLocalRandom", "java/util/Random");
            }
        }
        assertThat(seen).isGreaterThan(20);
    }

    /** A sentence whose numbers are there. */
    private static void check(Reason reason, String at) {
        assertThat(reason.code()).as(at).matches("[a-z][a-z-]*");
        assertThat(reason.words()).as(at).isNotBlank().doesNotContain("NaN").doesNotContain("{");
    }
}
