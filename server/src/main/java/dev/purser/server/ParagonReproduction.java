package dev.purser.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.purser.core.engine.DecisionLog;
import dev.purser.core.json.Durations;
import dev.purser.core.json.Json;
import dev.purser.core.model.ModelPool;
import dev.purser.core.model.ModelPools;
import dev.purser.core.model.Variant;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.PriceBook;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.trace.ArrivalTrace;
import dev.purser.core.trace.Traces;
import dev.purser.core.workload.Application;
import dev.purser.core.workload.FunctionConfiguration;
import dev.purser.core.workload.RequestClass;
import dev.purser.core.workload.Slo;
import dev.purser.core.workload.Workload;
import dev.purser.core.workload.Workloads;
import dev.purser.server.Claim.Verdict;
import dev.purser.sim.Simulation;
import dev.purser.sim.SimulationResult;
import dev.purser.spi.PolicyRegistry;
import dev.purser.spi.PolicySpec;
import dev.purser.spi.Stack;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.function.DoublePredicate;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * Replays the experiments of Paragon ("Towards Designing a Self-Managed Machine Learning Inference Serving System in
 * Public Cloud", WoSC'20) and holds each published relation against what is measured here. The paper gives relations and
 * not tables: its bars are pictures. It leaves open what a function costs beside a VM, on which everything hangs, so
 * the scheme comparison is made under more than one setting.
 */
final class ParagonReproduction {
    private static final String PRICE_BOOK = "us-east-1-2019";
    private static final List<Integer> MEMORY = List.of(256, 512, 1024, 2048, 3008);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final long SEED = 1;
    /** Samples of each trace, spread evenly over it (over its first day, if it is longer). */
    private static final int SAMPLES = 3;

    private static final List<String> SCHEMES = List.of("reactive", "util-aware", "exascale", "mixed", "paragon");
    private static final double[] CONSTANT_RATES = {10, 50, 100, 200};

    /** The least and the most that counts as what the paper calls equal, or gives as a figure. */
    private static final double EQUAL = 0.10;

    private final PolicyRegistry registry;
    private final PriceBook priceBook = PriceBooks.named(PRICE_BOOK);
    private final ImmutableMap<String, ArrivalTrace> traces;
    private final double meanRate;

    /**
     * @param registry makes the policies
     * @param traces the four traces: wits, berkeley, twitter and wiki
     * @param meanRate what each sample is scaled to, in requests per second
     */
    ParagonReproduction(PolicyRegistry registry, ImmutableMap<String, ArrivalTrace> traces, double meanRate) {
        this.registry = registry;
        this.traces = traces;
        this.meanRate = meanRate;
    }

    /** What a run, or several together, came to. */
    private record Sum(double usd, double functionUsd, double vmHours, long requests, long violations, double millis) {
        static Sum of(SimulationResult result) {
            return new Sum(
                    result.bill().total().doubleValue(),
                    result.bill().function().doubleValue(),
                    result.metrics().instanceSeconds() / 3600,
                    result.metrics().arrived(),
                    result.metrics().violations(),
                    result.metrics().latencyMicros().getMean() / 1000);
        }

        Sum plus(Sum other) {
            return new Sum(
                    usd + other.usd,
                    functionUsd + other.functionUsd,
                    vmHours + other.vmHours,
                    requests + other.requests,
                    violations + other.violations,
                    millis);
        }

        double violationRatio() {
            return requests == 0 ? 0 : (double) violations / requests;
        }
    }

    /** A pool and prices under which the schemes are compared. */
    private record Setting(String name, Workload strict, Workload partlyStrict, Function<Stack, Stack> change) {}

    /** Sums by trace and scheme. */
    private record Schemes(Setting setting, String classes, Map<String, Map<String, Future<List<Sum>>>> futures) {
        Sum of(String trace, String scheme) {
            return RunPool.await(Objects.requireNonNull(
                            Objects.requireNonNull(futures.get(trace)).get(scheme)))
                    .stream()
                    .reduce(Sum::plus)
                    .orElseThrow();
        }
    }

    /** How many runs {@link #run} makes. */
    int size() {
        int schemes = settings().size() * 2 * traces.size() * SCHEMES.size();
        return 5 * CONSTANT_RATES.length * 2
                + memoryCases().size()
                + schemes
                + traces.size() * selectors().size();
    }

    /** Makes all runs and judges. */
    ImmutableList<Claim> run(RunPool pool) {
        ModelPool models = ModelPools.load("inferall-mxnet");
        Map<String, Future<Sum>> constant = new LinkedHashMap<>();
        for (Variant variant : models.variants()) {
            for (double rate : CONSTANT_RATES) {
                for (String stack : List.of("static", "functions-only")) {
                    constant.put(
                            stack + variant.name() + rate, pool.submit(() -> constant(models, variant, rate, stack)));
                }
            }
        }
        Map<MemoryCase, Future<Sum>> memory = new LinkedHashMap<>();
        memoryCases().forEach(one -> memory.put(one, pool.submit(() -> memory(models, one))));
        List<Schemes> schemes = new ArrayList<>();
        for (Setting setting : settings()) {
            schemes.add(schemes(pool, setting, "all strict", setting.strict()));
            schemes.add(schemes(pool, setting, "25 % strict", setting.partlyStrict()));
        }
        Map<String, Map<String, Future<List<Sum>>>> selection = new LinkedHashMap<>();
        ServiceCatalog workload2 = catalog(Workloads.load("paragon-workload-2"));
        traces.forEach((name, trace) -> {
            Map<String, Future<List<Sum>>> bySelector = new LinkedHashMap<>();
            selectors().forEach((selector, spec) -> {
                Stack base = registry.stack("paragon");
                Stack stack = new Stack(
                        base.name(),
                        base.description(),
                        spec,
                        base.dispatcher(),
                        base.resourceProvisioner(),
                        base.coldStartManager());
                bySelector.put(selector, pool.submit(() -> samples(trace, workload2, stack)));
            });
            selection.put(name, bySelector);
        });

        ImmutableList.Builder<Claim> claims = ImmutableList.builder();
        claims.add(constantLoad(models, constant));
        claims.add(biggerInstances(models));
        claims.addAll(memoryClaims(memory));
        schemes.forEach(one -> claims.addAll(schemeClaims(one)));
        claims.add(selectionClaim(selection));
        return claims.build();
    }

    // constant load (section 2, figures 3 and 4)

    private Sum constant(ModelPool models, Variant variant, double rate, String stack) {
        Workload workload = workload(
                "constant-" + variant.name(),
                models,
                List.of("c5.large"),
                List.of(new RequestClass("only", 1, variant.name(), slo(Slo.Urgency.STRICT, "1500ms"))));
        ArrivalTrace trace = Traces.of("constant:rate=" + rate + ",duration=1h");
        return Sum.of(simulate(catalog(workload), registry.stack(stack), trace));
    }

    private Claim constantLoad(ModelPool models, Map<String, Future<Sum>> runs) {
        int cheaper = 0;
        int cases = 0;
        double least = Double.POSITIVE_INFINITY;
        double most = 0;
        double violations = 0;
        for (Variant variant : models.variants()) {
            for (double rate : CONSTANT_RATES) {
                Sum onVms = get(runs, "static" + variant.name() + rate);
                Sum onFunctions = get(runs, "functions-only" + variant.name() + rate);
                double ratio = onFunctions.usd() / onVms.usd();
                least = Math.min(least, ratio);
                most = Math.max(most, ratio);
                violations = Math.max(violations, onVms.violationRatio());
                cases++;
                cheaper += ratio > 1 ? 1 : 0;
            }
        }
        return new Claim(
                "constant-load",
                "section 2, figure 3",
                "At a constant 10, 50, 100 and 200 requests/s VMs are always cheaper than functions",
                "five models of the InferAll pool, c5.large",
                format(
                        "functions cost %.1f to %.1f times as much; VMs cheaper in %d of %d cases, at most %.2f %% late",
                        least, most, cheaper, cases, 100 * violations),
                Verdict.of(cheaper, cases));
    }

    private Claim biggerInstances(ModelPool models) {
        ServiceCatalog catalog = catalog(workload(
                "sizes",
                models,
                List.of("c5.large", "c5.xlarge", "c5.2xlarge"),
                models.variants().stream()
                        .map(v -> new RequestClass(v.name(), 1, v.name(), slo(Slo.Urgency.STRICT, "1500ms")))
                        .toList()));
        int equal = 0;
        List<String> ratios = new ArrayList<>();
        for (int v = 0; v < catalog.variants(); v++) {
            double ratio = catalog.usdPerRequest(catalog.fleet(v, 2)) / catalog.usdPerRequest(catalog.fleet(v, 0));
            equal += ratio >= 1 - 2 * EQUAL && ratio <= 1 + 2 * EQUAL ? 1 : 0;
            ratios.add(format("%s %.2f", catalog.variantName(v), ratio));
        }
        return new Claim(
                "bigger-instances",
                "section 2",
                "Bigger VMs cost about the same per request (price and speed grow together)",
                "c5.2xlarge over c5.large, full load, from the profiles",
                String.join(", ", ratios),
                Verdict.of(equal, catalog.variants()));
    }

    // memory of functions (section 2, figure 7)

    private record MemoryCase(String variant, int memoryMb) {}

    private static List<MemoryCase> memoryCases() {
        List<MemoryCase> cases = new ArrayList<>();
        for (String variant : List.of("caffenet", "squeezenet", "inception")) {
            int least = Objects.requireNonNull(
                            ModelPools.load("inferall-mxnet").variant(variant).function())
                    .minimumMemoryMb();
            MEMORY.stream().filter(mb -> mb >= least).forEach(mb -> cases.add(new MemoryCase(variant, mb)));
        }
        return cases;
    }

    /** A quarter of the paper's million inferences; the bill is linear in them. */
    private Sum memory(ModelPool models, MemoryCase one) {
        Workload workload = workload(
                "memory",
                models,
                List.of(),
                List.of(new RequestClass("only", 1, one.variant(), slo(Slo.Urgency.RELAXED, "1h"))));
        Stack base = registry.stack("functions-only");
        PolicySpec dispatcher = new PolicySpec(
                "functions-only", (ObjectNode) Json.parse("memory", "{\"memoryMb\": " + one.memoryMb() + "}"));
        Stack stack = new Stack(
                base.name(),
                base.description(),
                base.modelSelector(),
                dispatcher,
                base.resourceProvisioner(),
                base.coldStartManager());
        return Sum.of(simulate(catalog(workload), stack, Traces.of("constant:rate=100,duration=2500s")));
    }

    private static List<Claim> memoryClaims(Map<MemoryCase, Future<Sum>> runs) {
        int steps = 0;
        int faster = 0;
        int dearer = 0;
        Map<String, List<String>> times = new LinkedHashMap<>();
        Map<String, List<String>> costs = new LinkedHashMap<>();
        MemoryCase previous = null;
        for (MemoryCase one : runs.keySet()) {
            Sum sum = get(runs, one);
            times.computeIfAbsent(one.variant(), v -> new ArrayList<>()).add(format("%.0f", sum.millis()));
            costs.computeIfAbsent(one.variant(), v -> new ArrayList<>())
                    .add(format("%.2f", sum.usd() / sum.requests() * 1e6));
            if (previous != null && previous.variant().equals(one.variant())) {
                steps++;
                faster += sum.millis() < get(runs, previous).millis() ? 1 : 0;
                dearer += sum.usd() > get(runs, previous).usd() ? 1 : 0;
            }
            previous = one;
        }
        Sum at2 = get(runs, new MemoryCase("squeezenet", 2048));
        Sum at3 = get(runs, new MemoryCase("squeezenet", 3008));
        String setting = "InferAll pool, 256 to 3,008 MB, 100 ms rounding";
        return List.of(
                new Claim(
                        "memory-time",
                        "section 2, figure 7",
                        "More memory makes a function faster",
                        setting,
                        "mean ms with rising memory: " + list(times),
                        Verdict.of(faster, steps)),
                new Claim(
                        "memory-cost",
                        "section 2, figure 7",
                        "More memory makes a million inferences dearer",
                        setting,
                        format("USD per million: %s (dearer in %d of %d steps)", list(costs), dearer, steps),
                        Verdict.of(dearer, steps)),
                new Claim(
                        "memory-squeezenet",
                        "section 2, figure 7",
                        "Squeezenet gains nothing beyond 2 GB",
                        setting,
                        format(
                                "3,008 MB over 2,048 MB: time x%.2f, cost x%.2f",
                                at3.millis() / at2.millis(), at3.usd() / at2.usd()),
                        at3.millis() > 0.95 * at2.millis()
                                ? Verdict.HOLDS
                                : at3.usd() > at2.usd() ? Verdict.PARTLY : Verdict.FAILS));
    }

    private static String list(Map<String, List<String>> values) {
        return values.entrySet().stream()
                .map(e -> e.getKey() + " " + String.join("/", e.getValue()))
                .collect(Collectors.joining(", "));
    }

    // the five schemes (section 4, figures 5, 6, 8 and 9)

    private List<Setting> settings() {
        Workload one = Workloads.load("paragon-workload-1");
        Workload single = Workloads.load("spock-single");
        ModelPool pool = single.application().pool();
        List<RequestClass> strict = List.of(new RequestClass("strict", 1, "type-0", slo(Slo.Urgency.STRICT, "1s")));
        List<RequestClass> half = List.of(
                new RequestClass("strict", 1, "type-0", slo(Slo.Urgency.STRICT, "1s")),
                new RequestClass("relaxed", 3, "type-0", slo(Slo.Urgency.RELAXED, "20s")));
        Workload singleStrict = workload("single-strict", pool, single.instanceTypes(), strict);
        Workload singlePartly = workload("single-mixed", pool, single.instanceTypes(), half);
        List<RequestClass> allStrict = one.application().classes().stream()
                .filter(c -> c.slo().urgency() == Slo.Urgency.STRICT)
                .toList();
        Workload oneStrict = workload("workload-1-strict", one.application().pool(), one.instanceTypes(), allStrict);
        return List.of(
                new Setting("A: five models, a function 7 to 12 times a full VM", oneStrict, one, stack -> stack),
                new Setting("B: one model, a function 2.4 times a full VM", singleStrict, singlePartly, stack -> stack),
                new Setting(
                        "C: as B with 3,008 MB functions, 3.4 times",
                        singleStrict,
                        singlePartly,
                        ParagonReproduction::withLargeFunctions));
    }

    private static Stack withLargeFunctions(Stack stack) {
        if (stack.dispatcher().policy().equals("instances-only")) {
            return stack;
        }
        var settings = stack.dispatcher().settings().deepCopy().put("memoryMb", 3008);
        return new Stack(
                stack.name(),
                stack.description(),
                stack.modelSelector(),
                new PolicySpec(stack.dispatcher().policy(), settings),
                stack.resourceProvisioner(),
                stack.coldStartManager());
    }

    private Schemes schemes(RunPool pool, Setting setting, String classes, Workload workload) {
        ServiceCatalog catalog = catalog(workload);
        Map<String, Map<String, Future<List<Sum>>>> futures = new LinkedHashMap<>();
        traces.forEach((name, trace) -> {
            Map<String, Future<List<Sum>>> byScheme = new LinkedHashMap<>();
            for (String scheme : SCHEMES) {
                Stack stack = setting.change().apply(registry.stack(scheme));
                byScheme.put(scheme, pool.submit(() -> samples(trace, catalog, stack)));
            }
            futures.put(name, byScheme);
        });
        return new Schemes(setting, classes, futures);
    }

    private List<Sum> samples(ArrivalTrace trace, ServiceCatalog catalog, Stack stack) {
        Duration day = trace.duration().compareTo(Duration.ofDays(1)) < 0 ? trace.duration() : Duration.ofDays(1);
        Duration length = trace.duration().compareTo(HOUR) < 0 ? trace.duration() : HOUR;
        long spacing = day.minus(length).toSeconds() / (SAMPLES - 1);
        List<Sum> sums = new ArrayList<>();
        for (int i = 0; i < SAMPLES; i++) {
            ArrivalTrace sample =
                    trace.window(Duration.ofSeconds(i * spacing), length).scaleToMean(meanRate);
            sums.add(Sum.of(simulate(catalog, stack, sample)));
        }
        return sums;
    }

    private List<Claim> schemeClaims(Schemes schemes) {
        String setting = schemes.setting().name() + ", " + schemes.classes();
        List<Claim> claims = new ArrayList<>();
        if (schemes.classes().equals("all strict")) {
            claims.add(ratioClaim(
                    schemes,
                    setting,
                    "util-aware-vms",
                    "section 4, figure 5",
                    "util_aware rents 1.2 to 1.3 times the VMs of reactive, on all four traces",
                    "util-aware",
                    "reactive",
                    Sum::vmHours,
                    r -> r >= 1.15 && r <= 1.35,
                    r -> r > 1.05));
            claims.add(ratioClaim(
                    schemes,
                    setting,
                    "exascale-vms",
                    "section 4, figure 5",
                    "exascale rents 1.2 to 1.3 times the VMs of reactive, on all four traces",
                    "exascale",
                    "reactive",
                    Sum::vmHours,
                    r -> r >= 1.15 && r <= 1.35,
                    r -> r > 1.05));
            claims.add(ratioClaim(
                    schemes,
                    setting,
                    "util-aware-violations",
                    "section 4, figure 6",
                    "util_aware breaks fewer SLOs than reactive",
                    "util-aware",
                    "reactive",
                    Sum::violationRatio,
                    r -> r < 1,
                    r -> false));
            claims.add(ratioClaim(
                    schemes,
                    setting,
                    "exascale-violations",
                    "section 4, figure 6",
                    "exascale breaks fewer SLOs than reactive",
                    "exascale",
                    "reactive",
                    Sum::violationRatio,
                    r -> r < 1,
                    r -> false));
            claims.add(ratioClaim(
                    schemes,
                    setting,
                    "mixed-cost",
                    "section 4, figure 9",
                    "mixed costs about as much as reactive",
                    "mixed",
                    "reactive",
                    Sum::usd,
                    r -> Math.abs(r - 1) <= EQUAL,
                    r -> Math.abs(r - 1) <= 2.5 * EQUAL));
            claims.add(ratioClaim(
                    schemes,
                    setting,
                    "mixed-violations",
                    "section 4, figure 9",
                    "mixed breaks up to 60 % fewer SLOs than reactive",
                    "mixed",
                    "reactive",
                    Sum::violationRatio,
                    r -> r <= 0.4,
                    r -> r < 1));
            double wiki = ratio(schemes, "wiki", "mixed", "reactive", Sum::usd);
            claims.add(new Claim(
                    "mixed-wiki",
                    "section 4",
                    "On Wiki, whose peaks are small, mixed saves nothing",
                    setting,
                    format("mixed over reactive: x%.2f", wiki),
                    wiki >= 0.99 ? Verdict.HOLDS : Verdict.FAILS));
        } else {
            claims.add(ratioClaim(
                    schemes,
                    setting,
                    "paragon-cost",
                    "section 5, figure 9",
                    "Paragon costs 10 % less than mixed",
                    "paragon",
                    "mixed",
                    Sum::usd,
                    r -> r <= 0.95,
                    r -> r < 1));
            claims.add(violationsClaim(schemes, setting));
        }
        return claims;
    }

    private Claim ratioClaim(
            Schemes schemes,
            String setting,
            String id,
            String source,
            String published,
            String scheme,
            String over,
            ToDoubleFunction<Sum> what,
            DoublePredicate holds,
            DoublePredicate partly) {
        List<String> measured = new ArrayList<>();
        int holding = 0;
        int tending = 0;
        for (String trace : traces.keySet()) {
            double ratio = ratio(schemes, trace, scheme, over, what);
            measured.add(format("%s x%.2f", trace, ratio));
            holding += holds.test(ratio) ? 1 : 0;
            tending += holds.test(ratio) || partly.test(ratio) ? 1 : 0;
        }
        Verdict verdict = holding == traces.size()
                ? Verdict.HOLDS
                : holding > 0 || tending == traces.size() ? Verdict.PARTLY : Verdict.FAILS;
        return new Claim(
                id, source, published, setting, scheme + " over " + over + ": " + String.join(", ", measured), verdict);
    }

    /** Similar: within half a point, or better. */
    private Claim violationsClaim(Schemes schemes, String setting) {
        List<String> measured = new ArrayList<>();
        int holding = 0;
        for (String trace : traces.keySet()) {
            double paragon = 100 * schemes.of(trace, "paragon").violationRatio();
            double mixed = 100 * schemes.of(trace, "mixed").violationRatio();
            measured.add(format("%s %.2f %% against %.2f %%", trace, paragon, mixed));
            holding += paragon <= mixed + 0.5 ? 1 : 0;
        }
        return new Claim(
                "paragon-violations",
                "section 5, figure 9",
                "Paragon breaks about as few SLOs as mixed",
                setting,
                String.join(", ", measured),
                Verdict.of(holding, traces.size()));
    }

    private static double ratio(Schemes schemes, String trace, String scheme, String over, ToDoubleFunction<Sum> what) {
        double a = what.applyAsDouble(schemes.of(trace, scheme));
        double b = what.applyAsDouble(schemes.of(trace, over));
        return a == b ? 1 : a / b;
    }

    // model selection (section 5)

    private static Map<String, PolicySpec> selectors() {
        Map<String, PolicySpec> selectors = new LinkedHashMap<>();
        selectors.put("paragon", PolicySpec.of("paragon"));
        selectors.put("fastest", PolicySpec.of("fastest"));
        selectors.put("random feasible", PolicySpec.of("random"));
        selectors.put("random within latency", new PolicySpec("random", (ObjectNode)
                Json.parse("selector", "{\"filter\": \"latency\"}")));
        selectors.put("most accurate", PolicySpec.of("most-accurate"));
        return selectors;
    }

    private Claim selectionClaim(Map<String, Map<String, Future<List<Sum>>>> runs) {
        Map<String, Double> usd = new LinkedHashMap<>();
        runs.values()
                .forEach(bySelector -> bySelector.forEach((selector, sums) ->
                        RunPool.await(sums).forEach(sum -> usd.merge(selector, sum.usd(), Double::sum))));
        double paragon = Objects.requireNonNull(usd.get("paragon"));
        List<String> measured = new ArrayList<>();
        int saves = 0;
        for (Map.Entry<String, Double> entry : usd.entrySet()) {
            if (!entry.getKey().equals("paragon")) {
                double saving = 1 - paragon / entry.getValue();
                measured.add(format("%.0f %% less than %s", 100 * saving, entry.getKey()));
                saves += saving >= 0.1 ? 1 : 0;
            }
        }
        return new Claim(
                "model-selection",
                "section 5, workload 2",
                "Joint model selection costs up to 20 % less than a naive one",
                "workload 2, InferAll pool, four traces",
                String.join(", ", measured),
                Verdict.of(saves, usd.size() - 1));
    }

    // what they share

    private SimulationResult simulate(ServiceCatalog catalog, Stack stack, ArrivalTrace trace) {
        return Simulation.of(catalog, registry.create(stack, catalog, SEED), trace, SEED)
                .withLog(new DecisionLog(1, 1))
                .run();
    }

    private ServiceCatalog catalog(Workload workload) {
        return new ServiceCatalog(workload, priceBook);
    }

    private static Workload workload(
            String name, ModelPool pool, List<String> instanceTypes, List<RequestClass> classes) {
        return new Workload(
                name,
                "",
                new Application(name, pool, classes),
                instanceTypes,
                new FunctionConfiguration(MEMORY, 1000),
                PRICE_BOOK);
    }

    private static Slo slo(Slo.Urgency urgency, String maxLatency) {
        return new Slo(urgency, Durations.parse(maxLatency), null, null);
    }

    private static <K> Sum get(Map<K, Future<Sum>> runs, K key) {
        return RunPool.await(Objects.requireNonNull(runs.get(key)));
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
