package dev.purser.core.engine;

import dev.purser.core.model.ChainPart;
import dev.purser.core.model.FunctionProfile;
import dev.purser.core.model.ModelPool;
import dev.purser.core.model.Variant;
import dev.purser.core.model.VmProfile;
import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.Offload;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.workload.Application;
import dev.purser.core.workload.FunctionConfiguration;
import dev.purser.core.workload.RequestClass;
import dev.purser.core.workload.Slo;
import dev.purser.core.workload.Slo.Urgency;
import dev.purser.core.workload.Workload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A small world for the engine's tests, and the values that its policies return. */
final class EngineFixtures {
    static final long MS = 1_000_000L;
    static final long SECOND = 1_000_000_000L;
    static final Reason WHY = Reason.of("test", "because the test says so");

    /** Fleets and functions of {@link #catalog}. */
    static final int SMALL_ON_LARGE = 0;

    static final int SMALL_ON_XLARGE = 1;
    static final int BIG_ON_LARGE = 2;
    static final int BIG_ON_XLARGE = 3;
    static final int SMALL_AT_512 = 0;
    static final int SMALL_AT_1024 = 1;
    static final int BIG_AT_512 = 2;
    static final int BIG_AT_1024 = 3;
    static final int SPLIT_AT_512 = 4;

    /** Request classes of {@link #catalog}. */
    static final int STRICT = 0;

    static final int STRICT_SOON = 1;
    static final int RELAXED = 2;
    static final int NAMED = 3;

    private EngineFixtures() {}

    /**
     * Two variants: {@code small} has 2 slots of 100 ms on c5.large and 4 of 50 ms on c5.xlarge and fits 512 MB (400 ms)
     * and 1024 MB (200 ms); {@code big} runs on c5.xlarge (1 slot, 400 ms) and in 1024 MB (800 ms) only. Classes: strict
     * within 1 s, strict within 500 ms, relaxed within 10 s, and one that names {@code big}, without promises.
     */
    static ServiceCatalog catalog() {
        return catalog(List.of());
    }

    /**
     * The same with a third variant, {@code split}: 100, 200 and 300 ms in 512, 1024 and 512 MB, one after the other, with 1,000
     * and 2,000 bytes between them.
     */
    static ServiceCatalog catalogWithChain() {
        return catalog(List.of(new Variant(
                "split",
                0.9,
                null,
                30,
                600,
                Map.of(),
                null,
                null,
                List.of(
                        new ChainPart("a", 512, 100, 100, 10, 1000, null),
                        new ChainPart("b", 1024, 200, 200, 10, 2000, null),
                        new ChainPart("c", 512, 300, 300, 10, 0, null)))));
    }

    private static ServiceCatalog catalog(List<Variant> more) {
        Variant small = new Variant(
                "small",
                0.7,
                null,
                10,
                200,
                Map.of("c5.large", new VmProfile(100, 2), "c5.xlarge", new VmProfile(50, 4)),
                new FunctionProfile(new TreeMap<>(Map.of(512, 400.0, 1024, 200.0))));
        Variant big = new Variant(
                "big",
                0.8,
                0.75,
                100,
                1000,
                Map.of("c5.xlarge", new VmProfile(400, 1)),
                new FunctionProfile(new TreeMap<>(Map.of(1024, 800.0))));
        return new ServiceCatalog(
                new Workload(
                        "test",
                        "a small world",
                        new Application(
                                "task",
                                new ModelPool(
                                        "pool",
                                        "made up",
                                        Stream.concat(Stream.of(small, big), more.stream())
                                                .toList()),
                                List.of(
                                        requestClass("strict", Urgency.STRICT, Duration.ofSeconds(1), null),
                                        requestClass("strict-soon", Urgency.STRICT, Duration.ofMillis(500), null),
                                        requestClass("relaxed", Urgency.RELAXED, Duration.ofSeconds(10), null),
                                        requestClass("named", Urgency.RELAXED, null, "big"))),
                        List.of("c5.large", "c5.xlarge"),
                        new FunctionConfiguration(List.of(512, 1024), 10),
                        "us-east-1-2019"),
                PriceBooks.named("us-east-1-2019"));
    }

    private static RequestClass requestClass(
            String name, Urgency urgency, @Nullable Duration latency, @Nullable String variant) {
        return new RequestClass(name, 1, variant, new Slo(urgency, latency, null, null));
    }

    static Selection select(int variant) {
        return new Selection(variant, WHY);
    }

    static Dispatch toInstance(int fleet) {
        return new Dispatch.ToInstance(fleet, WHY);
    }

    static Dispatch toFunction(int function) {
        return new Dispatch.ToFunction(function, WHY);
    }

    static Dispatch toQueue() {
        return new Dispatch.ToQueue(WHY);
    }

    static Dispatch refuse() {
        return new Dispatch.Refuse(WHY);
    }

    /** A plan of fleet, instances, fleet, instances and so on. */
    static Plan plan(int... fleetsAndInstances) {
        List<FleetTarget> targets = new ArrayList<>();
        for (int i = 0; i < fleetsAndInstances.length; i += 2) {
            targets.add(new FleetTarget(fleetsAndInstances[i], fleetsAndInstances[i + 1], WHY));
        }
        return new Plan(targets, Offload.always());
    }
}
