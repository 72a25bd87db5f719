package dev.purser.local;

import dev.purser.core.engine.ControllerSettings;
import dev.purser.core.engine.DecisionLog;
import dev.purser.core.engine.PolicySet;
import dev.purser.core.model.ChainPart;
import dev.purser.core.model.FunctionProfile;
import dev.purser.core.model.ModelPool;
import dev.purser.core.model.ModelSource;
import dev.purser.core.model.Variant;
import dev.purser.core.model.VmProfile;
import dev.purser.core.policy.Batching;
import dev.purser.core.policy.BatchingPolicy;
import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.KeepAlive;
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
import dev.purser.core.workload.Workload;
import dev.purser.local.LocalSettings.BackOff;
import dev.purser.local.LocalSettings.Mode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/**
 * A small world with real models. Each variant has a request class of its own that names it, with the same index; a
 * request goes to the variant's instances where the plan has any, else to its function.
 */
final class World {
    static final Reason WHY = Reason.of("test", "because the test says so");
    static final Reason THERE = Reason.of("there", "because the test has something there");

    private final List<Variant> variants = new ArrayList<>();
    private final List<Integer> instances = new ArrayList<>();
    private final Path cache;
    private int concurrencyLimit = 100;
    private Duration keepAlive = Duration.ofMinutes(10);
    private int prewarm;
    private BatchingPolicy batching = BatchingPolicy.NONE;
    private ControllerSettings controller =
            new ControllerSettings(Duration.ofMillis(200), Duration.ofSeconds(30), 0, 100, 3);
    private LocalSettings settings;

    World(Path cache, Mode mode) {
        this.cache = cache;
        settings = new LocalSettings(
                mode,
                cache,
                cache.resolve("cache"),
                32,
                List.of(),
                Duration.ofMillis(500),
                Duration.ofSeconds(4),
                Duration.ofSeconds(30),
                Duration.ZERO,
                Duration.ofSeconds(30),
                new BackOff(Duration.ofMillis(100), Duration.ofSeconds(2), 2),
                2,
                16,
                10_000,
                16,
                null,
                1);
    }

    /** Where things of the test may be put. */
    Path directory() {
        return cache;
    }

    /** A variant with instances of c7a.large (2 virtual processors). */
    World instances(Path onnx, int count, int slots, int maxBatch) {
        TreeMap<Integer, Double> batches = new TreeMap<>();
        if (maxBatch > 1) {
            batches.put(maxBatch, 2.0);
        }
        return add(onnx, count, Map.of("c7a.large", new VmProfile(1, slots, batches)), null);
    }

    /** A variant in functions of 1769 MB. */
    World function(Path onnx) {
        return add(onnx, 0, Map.of(), new FunctionProfile(new TreeMap<>(Map.of(1769, 1.0))));
    }

    /** A variant in three parts: in functions of 1769, 3538 (2 virtual processors) and 1769 MB. */
    World chain(Path first, Path second, Path third) {
        List<ChainPart> parts = new ArrayList<>();
        for (Path onnx : List.of(first, second, third)) {
            parts.add(new ChainPart(
                    "p" + parts.size(),
                    parts.size() == 1 ? 3538 : 1769,
                    1,
                    100,
                    1,
                    parts.size() < 2 ? 100 : 0,
                    new ModelSource(cache.relativize(onnx).toString(), null)));
        }
        variants.add(new Variant("v" + variants.size(), 0.5, null, 3, 300, Map.of(), null, null, parts));
        instances.add(0);
        return this;
    }

    private World add(Path onnx, int count, Map<String, VmProfile> vm, FunctionProfile function) {
        variants.add(new Variant(
                "v" + variants.size(),
                0.5,
                null,
                1,
                100,
                vm,
                function,
                new ModelSource(cache.relativize(onnx).toString(), null)));
        instances.add(count);
        return this;
    }

    World batching(BatchingPolicy policy) {
        batching = policy;
        return this;
    }

    /** Waits for so many requests, but never for long. */
    static BatchingPolicy upTo(int size, Duration wait) {
        return view -> new Batching(size, view.oldestArrivalNanos() + wait.toNanos(), WHY);
    }

    World concurrencyLimit(int limit) {
        concurrencyLimit = limit;
        return this;
    }

    World keepAlive(Duration time, int ahead) {
        keepAlive = time;
        prewarm = ahead;
        return this;
    }

    World controller(ControllerSettings with) {
        controller = with;
        return this;
    }

    LocalSettings settings() {
        return settings;
    }

    World settings(LocalSettings with) {
        settings = with;
        return this;
    }

    ServiceCatalog catalog() {
        List<RequestClass> classes = new ArrayList<>();
        for (Variant variant : variants) {
            classes.add(new RequestClass(
                    "for " + variant.name(), 1, variant.name(), new Slo(Slo.Urgency.STRICT, null, null, null)));
        }
        return new ServiceCatalog(
                new Workload(
                        "test",
                        "a small world",
                        new Application("task", new ModelPool("pool", "made up", variants), classes),
                        List.of("c7a.large"),
                        new FunctionConfiguration(List.of(1769), concurrencyLimit),
                        "us-east-1-2026"),
                PriceBooks.named("us-east-1-2026"));
    }

    PolicySet policies() {
        List<FleetTarget> targets = new ArrayList<>();
        for (int variant = 0; variant < variants.size(); variant++) {
            if (instances.get(variant) > 0) {
                targets.add(new FleetTarget(variant, instances.get(variant), WHY));
            }
        }
        Plan plan = new Plan(targets, Offload.always());
        return new PolicySet(
                (request, view) -> new Selection(0, WHY),
                (request, view) -> view.catalog().slots(request.variant()) > 0
                        ? new Dispatch.ToInstance(request.variant(), THERE)
                        : new Dispatch.ToFunction(request.variant(), THERE),
                view -> plan,
                view -> new KeepAlive(keepAlive.toNanos(), prewarm, WHY),
                batching);
    }

    LocalDeployment start() {
        return LocalDeployment.start(catalog(), policies(), settings, controller, new DecisionLog(100, 1000));
    }

    /** A deployment whose workers are the test's. */
    LocalDeployment start(Host host) {
        return LocalDeployment.start(catalog(), policies(), settings, controller, new DecisionLog(100, 1000), host);
    }

    /** A deployment whose instances are ready. */
    LocalDeployment startReady() {
        LocalDeployment deployment = start();
        await("instances to become ready", deployment::ready);
        return deployment;
    }

    static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited 30 s for " + what);
            }
            try {
                Thread.sleep(2);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }
}
