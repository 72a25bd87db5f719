package dev.purser.server.gateway;

import dev.purser.core.InputException;
import dev.purser.core.Names;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.workload.RequestClass;
import dev.purser.core.workload.Slo;
import dev.purser.core.workload.Slo.Urgency;
import dev.purser.server.gateway.ModelDirectory.Model;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What requests are promised. The engine knows classes of requests; a promise that a client asks for becomes a class of
 * its own. So that these stay few, promises are rounded to two digits, on the strict side, and there is a limit on them.
 */
final class Promises {
    /** The most classes that clients can bring about; they are never forgotten. */
    static final int MAX_CLASSES = 256;

    static final String MAX_LATENCY = "max_latency_ms";
    static final String MIN_ACCURACY = "min_accuracy";
    static final String MAX_COST = "max_cost_usd_per_1k";
    static final String URGENCY = "urgency";
    static final String CLASS = "class";

    private static final List<String> FIELDS = List.of(MAX_LATENCY, MIN_ACCURACY, MAX_COST, URGENCY, CLASS);
    private static final List<String> TELLTALES = List.of("latency", "accuracy", "cost", "urgen", "slo", "price");
    private static final double MS_PER_HOUR = 3_600_000;
    private static final MathContext DOWN = new MathContext(2, RoundingMode.DOWN);

    private final Backend backend;
    private final ServiceCatalog catalog;
    private final List<Kind> declared = new ArrayList<>();
    private final Map<String, Kind> byName = new HashMap<>();
    private final Map<Ask, CompletableFuture<Kind>> asked = new ConcurrentHashMap<>();
    private final Map<Integer, String> names = new ConcurrentHashMap<>();
    private int added;

    /**
     * A class of requests.
     *
     * @param index its index in the catalog
     * @param requestClass what it promises
     * @param declared whether the workload declares it; others were brought about by clients
     */
    record Kind(int index, RequestClass requestClass, boolean declared) {
        String name() {
            return requestClass.name();
        }

        /** Whether an answer breaks the promise of latency. */
        boolean isLate(long latencyNanos) {
            Duration limit = requestClass.slo().maxLatency();
            return limit != null && latencyNanos > limit.toNanos();
        }
    }

    /** A promise as a client asks for it. */
    private record Ask(
            int variant,
            @Nullable Duration maxLatency,
            @Nullable Double minAccuracy,
            @Nullable Double maxCost,
            Urgency urgency) {
        /** The same on the strict side, in few digits. */
        Ask rounded(ServiceCatalog catalog) {
            return new Ask(
                    variant,
                    maxLatency == null
                            ? null
                            : Duration.ofNanos(Math.max(1, (long) down((double) maxLatency.toNanos()))),
                    minAccuracy == null ? null : up(minAccuracy, catalog),
                    maxCost == null ? null : down(maxCost),
                    urgency);
        }

        private static double down(double value) {
            return BigDecimal.valueOf(value).round(DOWN).doubleValue();
        }

        /** To a hundredth, but not past a variant that is accurate enough. */
        private static double up(double accuracy, ServiceCatalog catalog) {
            double rounded = Math.min(
                    1, BigDecimal.valueOf(accuracy).setScale(2, RoundingMode.UP).doubleValue());
            for (int v = 0; v < catalog.variants(); v++) {
                if (catalog.accuracy(v) >= accuracy) {
                    rounded = Math.min(rounded, catalog.accuracy(v));
                }
            }
            return rounded;
        }

        boolean isOf(RequestClass requestClass, ServiceCatalog catalog) {
            String named = variant < 0 ? null : catalog.variantName(variant);
            return slo().equals(requestClass.slo()) && Objects.equals(named, requestClass.variant());
        }

        Slo slo() {
            return new Slo(urgency, maxLatency, minAccuracy, maxCost);
        }

        String name(ServiceCatalog catalog) {
            List<String> parts = new ArrayList<>();
            if (maxLatency != null) {
                parts.add("at most " + number(maxLatency.toNanos() / 1e6) + " ms, "
                        + urgency.name().toLowerCase(Locale.ROOT));
            }
            if (minAccuracy != null) {
                parts.add("accuracy from " + number(minAccuracy));
            }
            if (maxCost != null) {
                parts.add("at most $" + number(maxCost) + " per 1000");
            }
            String promise = parts.isEmpty() ? "no promise" : String.join(", ", parts);
            return variant < 0 ? promise : catalog.variantName(variant) + ": " + promise;
        }

        private static String number(double value) {
            return new BigDecimal(value)
                    .round(new MathContext(4))
                    .stripTrailingZeros()
                    .toPlainString();
        }
    }

