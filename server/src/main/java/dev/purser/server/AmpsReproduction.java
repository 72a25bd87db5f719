package dev.purser.server;

import static dev.purser.server.Reproduction.format;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.purser.core.partition.CutRule;
import dev.purser.core.partition.FunctionLimits;
import dev.purser.core.partition.Infeasible;
import dev.purser.core.partition.LayerGraph;
import dev.purser.core.partition.PartitionPlan;
import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.partition.Partitioning;
import dev.purser.core.policy.Partitioner;
import dev.purser.core.pricing.PriceBook;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.trace.ArrivalTrace;
import dev.purser.partitioner.cost.CalibratedCosts;
import dev.purser.partitioner.cost.Calibration;
import dev.purser.partitioner.cost.Limits;
import dev.purser.partitioner.plan.Baselines;
import dev.purser.partitioner.plan.ExactPartitioner;
import dev.purser.partitioner.plan.RandomPartitioner;
import dev.purser.server.Claim.Verdict;
import dev.purser.server.partition.PartitionSubject;
import dev.purser.spi.PolicyRegistry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * AMPS-Inf's figures (Jarachanthan et al., ICPP'21, slides): one function and two, the settings of SageMaker, the baselines,
 * and batches. The models are made up with the published architectures; random weights change nothing of a plan.
 *
 * <p>The paper's functions are gone, so that seconds come from the calibration {@code cold}, which is fitted to the
 * published ones. What is judged beside the fit is what follows from it: money, cuts, memories and savings.
 */
final class AmpsReproduction implements Reproduction {
    private static final List<String> NETWORKS =
            List.of("mobilenet", "resnet50", "inception-v3", "wide-resnet50-2", "vgg16");

    private static final String MOBILENET = "mobilenet";
    private static final String RESNET = "resnet50";
    private static final String INCEPTION = "inception-v3";
    private static final String SETTING = "calibration cold, lambda-2021, us-east-1-2026, single-tensor cuts";
    private static final double MEGABYTES_PER_GIGABYTE = 1024;

    /** How far seconds may be from the published ones: the fit's own error. */
    private static final double SECONDS_PERCENT = 2.5;

    private record Published(int memoryMb, double seconds, double usd) {}

    private static final List<Published> MOBILENET_ROWS = List.of(
            new Published(512, 22.03, 0.00018),
            new Published(1024, 10.65, 0.00017),
            new Published(1536, 7.52, 0.00019),
            new Published(2048, 6.38, 0.00021));

    private static final List<Published> RESNET_ROWS =
            List.of(new Published(512, 47.078, 0.0017), new Published(1024, 21.799, 0.0011));

    /** Dollars of a request to ResNet50, and what AMPS-Inf is said to save, in percent. */
    private record SageMaker(String setting, double usd, double savedPercent) {}

    private static final List<SageMaker> SAGEMAKER = List.of(
            new SageMaker("Sage 1 (notebook, ml.t2.medium)", 0.014, 92.85),
            new SageMaker("Sage 2 (hosting, ml.m4.xlarge)", 0.056, 98.18));

    /** Promises under which the baselines are compared, in milliseconds. */
    private static final ImmutableMap<String, List<Long>> PROMISES = ImmutableMap.of(
            RESNET,
            List.of(22_800L, 20_000L, 18_000L, 16_000L, 14_000L),
            INCEPTION,
            List.of(22_800L, 20_000L, 16_000L));

    private final PriceBook prices = PriceBooks.named("us-east-1-2026");
    private final FunctionLimits limits = Limits.load("lambda-2021");

    /** The paper needs neither policies nor arrivals. */
    AmpsReproduction(PolicyRegistry registry, ImmutableMap<String, ArrivalTrace> traces, double meanRate) {}

    @Override
    public int size() {
        return NETWORKS.size();
    }

    @Override
    public Findings run(RunPool pool) {
        Map<String, Future<LayerGraph>> made = new LinkedHashMap<>();
        NETWORKS.forEach(network -> made.put(network, pool.submit(() -> {
            try (PartitionSubject subject = PartitionSubject.of(network, Map.of(), Map.of(), true)) {
                return subject.graph();
            }
        })));
        Map<String, LayerGraph> graphs = new LinkedHashMap<>();
        made.forEach((network, graph) -> graphs.put(network, RunPool.await(graph)));

        ImmutableList.Builder<Sheet> sheets = ImmutableList.builder();
        ImmutableList.Builder<Claim> claims = ImmutableList.builder();
        mobilenet(graph(graphs, MOBILENET), sheets, claims);
        resnet(graph(graphs, RESNET), sheets, claims);
        sagemaker(graph(graphs, RESNET), sheets, claims);
        baselines(graphs, sheets, claims);
        batches(graph(graphs, MOBILENET), sheets, claims);
        fewestParts(graphs, sheets, claims);
        claims.add(evenLayers(graphs));
        return new Findings(ImmutableList.of(), sheets.build(), claims.build());
    }

