package dev.purser.research.selector;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.purser.core.policy.ModelSelector;
import dev.purser.core.policy.PerRequestClass;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.spi.NoSettings;
import dev.purser.spi.PolicyContext;
import dev.purser.spi.Setting;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;

/**
 * The selectors that one would write first. "Naive" decides how much a joint selection seems to save, so each says which
 * constraints it heeds.
 */
public final class NaiveSelectors {
    private NaiveSelectors() {}

    /**
     * Settings of {@code fixed}.
     *
     * @param variant the variant that answers everything
     */
    public record FixedSettings(
            @Setting("the variant that answers everything") String variant) {}

    /** Which constraints {@code random} heeds. */
    public enum Filter {
        /** None. */
        @JsonProperty("none")
        NONE,
        /** Latency alone. */
        @JsonProperty("latency")
        LATENCY,
        /** Accuracy alone. */
        @JsonProperty("accuracy")
        ACCURACY,
        /** Cost alone. */
        @JsonProperty("cost")
        COST,
        /** All three. */
        @JsonProperty("all")
        ALL
    }

    /**
     * Settings of {@code random}.
     *
     * @param filter which constraints it heeds
     */
    public record RandomSettings(
            @Setting(value = "the constraints it heeds", byDefault = "all")
            Filter filter) {}

    /** Always the same variant, whatever the SLO. */
    public static ModelSelector fixed(FixedSettings settings, PolicyContext context) {
        int variant = context.catalog().workload().application().pool().indexOf(settings.variant());
        Selection selection = new Selection(variant, Reason.of("fixed", "this variant answers everything"));
        return (request, view) -> selection;
    }

    /** The fastest variant by its profile, whatever its accuracy and cost. */
    public static ModelSelector fastest(NoSettings settings, PolicyContext context) {
        ServiceCatalog catalog = context.catalog();
        int fastest = IntStream.range(0, catalog.variants())
                .reduce((a, b) -> Feasible.profiledNanos(catalog, b) < Feasible.profiledNanos(catalog, a) ? b : a)
                .orElseThrow();
        Selection selection = new Selection(fastest, Reason.of("fastest", "the fastest variant of the pool"));
        return (request, view) -> selection;
    }

    /** The most accurate variant that keeps the latency bound, whatever its cost. */
    public static ModelSelector mostAccurate(NoSettings settings, PolicyContext context) {
        ServiceCatalog catalog = context.catalog();
        Reason reason = Reason.of("most-accurate", "the most accurate variant that keeps the latency bound");
        PerRequestClass<Selection> byClass = new PerRequestClass<>(c -> IntStream.range(0, catalog.variants())
                .filter(v -> Feasible.profiledNanos(catalog, v) <= catalog.maxLatencyNanos(c))
                .reduce((a, b) -> catalog.accuracy(b) > catalog.accuracy(a) ? b : a)
                .stream()
                .mapToObj(v -> new Selection(v, reason))
                .findFirst()
                .orElse(Feasible.none()));
        return (request, view) -> byClass.get(request.requestClass());
    }

    /** Any of the variants that meet the constraints it heeds, with equal chances. */
    public static ModelSelector random(RandomSettings settings, PolicyContext context) {
        ServiceCatalog catalog = context.catalog();
        Selection[] all = Feasible.selections(catalog, Reason.of("random", "drawn from those that fit"));
        PerRequestClass<Selection[]> byClass = new PerRequestClass<>(c -> IntStream.range(0, catalog.variants())
                .filter(filter(catalog, settings.filter(), c))
                .mapToObj(v -> all[v])
                .toArray(Selection[]::new));
        UniformRandomProvider random = RandomSource.XO_RO_SHI_RO_128_PP.create(context.seed());
        return (request, view) -> {
            Selection[] candidates = byClass.get(request.requestClass());
            return candidates.length == 0 ? Feasible.none() : candidates[random.nextInt(candidates.length)];
        };
    }

    private static IntPredicate filter(ServiceCatalog catalog, Filter filter, int c) {
        IntPredicate latency = v -> Feasible.profiledNanos(catalog, v) <= catalog.maxLatencyNanos(c);
        IntPredicate accuracy = v -> catalog.accuracy(v) >= catalog.minAccuracy(c);
        IntPredicate cost = v -> catalog.leastUsdPerRequest(v) <= catalog.maxUsdPerRequest(c);
        return switch (filter) {
            case NONE -> v -> true;
            case LATENCY -> latency;
            case ACCURACY -> accuracy;
            case COST -> cost;
            case ALL -> latency.and(accuracy).and(cost);
        };
    }
}