    Promises(Backend backend) {
        this.backend = backend;
        catalog = backend.catalog();
        List<RequestClass> classes = catalog.workload().application().classes();
        for (int c = 0; c < classes.size(); c++) {
            Kind kind = new Kind(c, classes.get(c), true);
            declared.add(kind);
            byName.put(kind.name(), kind);
        }
    }

    /** The classes that the workload declares. */
    List<Kind> declared() {
        return declared;
    }

    /** A class's name by its index. */
    String name(int index) {
        return index < declared.size() ? declared.get(index).name() : names.getOrDefault(index, "class " + index);
    }

    /** The class of a request, which may be new. */
    Kind of(Model model, Map<String, Object> parameters) {
        Ask ask = read(model, parameters);
        if (ask == null) {
            return declared.getFirst();
        }
        Kind named =
                parameters.containsKey(CLASS) ? byName.get(parameters.get(CLASS).toString()) : null;
        if (named != null
                && (model.variant() < 0
                        || model.name().equals(named.requestClass().variant()))) {
            return named;
        }
        for (Kind kind : declared) {
            // whoever asks for what the workload promises belongs to the class that does
            if (ask.isOf(kind.requestClass(), catalog)) {
                return kind;
            }
        }
        Ask rounded = ask.rounded(catalog);
        try {
            return resolve(rounded);
        } catch (InputException e) {
            if (rounded.equals(ask)) {
                throw impossible(e);
            }
        }
        try {
            return resolve(ask);
        } catch (InputException e) {
            throw impossible(e);
        }
    }

    private static Refusal impossible(InputException e) {
        return Refusal.of(422, String.valueOf(e.getMessage()).replace("\nMaybe: ", "; maybe: "));
    }