    private static LayerGraph graph(Map<String, LayerGraph> graphs, String network) {
        return Objects.requireNonNull(graphs.get(network));
    }

    private PartitionRequest request(LayerGraph graph) {
        return PartitionRequest.of(graph, new CalibratedCosts(Calibration.load("cold"), prices), limits);
    }

    private PartitionRequest warm(LayerGraph graph) {
        return PartitionRequest.of(graph, new CalibratedCosts(Calibration.load("warm"), prices), limits);
    }

    private static @Nullable PartitionPlan planned(Partitioner partitioner, PartitionRequest request) {
        Partitioning answer = partitioner.partition(request);
        return answer instanceof PartitionPlan plan ? plan : null;
    }

    private static PartitionPlan best(PartitionRequest request) {
        Partitioning answer = new ExactPartitioner().partition(request);
        return switch (answer) {
            case PartitionPlan plan -> plan;
            case Infeasible none ->
                throw new IllegalStateException(
                        request.graph().name() + ": " + none.reason().words());
        };
    }

    private double gbSeconds(double seconds, int memoryMb) {
        return seconds
                * memoryMb
                / MEGABYTES_PER_GIGABYTE
                * prices.function().usdPerGbSecond().doubleValue();
    }

    // one function, and two

    private void mobilenet(LayerGraph graph, ImmutableList.Builder<Sheet> sheets, ImmutableList.Builder<Claim> claims) {
        Sheet sheet = new Sheet(
                "MobileNet in one function",
                List.of("MB", "s published", "s", "off %", "$ published", "$ of the published s", "$"));
        int near = 0;
        int samePrice = 0;
        List<String> seconds = new ArrayList<>();
        List<String> dollars = new ArrayList<>();
        for (Published row : MOBILENET_ROWS) {
            PartitionPlan plan =
                    best(request(graph).withMemories(List.of(row.memoryMb())).withParts(1, 1));
            double ours = plan.millis() / 1000.0;
            double usd = plan.usd().doubleValue();
            sheet = sheet.with(
                    Table.number(row.memoryMb()),
                    format("%.2f", row.seconds()),
                    format("%.3f", ours),
                    format("%+.2f", percent(ours, row.seconds())),
                    format("%.5f", row.usd()),
                    format("%.7f", gbSeconds(row.seconds(), row.memoryMb())),
                    format("%.7f", usd));
            seconds.add(format("%.3f", ours));
            dollars.add(format("%.6f", usd));
            near += Math.abs(percent(ours, row.seconds())) <= 1 ? 1 : 0;
            // published with five decimals, one of them cut off
            samePrice += Math.abs(usd - row.usd()) < 1e-5 ? 1 : 0;
        }
        sheets.add(sheet);
        claims.add(new Claim(
                "mobilenet-seconds",
                "MobileNet in one function of 512, 1,024, 1,536 and 2,048 MB takes 22.03, 10.65, 7.52 and 6.38 s (slides)",
                "calibration cold, which is fitted to this row",
                "s: " + String.join(", ", seconds),
                Verdict.of(near, MOBILENET_ROWS.size())));
        claims.add(new Claim(
                "mobilenet-dollars",
                "... and costs $0.00018, 0.00017, 0.00019 and 0.00021 (slides)",
                SETTING,
                "$: " + String.join(", ", dollars) + " (the second is cut off, not rounded, in the slides)",
                Verdict.of(samePrice, MOBILENET_ROWS.size())));
        PartitionPlan cheapest = best(request(graph));
        claims.add(new Claim(
                "mobilenet-cheapest",
                "MobileNet is cheapest with 1,024 MB (slides)",
                SETTING + ", all 46 memory settings",
                format(
                        "%d function, %s MB, $%.8f",
                        cheapest.parts().size(),
                        cheapest.memories(),
                        cheapest.usd().doubleValue()),
                cheapest.memories().equals(List.of(1024)) ? Verdict.HOLDS : Verdict.FAILS));
    }

