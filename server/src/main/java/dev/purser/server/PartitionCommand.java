package dev.purser.server;

import dev.purser.core.InputException;
import dev.purser.core.json.Durations;
import dev.purser.core.json.Json;
import dev.purser.core.partition.CutRule;
import dev.purser.core.partition.FunctionLimits;
import dev.purser.core.partition.Infeasible;
import dev.purser.core.partition.LayerGraph;
import dev.purser.core.partition.Objective;
import dev.purser.core.partition.PartCosts;
import dev.purser.core.partition.PartitionPlan;
import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.partition.Partitioning;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.PriceBook;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.workload.Workload;
import dev.purser.core.workload.Workloads;
import dev.purser.partitioner.ChainDeployment;
import dev.purser.partitioner.cost.CalibratedCosts;
import dev.purser.partitioner.cost.Calibration;
import dev.purser.partitioner.cost.Limits;
import dev.purser.partitioner.cost.SpeedCurve;
import dev.purser.partitioner.onnx.ChainVerifier;
import dev.purser.partitioner.onnx.Comparison;
import dev.purser.partitioner.onnx.LayerProfiler;
import dev.purser.partitioner.onnx.LayerTimes;
import dev.purser.partitioner.onnx.OnnxGraph;
import dev.purser.partitioner.onnx.OnnxPart;
import dev.purser.partitioner.onnx.Optimization;
import dev.purser.partitioner.onnx.Splitter;
import dev.purser.partitioner.plan.ExactPartitioner;
import dev.purser.server.partition.Alternatives;
import dev.purser.server.partition.GraphPicture;
import dev.purser.server.partition.OutFolder;
import dev.purser.server.partition.PartitionReport;
import dev.purser.server.partition.PartitionReport.Plan;
import dev.purser.server.partition.PartitionReport.Verification;
import dev.purser.server.partition.PartitionSubject;
import dev.purser.spi.PolicyRegistry;
import dev.purser.spi.PolicySpec;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Cuts a model into parts that run as a chain of functions. */
@Command(
        name = "partition",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Cuts a model into parts that run as a chain of functions, at least cost.",
        description = {
            "Plans where to cut a model and how much memory each part's function gets, so that an answer costs least and"
                    + " comes within the SLO (AMPS-Inf, ICPP'21). Shows the plan, what bound each choice, and what simpler"
                    + " rules would do; with --out writes the parts as ONNX files.",
            "By default it plans as the paper does: AWS Lambda's limits of 2021 with 169 MB of libraries, and the times of"
                    + " cold functions that the paper published, in which starting the libraries takes ten seconds. So its"
                    + " plans can be held against the published ones. For the functions of today give --limits lambda, and"
                    + " for times of your own model --profile measured.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  purser partition resnet50 --slo 20s",
            "  purser partition mine.onnx --slo 20s --limits lambda --input batch=1 --out parts --verify",
            "  purser partition inception-v3 --objective pareto --cuts any",
            "  purser partition mine.onnx --profile measured --calibration vcpu --format json",
        })
final class PartitionCommand implements Runnable {
    private static final String EXACT = "amps-inf";
    private static final String SLO = "--slo";
    private static final String BUDGET = "--budget";

    /** For draws; the same command makes the same plan. */
    private static final long SEED = 1;

    private static final int VERIFIED_INPUTS = 3;
    private static final int MEASURED_RUNS = 10;

    private static final String PLAN = "plan.json";
    private static final String PICTURE = "graph.svg";

    /** What to have least of. */
    enum Goal {
        /** Money. */
        COST,
        /** Time. */
        TIME,
        /** All plans that none undercuts in both. */
        PARETO
    }

    /** Where the layers' times come from. */
    enum Profile {
        /** Their operations. */
        ESTIMATED,
        /** Runs on this machine. */
        MEASURED
    }

    private final Supplier<PolicyRegistry> registry;
    private final boolean terminal;

    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(
            paramLabel = "MODEL",
            description = {
                "An ONNX file; a layer graph in a .json file, which is planned but not cut; or a network to try it with, which"
                        + " is made up with random weights: mobilenet, resnet50, wide-resnet50-2, inception-v3, vgg16. These"
                        + " names come before files: write ./resnet50 for a file of that name."
            })
    private String model = "";

    @Option(
            names = SLO,
            paramLabel = "TIME",
            description = {
                "The longest that an answer may take, through all parts one after the other.",
                "Default: any time. Example: --slo 20s"
            })
    private @Nullable Duration slo;

