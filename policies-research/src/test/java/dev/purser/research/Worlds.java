package dev.purser.research;

import dev.purser.core.model.FunctionProfile;
import dev.purser.core.model.ModelPool;
import dev.purser.core.model.ModelPools;
import dev.purser.core.model.Variant;
import dev.purser.core.model.VmProfile;
import dev.purser.core.policy.LoadPredictor;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.workload.Application;
import dev.purser.core.workload.FunctionConfiguration;
import dev.purser.core.workload.RequestClass;
import dev.purser.core.workload.Slo;
import dev.purser.core.workload.Slo.Urgency;
import dev.purser.core.workload.Workload;
import dev.purser.core.workload.Workloads;
import dev.purser.spi.PolicyContext;
import dev.purser.spi.PolicySpec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Small catalogs whose numbers one can work with by hand, and what policies are made with. */
public final class Worlds {
    private Worlds() {}

    /** A shipped workload with its price book. */
    public static ServiceCatalog shipped(String workload) {
        return catalog(Workloads.load(workload));
    }

    /** One variant on c5.large: 2 slots of 250 ms, 8 requests/s; functions of 512 to 3008 MB. */
    public static ServiceCatalog single() {
        return shipped("spock-single");
    }

    public static ServiceCatalog catalog(Workload workload) {
        return new ServiceCatalog(workload, PriceBooks.named(workload.priceBook()));
    }

    public static ServiceCatalog catalog(
            ModelPool pool, List<String> types, List<Integer> memoryMb, RequestClass... classes) {
        return catalog(new Workload(
                "test",
                "made up",
                new Application("task", pool, List.of(classes)),
                types,
                new FunctionConfiguration(memoryMb, 1000),
                "us-east-1-2019"));
    }

    public static ModelPool pool(Variant... variants) {
        return new ModelPool("pool", "made up", List.of(variants));
    }

    public static ModelPool pool(String shipped) {
        return ModelPools.load(shipped);
    }

    public static Variant variant(String name, double accuracy, double loadMs, String type, double ms, int slots) {
        return new Variant(name, accuracy, null, 10, loadMs, Map.of(type, new VmProfile(ms, slots)), null);
    }

    public static Variant withFunction(Variant variant, int memoryMb, double ms) {
        return new Variant(
                variant.name(),
                variant.accuracy(),
                null,
                variant.sizeMb(),
                variant.loadMs(),
                variant.vm(),
                new FunctionProfile(new TreeMap<>(Map.of(memoryMb, ms))));
    }

    public static RequestClass strict(@Nullable Long maxLatencyMs, @Nullable String variant) {
        return requestClass(Urgency.STRICT, maxLatencyMs, null, null, variant);
    }

    public static RequestClass relaxed(@Nullable Long maxLatencyMs, @Nullable String variant) {
        return requestClass(Urgency.RELAXED, maxLatencyMs, null, null, variant);
    }

    public static RequestClass promised(
            @Nullable Long maxLatencyMs, @Nullable Double minAccuracy, @Nullable Double maxCostUsdPer1k) {
        return requestClass(Urgency.STRICT, maxLatencyMs, minAccuracy, maxCostUsdPer1k, null);
    }

    private static RequestClass requestClass(
            Urgency urgency,
            @Nullable Long maxLatencyMs,
            @Nullable Double minAccuracy,
            @Nullable Double maxCostUsdPer1k,
            @Nullable String variant) {
        String name = urgency + " " + maxLatencyMs + " " + minAccuracy + " " + maxCostUsdPer1k + " " + variant;
        Duration latency = maxLatencyMs == null ? null : Duration.ofMillis(maxLatencyMs);
        return new RequestClass(name, 1, variant, new Slo(urgency, latency, minAccuracy, maxCostUsdPer1k));
    }

    public static PolicyContext context(ServiceCatalog catalog) {
        return context(catalog, 1, () -> {
            throw new AssertionError("this policy needs no load predictor");
        });
    }

    public static PolicyContext context(ServiceCatalog catalog, long seed, Supplier<LoadPredictor> predictor) {
        return new PolicyContext() {
            @Override
            public ServiceCatalog catalog() {
                return catalog;
            }

            @Override
            public long seed() {
                return seed;
            }

            @Override
            public LoadPredictor loadPredictor(PolicySpec spec) {
                return predictor.get();
            }
        };
    }
}