    private void resnet(LayerGraph graph, ImmutableList.Builder<Sheet> sheets, ImmutableList.Builder<Claim> claims) {
        Sheet sheet = new Sheet(
                "ResNet50 in two functions",
                List.of(
                        "MB",
                        "s published",
                        "s",
                        "off %",
                        "$ published",
                        "$ of the published s",
                        "$",
                        "published / of its s"));
        int near = 0;
        int consistent = 0;
        List<String> seconds = new ArrayList<>();
        List<String> ratios = new ArrayList<>();
        for (Published row : RESNET_ROWS) {
            PartitionPlan plan =
                    best(request(graph).withMemories(List.of(row.memoryMb())).withParts(2, 2));
            double ours = plan.millis() / 1000.0;
            double own = gbSeconds(row.seconds(), row.memoryMb());
            sheet = sheet.with(
                    Table.number(row.memoryMb()),
                    format("%.3f", row.seconds()),
                    format("%.3f", ours),
                    format("%+.2f", percent(ours, row.seconds())),
                    format("%.4f", row.usd()),
                    format("%.6f", own),
                    format("%.6f", plan.usd().doubleValue()),
                    format("%.1f", row.usd() / own));
            seconds.add(format("%.3f (%+.1f %%)", ours, percent(ours, row.seconds())));
            ratios.add(format(
                    "%d MB: %.3f s are $%.6f, published is x%.1f",
                    row.memoryMb(), row.seconds(), own, row.usd() / own));
            near += Math.abs(percent(ours, row.seconds())) <= SECONDS_PERCENT ? 1 : 0;
            consistent += row.usd() / own < 1.1 ? 1 : 0;
        }
        sheets.add(sheet);
        claims.add(new Claim(
                "resnet-seconds",
                "ResNet50 takes 47.078 s with functions of 512 MB, and 21.799 s with 1,024 MB (slides)",
                "two functions, the fewest that hold it: the slides do not say how many they are",
                "s: " + String.join(", ", seconds),
                Verdict.of(near, RESNET_ROWS.size())));
        claims.add(new Claim(
                "resnet-dollars",
                "... and costs $0.0017 and $0.0011 (slides)",
                "the published seconds, by memory and the price of a GB-second",
                "the published dollars contradict the published seconds: " + String.join("; ", ratios)
                        + ". Requests to the store are too cheap to explain it",
                Verdict.of(consistent, RESNET_ROWS.size())));
    }

    private static double percent(double value, double of) {
        return 100 * (value / of - 1);
    }

    // others

    private void sagemaker(LayerGraph graph, ImmutableList.Builder<Sheet> sheets, ImmutableList.Builder<Claim> claims) {
        Sheet sheet = new Sheet(
                "ResNet50 beside SageMaker", List.of("setting", "$ published", "$", "saved % published", "saved %"));
        double usd = best(request(graph)).usd().doubleValue();
        for (SageMaker other : SAGEMAKER) {
            double saved = 100 * (1 - usd / other.usd());
            sheet = sheet.with(
                    other.setting(),
                    format("%.3f", other.usd()),
                    format("%.6f", usd),
                    format("%.2f", other.savedPercent()),
                    format("%.2f", saved));
            claims.add(new Claim(
                    "saving-" + (other.setting().startsWith("Sage 1") ? "sage-1" : "sage-2"),
                    format(
                            "AMPS-Inf costs %.2f %% less than %s for ResNet50 (slides)",
                            other.savedPercent(), other.setting()),
                    SETTING + ", no SLO; SageMaker at its published dollars",
                    format(
                            "%.2f %% less, $%.6f; the published saving means that AMPS-Inf cost $%.5f, more than its seconds"
                                    + " account for",
                            saved, usd, other.usd() * (1 - other.savedPercent() / 100)),
                    saved >= other.savedPercent() ? Verdict.HOLDS : Verdict.FAILS));
        }
        sheets.add(sheet);
    }