    private Kind resolve(Ask ask) {
        CompletableFuture<Kind> kind = asked.get(ask);
        if (kind == null) {
            kind = add(ask);
        }
        try {
            return kind.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    private CompletableFuture<Kind> add(Ask ask) {
        synchronized (this) {
            CompletableFuture<Kind> other = asked.get(ask);
            if (other != null) {
                return other;
            }
            if (added == MAX_CLASSES) {
                throw Refusal.later(
                        429,
                        "clients have asked for " + MAX_CLASSES + " different promises already, which is the limit"
                                + " until the server starts again; ask for one of those, or for a class by its name: "
                                + String.join(", ", byName.keySet()),
                        60);
            }
            added++;
            RequestClass requestClass = new RequestClass(
                    ask.name(catalog), 1, ask.variant() < 0 ? null : catalog.variantName(ask.variant()), ask.slo());
            CompletableFuture<Kind> kind = backend.addRequestClass(requestClass).handle((index, failure) -> {
                if (failure == null) {
                    names.put(index, requestClass.name());
                    return new Kind(index, requestClass, false);
                }
                forget(ask);
                throw failure instanceof CompletionException e ? e : new CompletionException(failure);
            });
            // it may have failed already
            if (!kind.isCompletedExceptionally()) {
                asked.put(ask, kind);
            }
            return kind;
        }
    }

    private synchronized void forget(Ask ask) {
        asked.remove(ask);
        added--;
    }

    /** What a request asks for; null where it is the application's first class. */
    private @Nullable Ask read(Model model, Map<String, Object> parameters) {
        Duration maxLatency = null;
        Double minAccuracy = null;
        Double maxCost = null;
        Urgency urgency = null;
        Kind named = null;
        for (Map.Entry<String, Object> parameter : parameters.entrySet()) {
            Object value = parameter.getValue();
            switch (parameter.getKey()) {
                case MAX_LATENCY -> {
                    double ms = number(
                            MAX_LATENCY, value, MS_PER_HOUR, "milliseconds, over 0 and at most an hour (3600000)");
                    maxLatency = Duration.ofNanos(Math.max(1, (long) (ms * 1e6)));
                }
                case MIN_ACCURACY ->
                    minAccuracy = number(MIN_ACCURACY, value, 1, "a share, over 0 and at most 1 (80 % is 0.8)");
                case MAX_COST ->
                    maxCost = number(
                            MAX_COST, value, 1e6, "US dollars for a thousand requests, over 0 and at most 1000000");
                case URGENCY -> urgency = urgency(value);
                case CLASS -> named = named(model, value);
                default -> requireUnrelated(parameter.getKey());
            }
        }
        boolean slo = maxLatency != null || minAccuracy != null || maxCost != null || urgency != null;
        if (named != null) {
            if (slo) {
                throw bad("parameters." + CLASS + " '" + named.name()
                        + "' stands for a whole promise; give either it or " + String.join(", ", FIELDS.subList(0, 4)));
            }
            Slo promised = named.requestClass().slo();
            return new Ask(
                    model.variant(),
                    promised.maxLatency(),
                    promised.minAccuracy(),
                    promised.maxCostUsdPer1k(),
                    promised.urgency());
        }
        if (!slo && model.variant() < 0) {
            return null;
        }
        if (urgency == null) {
            urgency = maxLatency == null ? Urgency.RELAXED : Urgency.STRICT;
        }
        return new Ask(model.variant(), maxLatency, minAccuracy, maxCost, urgency);
    }

    private static double number(String field, Object value, double most, String wanted) {
        double number = switch (value) {
            case Long whole -> whole;
            case Double real -> real;
            default -> Double.NaN;
        };
        if (!(number > 0 && number <= most)) {
            String shown =
                    value instanceof String text ? "the text '" + ModelDirectory.brief(text) + "'" : value.toString();
            throw bad("parameters." + field + " is " + shown + ", but it must be a number: " + wanted);
        }
        return number;
    }

    private static Urgency urgency(Object value) {
        for (Urgency urgency : Urgency.values()) {
            if (urgency.name().toLowerCase(Locale.ROOT).equals(value)) {
                return urgency;
            }
        }
        throw bad("parameters." + URGENCY + " is '" + ModelDirectory.brief(value.toString())
                + "', but it must be 'strict' (someone waits) or 'relaxed' (it may come late)");
    }

    private Kind named(Model model, Object value) {
        Kind kind = value instanceof String name ? byName.get(name) : null;
        if (kind == null) {
            String name = ModelDirectory.brief(value.toString());
            List<String> near = Names.nearest(byName.keySet(), name);
            throw bad("parameters." + CLASS + ": there is no class '" + name + "'; maybe: "
                    + (near.isEmpty() ? "" : "'" + String.join("' or '", near) + "'; ") + "the classes are "
                    + String.join(", ", byName.keySet().stream().sorted().toList()));
        }
        String variant = kind.requestClass().variant();
        if (variant != null && model.variant() >= 0 && !variant.equals(model.name())) {
            throw bad("parameters." + CLASS + " '" + kind.name() + "' is answered by variant '" + variant
                    + "', but the request is for '" + model.name() + "'");
        }
        return kind;
    }

    /** A parameter of another kind passes; one that was meant as a promise must not be dropped in silence. */
    private static void requireUnrelated(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        List<String> near = Names.nearest(FIELDS, name);
        if (!near.isEmpty() || TELLTALES.stream().anyMatch(lower::contains)) {
            throw bad("parameters." + ModelDirectory.brief(name) + " is not known; maybe: "
                    + (near.isEmpty() ? "one of " + String.join(", ", FIELDS) : String.join(" or ", near)));
        }
    }

    private static Refusal bad(String message) {
        return Refusal.of(400, message);
    }
}