    @Option(
            names = BUDGET,
            paramLabel = "USD",
            description = {
                "The most that an invocation of the whole chain may cost, in US dollars.",
                "Default: any price. Example: --objective time --budget 0.0004"
            })
    private @Nullable BigDecimal budget;

    @Option(
            names = "--objective",
            paramLabel = "cost|time|pareto",
            description = {
                "What to have least of; pareto shows all plans that none undercuts in time and cost.",
                "Default: cost. Example: --objective time"
            })
    private Goal goal = Goal.COST;

    @Option(
            names = "--limits",
            paramLabel = "NAME|FILE",
            description = {
                "What a function can hold: lambda-2021 (AWS Lambda as the paper met it: 128 to 3,008 MB in steps of 64 MB, 250 MB"
                        + " with 169 MB of Keras in it), lambda (as it is today: 128 to 10,240 MB in steps of 1 MB, 250 MB with"
                        + " 80 MB of Purser's worker), lambda-image (the same as a container image of up to 10 GB), or a .json"
                        + " file.",
                "Default: lambda-2021. Example: --limits lambda"
            })
    private String limits = "lambda-2021";

    @Option(
            names = "--cuts",
            paramLabel = "single|any",
            description = {
                "Where it may be cut: only where one tensor crosses, or anywhere, with all tensors that cross.",
                "Default: single. Example: --cuts any"
            })
    private CutRule cuts = CutRule.SINGLE;

    @Option(
            names = "--inside-operators",
            description = {
                "Also cut between operators that ONNX Runtime would merge, such as a convolution and the activation behind it."
                        + " The parts then do a little more work than the whole, and round in another way, which quantised"
                        + " models can turn into visible differences.",
                "Default: such cuts are left out. Example: --inside-operators"
            })
    private boolean insideOperators;

    @Option(
            names = "--parts",
            paramLabel = "N",
            description = {"Exactly so many parts.", "Default: as many as are best. Example: --parts 3"})
    private @Nullable Integer parts;

    @Option(
            names = "--max-parts",
            paramLabel = "N",
            description = {"No more parts than these.", "Default: as the limits say (8). Example: --max-parts 2"})
    private @Nullable Integer maximumParts;

    @Option(
            names = "--batch",
            paramLabel = "N",
            description = {
                "Items in an invocation: work and tensors grow with it, weights and starts do not.",
                "Default: 1. Example: --batch 10"
            })
    private int batch = 1;

    @Option(
            names = "--partitioner",
            paramLabel = "NAME",
            description = {
                "Who plans ('purser policies' shows them).",
                "Default: amps-inf, the exact optimum. Example: --partitioner greedy-fill"
            })
    private String partitioner = EXACT;

    @Option(
            names = "--price-book",
            paramLabel = "NAME|FILE",
            description = {
                "What functions and the object store cost: a shipped price book or a .json file.",
                "Default: us-east-1-2026. Example: --price-book us-east-1-2019"
            })
    private String priceBook = "us-east-1-2026";

    @Option(
            names = "--calibration",
            paramLabel = "NAME|FILE",
            description = {
                "How long functions take to start, load, compute and pass tensors on, by memory: cold (fitted to the paper's"
                        + " seconds), vcpu (the same by AWS's rule of a vCPU for 1,769 MB, beyond 2,048 MB too), warm (nothing"
                        + " is to be started or loaded), or a .json file.",
                "Default: cold. Example: --calibration vcpu"
            })
    private String calibration = "cold";

    @Option(
            names = "--profile",
            paramLabel = "estimated|measured",
            description = {
                "How long the layers compute: estimated from their operations, or measured on this machine, one thread of which"
                        + " then stands for one vCPU. Start, load and transfers are the calibration's in both cases.",
                "Default: estimated. Example: --profile measured"
            })
    private Profile profile = Profile.ESTIMATED;

    @Option(
            names = "--input",
            paramLabel = "NAME=SIZES",
            description = {
                "For an ONNX model that leaves sizes open: the whole shape of an input, or the size of a named dimension."
                        + " For more items in an invocation leave the batch at 1 and say --batch.",
                "Default: none; what is open must be given. Example: --input image=1,3,224,224 --input batch=1"
            })
    private Map<String, String> inputs = new LinkedHashMap<>();

    @Option(
            names = "--input-value",
            paramLabel = "NAME=VALUES|@FILE",
            description = {
                "The elements of an input, for where the model is run: to learn shapes that it computes itself, to measure and"
                        + " to verify. Numbers, true and false, or texts, with commas between them; or a file with one in each"
                        + " line. For inputs that only some values are right for, such as a sampling rate.",
                "Default: made up, random numbers and whole numbers from 0 on. Example: --input-value sr=16000"
            })
    private Map<String, String> inputValues = new LinkedHashMap<>();