    private void baselines(
            Map<String, LayerGraph> graphs, ImmutableList.Builder<Sheet> sheets, ImmutableList.Builder<Claim> claims) {
        Sheet sheet = new Sheet(
                "The optimum beside simpler rules",
                List.of(
                        "model",
                        "SLO ms",
                        "optimum $",
                        "ms",
                        "random $",
                        "its ms",
                        "in time %",
                        "equal-layers $",
                        "greedy-fill $",
                        "greedy-max-memory $"));
        Map<String, Against> against = new LinkedHashMap<>();
        for (String name : List.of("random", "equal-layers", "greedy-fill", "greedy-max-memory")) {
            against.put(name, new Against());
        }
        for (Map.Entry<String, List<Long>> model : PROMISES.entrySet()) {
            for (long slo : model.getValue()) {
                PartitionRequest request =
                        request(graph(graphs, model.getKey())).withSlo(slo);
                PartitionPlan optimum = best(request);
                double usd = optimum.usd().doubleValue();
                RandomPartitioner.Expectation random = Objects.requireNonNull(RandomPartitioner.expectation(request));
                Objects.requireNonNull(against.get("random")).add(usd, random.meanUsd());
                List<String> cells = new ArrayList<>(List.of(
                        model.getKey(),
                        Table.number(slo),
                        format("%.8f", usd),
                        Table.number(optimum.millis()),
                        format("%.8f", random.meanUsd()),
                        Table.number(Math.round(random.meanMillis())),
                        format("%.0f", 100 * random.keepsSlo())));
                for (Baselines rule :
                        List.of(Baselines.EQUAL_LAYERS, Baselines.GREEDY_FILL, Baselines.GREEDY_MAX_MEMORY)) {
                    PartitionPlan plan = planned(rule, request);
                    Against other = Objects.requireNonNull(
                            against.get(rule.name().toLowerCase(Locale.ROOT).replace('_', '-')));
                    if (plan == null) {
                        other.late++;
                        cells.add("too late");
                    } else {
                        other.add(usd, plan.usd().doubleValue());
                        cells.add(format("%.8f", plan.usd().doubleValue()));
                    }
                }
                sheet = sheet.with(cells.toArray(String[]::new));
            }
        }
        sheets.add(sheet);
        against.forEach((name, other) -> claims.add(new Claim(
                "cheaper-than-" + name,
                name.equals("random")
                        ? "The optimum is cheaper than random cuts and memories (slides; a chart, the rule undefined)"
                        : "The optimum is cheaper than a heuristic (slides; a chart, the rule undefined): " + name,
                SETTING + ", " + sheet(PROMISES) + " promises; the rules are ours",
                other.words(),
                other.verdict())));
    }

    private static int sheet(ImmutableMap<String, List<Long>> promises) {
        return promises.values().stream().mapToInt(List::size).sum();
    }

    /** How the optimum fares against one rule. */
    private static final class Against {
        private final List<Double> saved = new ArrayList<>();
        private int late;

        void add(double optimum, double other) {
            saved.add(100 * (1 - optimum / other));
        }

        String words() {
            double least = saved.stream().mapToDouble(Double::doubleValue).min().orElse(0);
            double most = saved.stream().mapToDouble(Double::doubleValue).max().orElse(0);
            return (saved.isEmpty() ? "" : format("%.1f to %.1f %% cheaper", least, most))
                    + (late == 0
                            ? ""
                            : format("; in %d of %d cases the rule keeps no promise", late, late + saved.size()));
        }

        Verdict verdict() {
            // a tie is no saving
            long cheaper = saved.stream().filter(percent -> percent > 0.005).count();
            return Verdict.of(cheaper + late, saved.size() + late);
        }
    }

    // batches, and how many functions

    private void batches(LayerGraph graph, ImmutableList.Builder<Sheet> sheets, ImmutableList.Builder<Claim> claims) {
        Sheet sheet = new Sheet(
                "MobileNet, 100 images in 10 batches side by side",
                List.of("state", "functions", "s", "$ a batch", "$ in all"));
        List<String> measured = new ArrayList<>();
        boolean better = false;
        for (String state : List.of("cold", "warm")) {
            PartitionRequest ten = (state.equals("cold") ? request(graph) : warm(graph)).withBatch(10);
            PartitionPlan one = best(ten.withParts(1, 1));
            PartitionPlan two = best(ten.withParts(2, 2));
            for (PartitionPlan plan : List.of(one, two)) {
                sheet = sheet.with(
                        state,
                        Table.number(plan.parts().size()),
                        format("%.3f", plan.millis() / 1000.0),
                        format("%.8f", plan.usd().doubleValue()),
                        format("%.7f", 10 * plan.usd().doubleValue()));
            }
            measured.add(format(
                    "%s: one %.3f s and $%.8f a batch, two %.3f s and $%.8f",
                    state,
                    one.millis() / 1000.0,
                    one.usd().doubleValue(),
                    two.millis() / 1000.0,
                    two.usd().doubleValue()));
            better |= two.millis() < one.millis() || two.units() < one.units();
        }
        sheets.add(sheet);
        claims.add(new Claim(
                "batches",
                "In 10 batches of 10 images AMPS-Inf's two functions a batch are better than BATCH's one (slides; a chart"
                        + " without figures)",
                "one function after the other, as AMPS-Inf runs them",
                String.join("; ", measured) + ". Two functions in a row start twice and pass a tensor on, so that this"
                        + " could only hold side by side; it is not promised",
                better ? Verdict.PARTLY : Verdict.FAILS));
    }

