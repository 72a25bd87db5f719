package dev.purser.server;

import static dev.purser.server.Reproduction.format;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.purser.core.engine.DecisionLog;
import dev.purser.core.engine.RunResult;
import dev.purser.core.json.Durations;
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
import dev.purser.spi.PolicyRegistry;
import dev.purser.spi.PolicySpec;
import dev.purser.spi.Stack;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.function.DoublePredicate;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Replays the experiments of Paragon ("Towards Designing a Self-Managed Machine Learning Inference Serving System in
 * Public Cloud", WoSC'20) and holds each published relation against what is measured here. The paper gives relations and
 * not tables: its bars are pictures. It leaves open what a function costs beside a VM, on which everything hangs, so
 * the scheme comparison is made under more than one setting.
 */
final class ParagonReproduction implements Reproduction {
    private static final String PRICE_BOOK = "us-east-1-2019";
    private static final List<Integer> MEMORY = List.of(256, 512, 1024, 2048, 3008);
    private static final long SEED = 1;

    /** The largest function of the papers' time. */
    private static final int LARGE_MB = 3008;

    private static final double[] CONSTANT_RATES = {10, 50, 100, 200};

    /** The least and the most that counts as what the paper calls equal, or gives as a figure. */
    private static final double EQUAL = 0.1;

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
    private record Sum(double usd, double vmHours, long requests, long violations, long inaccurate, double millis) {
        static Sum of(RunResult result) {
            return new Sum(
                    result.bill().total().doubleValue(),
                    result.metrics().instanceSeconds() / 3600,
                    result.metrics().arrived(),
                    result.metrics().violations(),
                    result.metrics().accuracyViolations(),
                    result.metrics().latencyMicros().getMean() / 1000);
        }

        Sum plus(Sum other) {
            return new Sum(
                    usd + other.usd,
                    vmHours + other.vmHours,
                    requests + other.requests,
                    violations + other.violations,
                    inaccurate + other.inaccurate,
                    millis);
        }

        double violationRatio() {
            return requests == 0 ? 0 : (double) violations / requests;
        }

        double inaccurateRatio() {
            return requests == 0 ? 0 : (double) inaccurate / requests;
        }
    }

    /** What is asked under a setting, and the schemes that it takes. */
    private enum Question {
        OVERPROVISIONING("reactive", "util-aware", "exascale"),
        MIXED("reactive", "exascale", "mixed"),
        PARAGON("mixed", "paragon");

        private final ImmutableList<String> schemes;

        Question(String... schemes) {
            this.schemes = ImmutableList.copyOf(schemes);
        }
    }

    /** A workload and stacks under which the schemes are compared. */
    private record Setting(String name, Workload workload, UnaryOperator<Stack> change, List<Question> questions) {
        List<String> schemes() {
            return questions.stream()
                    .flatMap(q -> q.schemes.stream())
                    .distinct()
                    .toList();
        }
    }

    /** Sums by trace and scheme. */
    private record Schemes(Setting setting, Map<String, Map<String, Future<List<Sum>>>> futures) {
        Sum of(String trace, String scheme) {
            return RunPool.await(Objects.requireNonNull(
                            Objects.requireNonNull(futures.get(trace)).get(scheme)))
                    .stream()
                    .reduce(Sum::plus)
                    .orElseThrow();
        }
    }

    @Override
    public int size() {
        int schemes = settings().stream().mapToInt(s -> s.schemes().size()).sum() * traces.size();
        return 5 * CONSTANT_RATES.length * 2
                + memoryCases().size()
                + schemes
                + traces.size() * selectors().size();
    }

    @Override
    public Findings run(RunPool pool) {
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
            schemes.add(schemes(pool, setting));
        }
        Map<String, Map<String, Future<List<Sum>>>> selection = new LinkedHashMap<>();
        ServiceCatalog workload2 = catalog(Workloads.load("paragon-workload-2"));
        traces.forEach((name, trace) -> {
            Map<String, Future<List<Sum>>> bySelector = new LinkedHashMap<>();
            selectors().forEach((selector, spec) -> {
                Stack stack = registry.stack("paragon").withModelSelector(spec);
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
        return new Findings(ImmutableList.of(), claims.build());
    }

    // constant load

    private Sum constant(ModelPool models, Variant variant, double rate, String stack) {
        Workload workload = workload(
                "constant-" + variant.name(),
                new ModelPool(models.name(), models.source(), List.of(variant)),
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
                "At a constant 10, 50, 100 and 200 requests/s VMs are always cheaper than functions (characterisation)",
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
                "Bigger VMs cost about the same per request (characterisation)",
                "c5.2xlarge over c5.large, full load, from the profiles",
                String.join(", ", ratios),
                Verdict.of(equal, catalog.variants()));
    }

    // memory of functions

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
        Stack stack = withFunctions(base, "memoryMb", one.memoryMb());
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
                        "More memory makes a function faster (figure 7)",
                        setting,
                        "mean ms with rising memory: " + list(times),
                        Verdict.of(faster, steps)),
                new Claim(
                        "memory-cost",
                        "More memory makes a million inferences dearer (figure 7)",
                        setting,
                        format("USD per million: %s (dearer in %d of %d steps)", list(costs), dearer, steps),
                        Verdict.of(dearer, steps)),
                new Claim(
                        "memory-squeezenet",
                        "Squeezenet gains nothing beyond 2 GB (figure 7)",
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

    // the five schemes

    private List<Setting> settings() {
        Workload one = Workloads.load("paragon-workload-1");
        Workload single = Workloads.load("spock-single");
        ModelPool pool = single.application().pool();
        List<RequestClass> strict = List.of(new RequestClass("strict", 1, "type-0", slo(Slo.Urgency.STRICT, "1s")));
        List<RequestClass> partly = List.of(
                new RequestClass("strict", 1, "type-0", slo(Slo.Urgency.STRICT, "1s")),
                new RequestClass("relaxed", 3, "type-0", slo(Slo.Urgency.RELAXED, "20s")));
        Workload singleStrict = workload("single-strict", pool, single.instanceTypes(), strict);
        Workload singlePartly = workload("single-partly-strict", pool, single.instanceTypes(), partly);
        List<RequestClass> allStrict = one.application().classes().stream()
                .filter(c -> c.slo().urgency() == Slo.Urgency.STRICT)
                .toList();
        Workload oneStrict = workload("workload-1-strict", one.application().pool(), one.instanceTypes(), allStrict);
        List<Question> schemes = List.of(Question.OVERPROVISIONING, Question.MIXED);
        List<Question> paragon = List.of(Question.PARAGON);
        String a = "A: five models, a function call 7 to 12 times a full VM's";
        String b = "B: one model, a function call 2.3 times a full VM's";
        String c = "C: as B with 3,008 MB functions, 3.4 times";
        return List.of(
                new Setting(a + "; all strict", oneStrict, UnaryOperator.identity(), schemes),
                new Setting(a + "; 25 % strict", one, UnaryOperator.identity(), paragon),
                new Setting(b + "; all strict", singleStrict, UnaryOperator.identity(), schemes),
                new Setting(b + "; 25 % strict", singlePartly, UnaryOperator.identity(), paragon),
                new Setting(
                        c + "; all strict",
                        singleStrict,
                        stack -> withFunctions(stack, "memoryMb", LARGE_MB),
                        List.of(Question.MIXED)),
                new Setting(
                        c + "; 25 % strict",
                        singlePartly,
                        stack -> withFunctions(stack, "memoryMb", LARGE_MB),
                        paragon),
                new Setting(
                        "D: as B, and Paragon offloads relaxed requests that would be late (guard); 25 % strict",
                        singlePartly,
                        stack -> stack.name().equals("paragon") ? withFunctions(stack, "guard", true) : stack,
                        paragon));
    }

    /** The stack with a setting of its dispatcher changed, if it uses functions. */
    private static Stack withFunctions(Stack stack, String setting, Object value) {
        PolicySpec dispatcher = stack.dispatcher();
        return dispatcher.policy().equals("instances-only")
                ? stack
                : stack.withDispatcher(dispatcher.with(setting, value));
    }

    private Schemes schemes(RunPool pool, Setting setting) {
        ServiceCatalog catalog = catalog(setting.workload());
        Map<String, Map<String, Future<List<Sum>>>> futures = new LinkedHashMap<>();
        traces.forEach((name, trace) -> {
            Map<String, Future<List<Sum>>> byScheme = new LinkedHashMap<>();
            for (String scheme : setting.schemes()) {
                Stack stack = setting.change().apply(registry.stack(scheme));
                byScheme.put(scheme, pool.submit(() -> samples(trace, catalog, stack)));
            }
            futures.put(name, byScheme);
        });
        return new Schemes(setting, futures);
    }

    private List<Sum> samples(ArrivalTrace trace, ServiceCatalog catalog, Stack stack) {
        return Reproduction.samples(trace, meanRate).stream()
                .map(sample -> Sum.of(simulate(catalog, stack, sample)))
                .toList();
    }

    private List<Claim> schemeClaims(Schemes schemes) {
        List<Claim> claims = new ArrayList<>();
        for (Question question : schemes.setting().questions()) {
            claims.addAll(
                    switch (question) {
                        case OVERPROVISIONING -> overprovisioning(schemes);
                        case MIXED -> mixed(schemes);
                        case PARAGON -> paragon(schemes);
                    });
        }
        return claims;
    }

    private List<Claim> overprovisioning(Schemes schemes) {
        List<Claim> claims = new ArrayList<>();
        for (String scheme : List.of("util-aware", "exascale")) {
            claims.add(ratioClaim(
                    schemes,
                    scheme + "-vms",
                    scheme + " rents 1.2 to 1.3 times the VMs of reactive on all four traces (scaling study)",
                    scheme,
                    "reactive",
                    Sum::vmHours,
                    r -> r >= 1.15 && r <= 1.35,
                    r -> r > 1.05));
            claims.add(ratioClaim(
                    schemes,
                    scheme + "-violations",
                    scheme + " breaks fewer SLOs than reactive (scaling study)",
                    scheme,
                    "reactive",
                    Sum::violationRatio,
                    r -> r < 1,
                    r -> false));
        }
        return claims;
    }

    private List<Claim> mixed(Schemes schemes) {
        double wiki = ratio(schemes, "wiki", "mixed", "reactive", Sum::usd);
        return List.of(
                ratioClaim(
                        schemes,
                        "mixed-cost",
                        "mixed costs about as much as reactive (figure 8)",
                        "mixed",
                        "reactive",
                        Sum::usd,
                        r -> Math.abs(r - 1) <= EQUAL,
                        r -> Math.abs(r - 1) <= 2.5 * EQUAL),
                ratioClaim(
                        schemes,
                        "mixed-violations",
                        "mixed breaks up to 60 % fewer SLOs than reactive (figure 8)",
                        "mixed",
                        "reactive",
                        Sum::violationRatio,
                        r -> r <= 0.4,
                        r -> r < 1),
                pointsClaim(
                        schemes,
                        "mixed-as-exascale",
                        "mixed breaks about as few SLOs as exascale (scaling study)",
                        "mixed",
                        "exascale"),
                new Claim(
                        "mixed-wiki",
                        "On Wiki, whose peaks are small, mixed saves nothing (scaling study)",
                        schemes.setting().name(),
                        format("mixed over reactive: x%.2f", wiki),
                        wiki >= 0.99 ? Verdict.HOLDS : Verdict.FAILS));
    }

    private List<Claim> paragon(Schemes schemes) {
        return List.of(
                ratioClaim(
                        schemes,
                        "paragon-cost",
                        "Paragon costs 10 % less than mixed (figure 8)",
                        "paragon",
                        "mixed",
                        Sum::usd,
                        r -> r <= 0.95,
                        r -> r < 1),
                pointsClaim(
                        schemes,
                        "paragon-violations",
                        "Paragon breaks about as few SLOs as mixed (figure 8)",
                        "paragon",
                        "mixed"));
    }

    private Claim ratioClaim(
            Schemes schemes,
            String id,
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
                id,
                published,
                schemes.setting().name(),
                scheme + " over " + over + ": " + String.join(", ", measured),
                verdict);
    }

    /** About as few: at most half a percentage point more. */
    private Claim pointsClaim(Schemes schemes, String id, String published, String scheme, String against) {
        List<String> measured = new ArrayList<>();
        int holding = 0;
        for (String trace : traces.keySet()) {
            double one = 100 * schemes.of(trace, scheme).violationRatio();
            double other = 100 * schemes.of(trace, against).violationRatio();
            measured.add(format("%s %.2f against %.2f", trace, one, other));
            holding += one <= other + 0.5 ? 1 : 0;
        }
        return new Claim(
                id,
                published,
                schemes.setting().name(),
                scheme + " against " + against + ", % broken: " + String.join(", ", measured),
                Verdict.of(holding, traces.size()));
    }

    private static double ratio(Schemes schemes, String trace, String scheme, String over, ToDoubleFunction<Sum> what) {
        double a = what.applyAsDouble(schemes.of(trace, scheme));
        double b = what.applyAsDouble(schemes.of(trace, over));
        return a == b ? 1 : a / b;
    }

    // model selection

    private static Map<String, PolicySpec> selectors() {
        Map<String, PolicySpec> selectors = new LinkedHashMap<>();
        selectors.put("paragon", PolicySpec.of("paragon"));
        selectors.put("fastest", PolicySpec.of("fastest"));
        selectors.put("random feasible", PolicySpec.of("random"));
        selectors.put("random within latency", PolicySpec.of("random").with("filter", "latency"));
        selectors.put("most accurate", PolicySpec.of("most-accurate"));
        return selectors;
    }

    /** Those that break what was asked of accuracy are told and do not count: they answer an easier question. */
    private Claim selectionClaim(Map<String, Map<String, Future<List<Sum>>>> runs) {
        Map<String, Sum> sums = new LinkedHashMap<>();
        runs.values()
                .forEach(bySelector -> bySelector.forEach((selector, futures) ->
                        RunPool.await(futures).forEach(sum -> sums.merge(selector, sum, Sum::plus))));
        double paragon = Objects.requireNonNull(sums.get("paragon")).usd();
        List<String> measured = new ArrayList<>();
        int saves = 0;
        int cases = 0;
        for (Map.Entry<String, Sum> entry : sums.entrySet()) {
            double saving = 1 - paragon / entry.getValue().usd();
            double inaccurate = entry.getValue().inaccurateRatio();
            if (entry.getKey().equals("paragon")) {
                continue;
            }
            if (inaccurate > 0.01) {
                measured.add(
                        format("%s is too inaccurate for %.0f %% of the requests", entry.getKey(), 100 * inaccurate));
            } else {
                measured.add(format("%.0f %% less than %s", 100 * saving, entry.getKey()));
                cases++;
                saves += saving >= EQUAL ? 1 : 0;
            }
        }
        return new Claim(
                "model-selection",
                "Joint model selection costs up to 20 % less than a naive one (workload 2)",
                "workload 2, InferAll pool, four traces",
                String.join("; ", measured),
                Verdict.of(saves, cases));
    }

    // what they share

    private RunResult simulate(ServiceCatalog catalog, Stack stack, ArrivalTrace trace) {
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
}