    @Option(
            names = "--verify",
            description = {
                "Split the model, run the whole and the parts on the same random inputs on this machine, and print the largest"
                        + " difference. One that rounding does not explain ends with code 2.",
                "Default: not done. Example: --verify"
            })
    private boolean verify;

    @Option(
            names = "--accuracy",
            paramLabel = "SHARE",
            description = {
                "With --out: the model's published accuracy, 0 to 1, for the deployment. It only matters where requests choose"
                        + " among several models.",
                "Default: 1. Example: --accuracy 0.76"
            })
    private double accuracy = 1;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = {
                "Write into this folder, which must be empty or new: the parts (part-1.onnx and so on, with large weights beside"
                        + " them), plan.json, a picture of the cut model (graph.svg) and, of several parts, workload.json and"
                        + " pool.json: 'purser serve --workload DIR/workload.json' runs them. Of a layer graph there are only"
                        + " the plan and the picture.",
                "Default: nothing is written. Example: --out parts"
            })
    private @Nullable Path out;

    @Option(
            names = "--format",
            paramLabel = "table|json",
            description = {"What to print.", "Default: table. Example: --format json"})
    private OutputFormat format = OutputFormat.TABLE;

    PartitionCommand(Supplier<PolicyRegistry> registry, boolean terminal) {
        this.registry = registry;
        this.terminal = terminal;
    }

    @Override
    public void run() {
        if (spec == null) {
            throw new IllegalStateException("not run by picocli");
        }
        PrintWriter printed = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        check();
        FunctionLimits functionLimits = Limits.load(limits);
        Calibration times = Calibration.load(calibration);
        PriceBook prices = PriceBooks.load(priceBook);
        OutFolder folder = out == null ? null : new OutFolder(out);
        say(err, "reading " + model);
        try (PartitionSubject subject = PartitionSubject.of(model, inputs, inputValues, insideOperators)) {
            OnnxGraph onnx = subject.onnx();
            if (verify && onnx == null) {
                throw new InputException("--verify", "", "a layer graph has no model behind it that could run", "");
            }
            PartitionRequest request = request(subject, functionLimits, costs(subject, times, prices, err));
            say(err, "planning");
            PartitionPlan plan = goal == Goal.PARETO ? null : supported(() -> plan(subject, request));
            PartitionReport report = report(subject, request, plan, times, prices);
            if (folder != null && plan != null) {
                report = written(report, plan, subject, times, folder, err);
            } else if (verify && onnx != null) {
                report = verified(report, onnx, err);
            }
            say(err, "");
            printed.print(format == OutputFormat.JSON ? Json.write(report) : PartitionTable.of(report));
            printed.flush();
            if (out != null) {
                err.println("written: " + out);
            }
            judge(report, err);
        }
    }

    private void check() {
        if (batch < 1 || batch > PartitionRequest.MAXIMUM_BATCH) {
            throw new InputException(
                    "--batch", "", "is " + batch + ", but it must be 1 to " + PartitionRequest.MAXIMUM_BATCH, "");
        }
        if (parts != null && maximumParts != null) {
            throw new InputException("--parts", "", "and --max-parts cannot both be given", "one of them");
        }
        checkParts("--parts", parts);
        checkParts("--max-parts", maximumParts);
        if (!(accuracy >= 0 && accuracy <= 1)) {
            throw new InputException("--accuracy", "", "is " + accuracy + ", but it must be 0 to 1", "81 % is 0.81");
        }
        if (slo != null && slo.compareTo(Duration.ofMillis(1)) < 0) {
            throw new InputException(SLO, "", "is " + Durations.format(slo) + ", but it must be 1ms or more", "");
        }
        if (budget != null && (budget.signum() <= 0 || budget.compareTo(BigDecimal.valueOf(100)) > 0)) {
            throw new InputException(
                    BUDGET, "", "is " + budget.toPlainString() + ", but it must be over 0 and at most 100 dollars", "");
        }
        if (goal == Goal.PARETO) {
            if (!partitioner.equals(EXACT)) {
                throw new InputException(
                        "--partitioner",
                        "",
                        "'" + partitioner + "' makes one plan, and --objective pareto asks for all",
                        "leave it out, or ask for cost or time");
            }
            if (out != null || verify) {
                throw new InputException(
                        out == null ? "--verify" : "--out",
                        "",
                        "is for one plan, and --objective pareto shows many",
                        "choose one of them with --slo or --budget");
            }
        }
    }

    private static void checkParts(String option, @Nullable Integer value) {
        if (value != null && (value < 1 || value > FunctionLimits.MOST_PARTS)) {
            throw new InputException(
                    option, "", "is " + value + ", but it must be 1 to " + FunctionLimits.MOST_PARTS, "");
        }
    }

    private void say(PrintWriter err, String doing) {
        if (terminal) {
            err.print("\r" + " ".repeat(60) + "\r" + doing);
            err.flush();
        }
    }

    private PartCosts costs(PartitionSubject subject, Calibration times, PriceBook prices, PrintWriter err) {
        CalibratedCosts costs;
        try {
            costs = new CalibratedCosts(times, prices);
        } catch (ArithmeticException e) {
            throw new InputException(
                    "--price-book", "", "a price is beyond what can be counted: " + e.getMessage(), "");
        }
        if (profile == Profile.ESTIMATED) {
            return costs;
        }
        OnnxGraph onnx = subject.onnx();
        if (onnx == null) {
            throw new InputException(
                    "--profile", "", "a layer graph has no model behind it that could be measured", "estimated");
        }
        say(err, "measuring the layers");
        LayerTimes measured = new LayerProfiler(onnx, Optimization.ALL, 1, MEASURED_RUNS).measure();
        SpeedCurve compute = times.computeSpeed();
        double oneVcpu = (compute == null ? times.speed() : compute)
                .speed(prices.function().mbPerVcpu());
        return costs.withMeasured(
                prices,
                measured.micros().stream()
                        .mapToDouble(micros -> micros / 1e6 * oneVcpu)
                        .toArray());
    }

    private PartitionRequest request(PartitionSubject subject, FunctionLimits functionLimits, PartCosts costs) {
        int most = maximumParts == null ? functionLimits.maximumParts() : maximumParts;
        if (most > functionLimits.maximumParts()) {
            throw tooMany("--max-parts", most, functionLimits);
        }
        if (parts != null && parts > functionLimits.maximumParts()) {
            throw tooMany("--parts", parts, functionLimits);
        }
        PartitionRequest request = PartitionRequest.of(subject.graph(), costs, functionLimits)
                .withCuts(cuts)
                .withBatch(batch)
                .withParts(parts == null ? 1 : parts, parts == null ? most : parts)
                .withObjective(goal == Goal.TIME ? Objective.TIME : Objective.COST);
        if (slo != null) {
            request = request.withSlo(slo.toMillis());
        }
        if (budget != null) {
            request = request.withBudget(budget.multiply(BigDecimal.valueOf(PartCosts.UNITS_PER_USD))
                    .setScale(0, RoundingMode.FLOOR)
                    .longValueExact());
        }
        return request;
    }

    private static InputException tooMany(String option, int asked, FunctionLimits functionLimits) {
        return new InputException(
                option,
                "",
                "is " + asked + ", but the limits '" + functionLimits.name() + "' allow "
                        + functionLimits.maximumParts(),
                "");
    }

    private PartitionReport report(
            PartitionSubject subject,
            PartitionRequest request,
            @Nullable PartitionPlan plan,
            Calibration times,
            PriceBook prices) {
        LayerGraph graph = subject.graph();
        List<Plan> front = plan == null ? supported(() -> front(subject, request)) : List.of();
        return new PartitionReport(
                Version.number(),
                new PartitionReport.Model(
                        subject.name(),
                        graph.last(),
                        graph.paramBytes(),
                        graph.macs(),
                        graph.cuts(cuts).size(),
                        subject.cutsLeftOut(cuts)),
                new PartitionReport.Setting(
                        partitioner,
                        goal.name().toLowerCase(Locale.ROOT),
                        request.limits().name(),
                        times.name(),
                        profile.name().toLowerCase(Locale.ROOT),
                        prices.name(),
                        cuts.name().toLowerCase(Locale.ROOT),
                        batch,
                        slo == null ? null : slo.toMillis(),
                        budget,
                        request.minimumParts(),
                        request.maximumParts()),
                plan == null ? null : Plan.of(subject, plan),
                front,
                plan == null ? List.of() : Alternatives.of(request, !partitioner.equals(EXACT)),
                null);
    }

    private List<Plan> front(PartitionSubject subject, PartitionRequest request) {
        List<PartitionPlan> found = new ExactPartitioner().front(request);
        // where there is none, the reason is the same as for one plan
        return (found.isEmpty() ? List.of(plan(subject, request)) : found)
                .stream().map(plan -> Plan.of(subject, plan)).toList();
    }

    /** Makes a plan, or says why this partitioner cannot. */
    private <T> T supported(Supplier<T> planner) {
        try {
            return planner.get();
        } catch (UnsupportedOperationException e) {
            String message = String.valueOf(e.getMessage());
            int maybe = message.indexOf("\nMaybe: ");
            throw new InputException(
                    "--partitioner",
                    "",
                    "'" + partitioner + "' cannot plan this: " + (maybe < 0 ? message : message.substring(0, maybe)),
                    maybe < 0 ? "" : message.substring(maybe + "\nMaybe: ".length()));
        }
    }

    private PartitionPlan plan(PartitionSubject subject, PartitionRequest request) {
        Partitioning answer = registry.get()
                .partitioner("--partitioner", PolicySpec.of(partitioner), SEED)
                .partition(request);
        return switch (answer) {
            case PartitionPlan plan -> plan;
            case Infeasible none -> throw refusal(subject, request, none);
        };
    }

    private InputException refusal(PartitionSubject subject, PartitionRequest request, Infeasible none) {
        String why = none.reason().words();
        PartitionPlan nearest = none.nearest();
        if (nearest != null) {
            String plan = "which cuts " + after(subject, nearest) + " and has "
                    + nearest.memories().stream().map(String::valueOf).collect(Collectors.joining(" + ")) + " MB";
            boolean late = nearest.millis() > request.sloMillis();
            return late
                    ? new InputException(
                            SLO,
                            "",
                            "cannot be kept: " + why,
                            SLO + " " + nearest.millis() + "ms for that plan, " + plan + " and costs $"
                                    + Table.number(nearest.usd().doubleValue(), 8))
                    : new InputException(
                            BUDGET,
                            "",
                            "cannot be kept: " + why,
                            BUDGET + " "
                                    + nearest.usd()
                                            .setScale(9, RoundingMode.CEILING)
                                            .toPlainString() + " for that plan, " + plan + " and takes "
                                    + nearest.millis() + " ms");
        }
        return new InputException(
                subject.name(),
                "",
                "cannot be cut to fit '" + request.limits().name() + "': " + why + uncuttable(subject),
                remedy(subject, request));
    }

    private static String after(PartitionSubject subject, PartitionPlan plan) {
        return plan.cuts().isEmpty()
                ? "nowhere"
                : "after "
                        + plan.cuts().stream()
                                .map(cut -> subject.graph().layers().get(cut).name())
                                .collect(Collectors.joining(" and "));
    }

    /** Where the model cannot be cut whatever the limits, because of what would cross. */
    private static String uncuttable(PartitionSubject subject) {
        OnnxGraph onnx = subject.onnx();
        if (onnx == null || onnx.illegalCuts().isEmpty()) {
            return "";
        }
        int first = onnx.illegalCuts().firstKey();
        return "; at " + onnx.illegalCuts().size() + " places it cannot be cut at all, for example after layer " + first
                + " (" + subject.graph().layers().get(first).name() + "): "
                + onnx.illegalCuts().firstEntry().getValue();
    }

    /** What the user could allow so that there is a plan. */
    private String remedy(PartitionSubject subject, PartitionRequest request) {
        OnnxGraph onnx = subject.onnx();
        LayerGraph all = onnx == null ? subject.graph() : onnx.layerGraph();
        if (cuts == CutRule.SINGLE && feasible(request.withCuts(CutRule.ANY))) {
            return "--cuts any";
        }
        if (!insideOperators && feasible(on(all, request))) {
            return "--inside-operators";
        }
        if (!insideOperators && feasible(on(all, request).withCuts(CutRule.ANY))) {
            return "--cuts any --inside-operators";
        }
        if (parts != null || maximumParts != null) {
            PartitionRequest free = request.withParts(1, request.limits().maximumParts());
            if (feasible(free)) {
                return "leave out " + (parts == null ? "--max-parts" : "--parts");
            }
        }
        for (String other : Limits.names()) {
            FunctionLimits wider = Limits.load(other);
            if (feasible(new PartitionRequest(
                    subject.graph(),
                    request.costs(),
                    wider,
                    wider.memories(),
                    request.cuts(),
                    request.batch(),
                    request.objective(),
                    PartitionRequest.UNBOUNDED,
                    PartitionRequest.UNBOUNDED,
                    request.minimumParts(),
                    request.maximumParts(),
                    false))) {
                return "--limits " + other;
            }
        }
        return "";
    }

    private static PartitionRequest on(LayerGraph graph, PartitionRequest request) {
        return new PartitionRequest(
                graph,
                request.costs(),
                request.limits(),
                request.memories(),
                request.cuts(),
                request.batch(),
                request.objective(),
                request.sloMillis(),
                request.budgetUnits(),
                request.minimumParts(),
                request.maximumParts(),
                request.evenLayers());
    }

    private static boolean feasible(PartitionRequest request) {
        return new ExactPartitioner().partition(request) instanceof PartitionPlan;
    }

    private PartitionReport written(
            PartitionReport report,
            PartitionPlan planned,
            PartitionSubject subject,
            Calibration times,
            OutFolder folder,
            PrintWriter err) {
        Plan plan = report.onePlan();
        OnnxGraph onnx = subject.onnx();
        requireWhole("--out", plan);
        PartitionReport[] done = {report};
        folder.fill(made -> {
            try {
                if (onnx != null) {
                    say(err, "writing the parts");
                    List<OnnxPart> files = Splitter.split(onnx, planned.cuts(), made);
                    done[0] = done[0].withFiles(files);
                    if (files.size() > 1) {
                        deploy(subject, planned, times, files, made);
                    }
                    if (verify) {
                        done[0] = done[0].with(verification(onnx, files, err));
                    }
                }
                Files.writeString(made.resolve(PLAN), Json.write(done[0]));
                Files.writeString(made.resolve(PICTURE), GraphPicture.of(subject.name(), subject.graph(), plan));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        return done[0];
    }

    /** Writes what 'serve' and 'compare' take, and makes sure that they would. */
    private void deploy(
            PartitionSubject subject, PartitionPlan plan, Calibration times, List<OnnxPart> files, Path folder) {
        String book = PriceBooks.names().contains(priceBook)
                ? priceBook
                : Path.of(priceBook).toAbsolutePath().normalize().toString();
        Path workload = ChainDeployment.of(
                        subject.name(),
                        accuracy,
                        plan,
                        ChainDeployment.times(plan, times),
                        files.stream().map(OnnxPart::file).toList(),
                        slo,
                        book)
                .write(folder);
        Workload read = Workloads.load(workload.toString());
        new ServiceCatalog(read, PriceBooks.load(read.priceBook()));
    }

    private PartitionReport verified(PartitionReport report, OnnxGraph onnx, PrintWriter err) {
        Plan plan = report.onePlan();
        requireWhole("--verify", plan);
        return report.with(
                PartitionSubject.inScratch(made -> verification(onnx, Splitter.split(onnx, cutsOf(plan), made), err)));
    }

    private static void requireWhole(String option, Plan plan) {
        if (plan.parts().stream().anyMatch(part -> part.functions() > 1)) {
            throw new InputException(
                    option,
                    "",
                    "this plan divides layers among functions side by side, of which no ONNX files are made",
                    "another partitioner, such as amps-inf");
        }
    }

    private static List<Integer> cutsOf(Plan plan) {
        return plan.parts().stream()
                .limit(plan.parts().size() - 1L)
                .map(PartitionReport.Row::lastLayer)
                .toList();
    }

    private Verification verification(OnnxGraph onnx, List<OnnxPart> files, PrintWriter err) {
        say(err, "running the whole and the parts");
        Comparison comparison = new ChainVerifier(onnx, Optimization.ALL, 1, VERIFIED_INPUTS, SEED).compare(files);
        return new Verification(
                comparison.inputs(),
                comparison.elements(),
                comparison.largestDifference(),
                comparison.largestMagnitude(),
                comparison.spread());
    }

    /** What was found must not look like success where the parts do not do what the whole does. */
    private void judge(PartitionReport report, PrintWriter err) {
        Verification found = report.verification();
        if (found == null) {
            return;
        }
        if (!(found.largestDifference() <= found.allowed())) {
            throw new InputException(
                    "--verify",
                    "",
                    "the parts' results differ from the whole model's by "
                            + String.format(Locale.ROOT, "%.3g", found.largestDifference())
                            + ", more than rounding explains ("
                            + String.format(Locale.ROOT, "%.3g", found.allowed()) + ")",
                    insideOperators ? "leave out --inside-operators" : "");
        }
        if (found.spread() == 0) {
            err.println("purser: the model's result does not depend on these inputs, so that the comparison shows"
                    + " nothing");
        }
    }
}