    private void fewestParts(
            Map<String, LayerGraph> graphs, ImmutableList.Builder<Sheet> sheets, ImmutableList.Builder<Claim> claims) {
        Sheet sheet = new Sheet(
                "The fewest functions that hold a model",
                List.of("model", "weights MiB", "package MiB", "single-tensor cuts", "any cuts", Sheet.WHY));
        Map<String, Integer> fewest = new LinkedHashMap<>();
        for (String network : NETWORKS) {
            LayerGraph graph = graph(graphs, network);
            String why = "";
            List<String> cells = new ArrayList<>();
            for (CutRule rule : CutRule.values()) {
                int parts = 0;
                String reason = "";
                for (int k = 1; k <= limits.maximumParts() && parts == 0; k++) {
                    switch (new ExactPartitioner()
                            .partition(request(graph).withCuts(rule).withParts(k, k))) {
                        case PartitionPlan plan -> parts = plan.parts().size();
                        case Infeasible none ->
                            reason = reason.isEmpty() ? none.reason().words() : reason;
                    }
                }
                why = parts == 0 ? reason : why;
                if (rule == CutRule.ANY) {
                    fewest.put(network, parts);
                }
                cells.add(parts == 0 ? "none" : Table.number(parts));
            }
            double weights = graph.paramBytes() / 1_048_576.0;
            List<String> row = new ArrayList<>(List.of(
                    network,
                    Table.number(weights, 1),
                    Table.number(weights + limits.dependenciesMib() + limits.codeMib(), 1)));
            row.addAll(cells);
            row.add(why);
            sheet = sheet.with(row.toArray(String[]::new));
        }
        sheets.add(sheet);
        claims.add(new Claim(
                "fewest-functions",
                "Of 250 MB, ResNet50 (267 MB with its libraries) and InceptionV3 (261 MB) need several functions,"
                        + " MobileNet one (slides)",
                "lambda-2021, any cuts",
                fewest.entrySet().stream()
                        .map(entry -> entry.getKey() + " " + (entry.getValue() == 0 ? "none" : entry.getValue()))
                        .collect(Collectors.joining(", ")),
                fewest.getOrDefault(MOBILENET, 0) == 1
                                && fewest.getOrDefault(RESNET, 0) > 1
                                && fewest.getOrDefault(INCEPTION, 0) > 1
                        ? Verdict.HOLDS
                        : Verdict.FAILS));
    }

    private Claim evenLayers(Map<String, LayerGraph> graphs) {
        List<String> measured = new ArrayList<>();
        int found = 0;
        int cases = 0;
        for (String network : List.of(RESNET, INCEPTION)) {
            for (CutRule rule : CutRule.values()) {
                PartitionPlan plan = planned(
                        new ExactPartitioner(),
                        request(graph(graphs, network)).withCuts(rule).withEvenLayers(true));
                String cuts = rule == CutRule.SINGLE ? "single-tensor cuts" : "any cuts";
                cases++;
                found += plan == null ? 0 : 1;
                measured.add(network + ", " + cuts + ": "
                        + (plan == null
                                ? "none"
                                : format(
                                        "%d functions, $%.8f",
                                        plan.parts().size(), plan.usd().doubleValue())));
            }
        }
        return new Claim(
                "even-layers",
                "No function has more than an even share of the layers (slides, y <= Y/k)",
                "1 to 8 functions, least cost, no SLO",
                "plans that keep it: " + String.join("; ", measured) + ". It is therefore an option, and off",
                Verdict.of(found, cases));
    }
}
