package dev.purser.server;

import static dev.purser.server.Reproduction.format;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.purser.core.engine.ControllerSettings;
import dev.purser.core.engine.DecisionLog;
import dev.purser.core.engine.RunResult;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.trace.ArrivalTrace;
import dev.purser.core.trace.Traces;
import dev.purser.core.workload.Workload;
import dev.purser.core.workload.Workloads;
import dev.purser.server.Claim.Verdict;
import dev.purser.sim.Faults;
import dev.purser.sim.Simulation;
import dev.purser.sim.SimulatorSettings;
import dev.purser.sim.SpotMarket;
import dev.purser.sim.Spread;
import dev.purser.spi.PolicyRegistry;
import dev.purser.spi.PolicySpec;
import dev.purser.spi.Stack;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Replays the experiments of MArk ("MArk: Exploiting Cloud Services for Cost-Effective, SLO-Aware Machine Learning
 * Inference Serving", ATC'19, as its poster and abstract give them): cost, promises and latencies beside a managed service
 * on a trace and on an MMPP, sudden surges, and the loss of most of a spot fleet. The load is Inception-v3, in which a
 * {@code c5.large} serves 284 requests a minute; an instance takes 180 s to serve, which is the release's launch overhead.
 */
final class MarkReproduction implements Reproduction {
    private static final String MARK = "mark";
    private static final String SPOT = "mark-spot";
    private static final String MANAGED = "sagemaker";
    /** The sampling window of the release. */
    private static final Duration WINDOW = Duration.ofSeconds(5);

    private static final Duration BOOT = Duration.ofMinutes(3);
    private static final long SEED = 1;
    /** Requests a minute of the surge experiment, and its bursts. */
    private static final double SURGE_BASE = 5000;

    private static final double[] BURSTS = {0.25, 0.5, 1};
    /** Least share of the requests that are to keep their promise, in percent. */
    private static final double SLO_PERCENT = 98;

    private final PolicyRegistry registry;
    private final ImmutableMap<String, ArrivalTrace> traces;
    private final double meanRate;
    private final SimulatorSettings simulator =
            SimulatorSettings.defaults().withInstanceBoot(BOOT, Spread.lognormal(0.1));

    /**
     * @param registry makes the policies
     * @param traces the two loads: twitter and mmpp
     * @param meanRate what each sample is scaled to, in requests per second
     */
    MarkReproduction(PolicyRegistry registry, ImmutableMap<String, ArrivalTrace> traces, double meanRate) {
        this.registry = registry;
        this.traces = traces;
        this.meanRate = meanRate;
    }

    /** An assumption that the paper leaves open, and what the stack that it is about is changed to. */
    private record Assumption(String name, String stack, UnaryOperator<Stack> change) {}

    private static UnaryOperator<Stack> provisioner(String setting, Object value) {
        return stack ->
                stack.withResourceProvisioner(stack.resourceProvisioner().with(setting, value));
    }

    private static final List<String> CPU_TYPES = List.of("c5.large", "c5.xlarge", "c5.2xlarge", "c5.4xlarge");

    private static List<Assumption> assumptions() {
        return List.of(
                new Assumption(
                        "the managed service asks no premium (c5.large at the price of EC2)",
                        MANAGED,
                        provisioner("instanceType", "c5.large")),
                new Assumption(
                        "the managed service plans with 70 % of the capacity, not 50 %",
                        MANAGED, provisioner("safetyFactor", 0.7)),
                new Assumption(
                        "the managed service rents GPUs and batches (ml.p2.xlarge, greedy batches, target for batches of 8)",
                        MANAGED,
                        stack -> provisioner("target", 0.5 * 3320)
                                .apply(provisioner("instanceType", "ml.p2.xlarge")
                                        .apply(stack.withBatchingPolicy(PolicySpec.of("greedy"))))),
                new Assumption("MArk rents no GPU", MARK, provisioner("instanceTypes", CPU_TYPES)),
                new Assumption("MArk plans without its safety factor of 1.2", MARK, provisioner("safety", 1)),
                new Assumption("MArk uses no functions", MARK, MarkReproduction::withoutFunctions));
    }

    private static Stack withoutFunctions(Stack mark) {
        return mark.withDispatcher(mark.dispatcher().with("functions", false));
    }

    @Override
    public int size() {
        return SAMPLES * (traces.size() * 3 + assumptions().size()) + BURSTS.length * 3 + 4;
    }

    @Override
    public Findings run(RunPool pool) {
        ServiceCatalog catalog = catalog(Workloads.load("mark"));
        Map<String, Map<String, List<Future<RunResult>>>> main = new LinkedHashMap<>();
        traces.forEach((name, trace) -> {
            Map<String, List<Future<RunResult>>> byStack = new LinkedHashMap<>();
            for (String stack : List.of(MARK, SPOT, MANAGED)) {
                byStack.put(stack, samples(pool, catalog, registry.stack(stack), trace));
            }
            main.put(name, byStack);
        });
        ArrivalTrace twitter = Objects.requireNonNull(traces.get("twitter"));
        Map<Assumption, List<Future<RunResult>>> changed = new LinkedHashMap<>();
        for (Assumption assumption : assumptions()) {
            Stack stack = assumption.change().apply(registry.stack(assumption.stack()));
            changed.put(assumption, samples(pool, catalog, stack, twitter));
        }
        List<Surge> surges = new ArrayList<>();
        for (double burst : BURSTS) {
            surges.add(surge(pool, catalog, burst));
        }
        Losses losses = losses(pool, catalog);

        ImmutableList.Builder<Measured> runs = ImmutableList.builder();
        Map<String, Map<String, Measured>> measured = new LinkedHashMap<>();
        main.forEach((trace, byStack) -> {
            Map<String, Measured> ofTrace = new LinkedHashMap<>();
            byStack.forEach((stack, futures) -> ofTrace.put(stack, sum(trace, stack, futures)));
            runs.addAll(ofTrace.values());
            measured.put(trace, ofTrace);
        });
        surges.forEach(surge -> runs.addAll(surge.measured()));
        runs.addAll(losses.measured());

        ImmutableList.Builder<Claim> claims = ImmutableList.builder();
        claims.add(costPerMillion(catalog));
        claims.add(gpuNeedsBatches(catalog));
        measured.forEach((trace, byStack) -> claims.addAll(mainClaims(trace, byStack)));
        claims.add(assumptionsClaim(Objects.requireNonNull(measured.get("twitter")), changed));
        claims.addAll(surgeClaims(surges));
        claims.addAll(losses.claims());
        return new Findings(runs.build(), claims.build());
    }

    // capacities and prices

    private static double usdPerMillion(ServiceCatalog catalog, int type, int batch) {
        int variant = catalog.namedVariant(0);
        return catalog.usdPerSecond(type) / catalog.capacity(catalog.fleet(variant, type), batch) * 1e6;
    }

    private static int type(ServiceCatalog catalog, String name) {
        return catalog.workload().instanceTypes().indexOf(name);
    }

    private static Claim costPerMillion(ServiceCatalog catalog) {
        List<String> cells = new ArrayList<>();
        double before = 0;
        int rising = 0;
        for (String name : CPU_TYPES) {
            double usd = usdPerMillion(catalog, type(catalog, name), 1);
            cells.add(format("%s %.2f", name, usd));
            rising += usd > before ? 1 : 0;
            before = usd;
        }
        return new Claim(
                "smaller-is-cheaper",
                "On demand, the smaller CPU instances have the better performance for their price (poster)",
                "capacities of the release, prices of us-east-1-2019",
                "USD per million requests at full load: " + String.join(", ", cells),
                Verdict.of(rising, CPU_TYPES.size()));
    }

    private static Claim gpuNeedsBatches(ServiceCatalog catalog) {
        int gpu = type(catalog, "p2.xlarge");
        double batched = usdPerMillion(catalog, gpu, 8);
        double single = usdPerMillion(catalog, gpu, 1);
        double cpu = usdPerMillion(catalog, type(catalog, "c5.large"), 1);
        return new Claim(
                "gpu-needs-batches",
                "A GPU pays only with batches and high utilisation (poster)",
                "capacities of the release, prices of us-east-1-2019",
                format(
                        "USD per million requests: p2.xlarge %.2f in batches of 8, %.1f singly; c5.large %.2f",
                        batched, single, cpu),
                batched < cpu && single > cpu ? Verdict.HOLDS : Verdict.FAILS);
    }

    // cost and promises

    private List<Future<RunResult>> samples(RunPool pool, ServiceCatalog catalog, Stack stack, ArrivalTrace trace) {
        return Reproduction.samples(trace, meanRate).stream()
                .map(sample -> pool.submit(() -> simulate(catalog, stack, sample, simulator)))
                .toList();
    }

    private static Measured sum(String experiment, String stack, List<Future<RunResult>> futures) {
        return Measured.of(
                experiment, stack, futures.stream().map(RunPool::await).toList());
    }

    private List<Claim> mainClaims(String trace, Map<String, Measured> runs) {
        Measured mark = Objects.requireNonNull(runs.get(MARK));
        Measured spot = Objects.requireNonNull(runs.get(SPOT));
        Measured managed = Objects.requireNonNull(runs.get(MANAGED));
        String setting = format("%s at %.0f requests/s, %d samples of an hour", trace, meanRate, SAMPLES);
        double onDemand = managed.usd() / mark.usd();
        double onSpot = managed.usd() / spot.usd();
        return List.of(
                new Claim(
                        "on-demand-" + trace,
                        "MArk on demand costs up to 3.6 times less than SageMaker (abstract)",
                        setting,
                        format("SageMaker over MArk: x%.2f", onDemand),
                        judge(onDemand, 3.6)),
                new Claim(
                        "spot-" + trace,
                        "MArk with spot instances costs up to 7.8 times less than SageMaker (abstract)",
                        setting,
                        format(
                                "SageMaker over MArk with spot: x%.2f; on demand over spot x%.2f",
                                onSpot, mark.usd() / spot.usd()),
                        judge(onSpot, 7.8)),
                new Claim(
                        "slo-" + trace,
                        "MArk keeps the promise for 98 % of the requests (release: 2 % violations)",
                        setting,
                        format(
                                "kept, %%: on demand %.2f, with spot %.2f (SageMaker %.2f)",
                                100 - mark.violationPercent(),
                                100 - spot.violationPercent(),
                                100 - managed.violationPercent()),
                        Verdict.of((keeps(mark) ? 1 : 0) + (keeps(spot) ? 1 : 0), 2)),
                new Claim(
                        "latency-" + trace,
                        "MArk's latencies are better than SageMaker's (poster)",
                        setting,
                        format(
                                "p50/p95/p98/p99, ms: MArk %s, with spot %s, SageMaker %s",
                                quantiles(mark), quantiles(spot), quantiles(managed)),
                        Verdict.of(
                                (mark.p50Ms() <= managed.p50Ms() ? 1 : 0)
                                        + (mark.p95Ms() <= managed.p95Ms() ? 1 : 0)
                                        + (mark.p99Ms() <= managed.p99Ms() ? 1 : 0),
                                3)));
    }

    /** "Up to" a ratio: reached to a tenth, or cheaper at all. */
    private static Verdict judge(double ratio, double published) {
        return ratio >= 0.9 * published ? Verdict.HOLDS : ratio > 1 ? Verdict.PARTLY : Verdict.FAILS;
    }

    private static boolean keeps(Measured runs) {
        return 100 - runs.violationPercent() >= SLO_PERCENT;
    }

    private static String quantiles(Measured runs) {
        return format("%.0f/%.0f/%.0f/%.0f", runs.p50Ms(), runs.p95Ms(), runs.p98Ms(), runs.p99Ms());
    }

    // assumptions

    private static Claim assumptionsClaim(
            Map<String, Measured> base, Map<Assumption, List<Future<RunResult>>> changed) {
        Measured mark = Objects.requireNonNull(base.get(MARK));
        Measured managed = Objects.requireNonNull(base.get(MANAGED));
        double unchanged = managed.usd() / mark.usd();
        List<String> measured = new ArrayList<>();
        measured.add(ratio("none changed", mark, managed));
        String most = "";
        double furthest = 0;
        int within = unchanged > 1 ? 1 : 0;
        for (Map.Entry<Assumption, List<Future<RunResult>>> entry : changed.entrySet()) {
            Assumption assumption = entry.getKey();
            Measured other = sum("", assumption.stack(), entry.getValue());
            Measured ofMark = assumption.stack().equals(MARK) ? other : mark;
            Measured ofManaged = assumption.stack().equals(MANAGED) ? other : managed;
            measured.add(ratio(assumption.name(), ofMark, ofManaged));
            double ratio = ofManaged.usd() / ofMark.usd();
            within += ratio > 1 ? 1 : 0;
            if (Math.abs(Math.log(ratio / unchanged)) > furthest) {
                furthest = Math.abs(Math.log(ratio / unchanged));
                most = assumption.name();
            }
        }
        return new Claim(
                "assumptions",
                "MArk on demand stays cheaper whatever is assumed where the paper is silent (ours)",
                "twitter, one assumption changed at a time",
                String.join("; ", measured) + ". What moves it most: " + most,
                Verdict.of(within, changed.size() + 1));
    }

    private static String ratio(String name, Measured mark, Measured managed) {
        return format(
                "%s: x%.2f (promises broken %.1f and %.1f %%)",
                name, managed.usd() / mark.usd(), mark.violationPercent(), managed.violationPercent());
    }

    // surges

    private record Surge(double burst, Map<String, Future<Measured>> runs) {
        Measured of(String stack) {
            return RunPool.await(Objects.requireNonNull(runs.get(stack)));
        }

        List<Measured> measured() {
            return runs.keySet().stream().map(this::of).toList();
        }
    }

    private static final String NO_FUNCTIONS = "mark without functions";

    private Surge surge(RunPool pool, ServiceCatalog catalog, double burst) {
        ArrivalTrace trace = Traces.of(format(
                "flash-crowd:base=%.4f,factor=%.2f,start=13m,ramp=0s,hold=17m,decay=0s,duration=30m",
                SURGE_BASE / 60, 1 + burst));
        Map<String, Stack> stacks = new LinkedHashMap<>();
        stacks.put(MARK, registry.stack(MARK));
        stacks.put(NO_FUNCTIONS, withoutFunctions(registry.stack(MARK)));
        stacks.put(MANAGED, registry.stack(MANAGED));
        Map<String, Future<Measured>> runs = new LinkedHashMap<>();
        stacks.forEach((name, stack) -> runs.put(
                name,
                pool.submit(() -> Measured.of(
                        format("surge of %.0f %%", 100 * burst),
                        name,
                        List.of(simulate(catalog, stack, trace, simulator))))));
        return new Surge(burst, runs);
    }

    private static List<Claim> surgeClaims(List<Surge> surges) {
        List<String> measured = new ArrayList<>();
        int better = 0;
        int kept = 0;
        for (Surge surge : surges) {
            Measured with = surge.of(MARK);
            Measured without = surge.of(NO_FUNCTIONS);
            Measured managed = surge.of(MANAGED);
            measured.add(format(
                    "%.0f %%: %.2f, %.2f without functions, SageMaker %.2f",
                    100 * surge.burst(),
                    with.violationPercent(),
                    without.violationPercent(),
                    managed.violationPercent()));
            better += with.violationPercent() <= without.violationPercent()
                            && with.violationPercent() <= managed.violationPercent()
                    ? 1
                    : 0;
            kept += keeps(with) ? 1 : 0;
        }
        String setting = "5,000 requests a minute, at minute 13 suddenly more, for 17 minutes";
        String broken = "promises broken, %, by surge: " + String.join("; ", measured);
        return List.of(
                new Claim(
                        "surge-functions",
                        "Functions take sudden surges while instances boot (poster)",
                        setting,
                        broken,
                        Verdict.of(better, surges.size())),
                new Claim(
                        "surge-slo",
                        "The promise is kept through sudden surges (poster)",
                        setting,
                        surges.stream()
                                .map(surge -> format(
                                        "%.0f %%: kept for %.2f %%",
                                        100 * surge.burst(),
                                        100 - surge.of(MARK).violationPercent()))
                                .collect(Collectors.joining("; ")),
                        Verdict.of(kept, surges.size())));
    }

    // loss of spot instances

    /** A run in which instances were taken, and how many; and how many requests were lost with them. */
    private record Loss(Measured measured, long taken, long lost) {
        private static final String EXPERIMENT = "80 % of 20 spot instances taken back";

        static Loss of(String name, RunResult result) {
            return new Loss(
                    Measured.of(EXPERIMENT, name, List.of(result)),
                    result.log().instanceEvents().stream()
                            .filter(event -> event.kind().equals("interrupted"))
                            .count(),
                    result.metrics().failed());
        }
    }

    private record Losses(List<Future<Loss>> runs) {
        List<Measured> measured() {
            return runs.stream().map(RunPool::await).map(Loss::measured).toList();
        }

        List<Claim> claims() {
            List<String> cells = new ArrayList<>();
            int kept = 0;
            int cases = 0;
            long lost = 0;
            for (Future<Loss> run : runs) {
                Loss loss = RunPool.await(run);
                Measured one = loss.measured();
                cells.add(format("%s: %d taken, %.2f %% broken", one.stack(), loss.taken(), one.violationPercent()));
                lost += loss.lost();
                if (one.stack().contains("10 backups")) {
                    kept += keeps(one) ? 1 : 0;
                    cases++;
                }
            }
            return List.of(new Claim(
                    "interruption",
                    "With 80 % of 20 spot machines interrupted the promise is kept (poster)",
                    "c5.large on the spot market, 69 requests/s for half an hour, taken back at minute 10",
                    String.join("; ", cells) + format("; %d requests lost", lost),
                    lost > 0 ? Verdict.FAILS : Verdict.of(kept, cases)));
        }
    }

    private Losses losses(RunPool pool, ServiceCatalog catalog) {
        // MArk then holds 20 instances of 284 requests a minute: its safety factor, and the greatest of twelve windows
        ArrivalTrace trace = Traces.of("constant:rate=69,duration=30m");
        List<Future<Loss>> runs = new ArrayList<>();
        for (int backups : new int[] {10, 0}) {
            for (boolean notice : new boolean[] {true, false}) {
                Stack spot = registry.stack(SPOT);
                Stack stack = spot.withResourceProvisioner(spot.resourceProvisioner()
                        .with("instanceTypes", List.of("c5.large"))
                        .with("backups", backups)
                        .with("backupType", "t2.medium"));
                SimulatorSettings hit = simulator
                        .withSpot(new SpotMarket(null, Duration.ZERO, Duration.ofMinutes(2), notice ? 0 : 1, 0, 0.8))
                        .withFaults(new Faults(
                                0, 0, List.of(), List.of(new Faults.Interruption(Duration.ofMinutes(10), 0.8, null))));
                String name = (backups == 0 ? "no backups" : backups + " backups") + (notice ? "" : ", no notice");
                runs.add(pool.submit(() -> Loss.of(name, simulate(catalog, stack, trace, hit))));
            }
        }
        return new Losses(runs);
    }

    // what they share

    private RunResult simulate(ServiceCatalog catalog, Stack stack, ArrivalTrace trace, SimulatorSettings settings) {
        return Simulation.of(catalog, registry.create(stack, catalog, SEED), trace, SEED)
                .withSettings(settings)
                .withController(ControllerSettings.defaults()
                        .withControlInterval(WINDOW)
                        .withInitialRate(Simulation.initialRate(trace)))
                .withLog(new DecisionLog(100, 1))
                .run();
    }

    private static ServiceCatalog catalog(Workload workload) {
        return new ServiceCatalog(workload, PriceBooks.named(workload.priceBook()));
    }
}
