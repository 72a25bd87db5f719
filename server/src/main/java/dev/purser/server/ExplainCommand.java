package dev.purser.server;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.purser.core.InputException;
import dev.purser.core.engine.DecisionLog;
import dev.purser.core.engine.DecisionLog.FleetDecision;
import dev.purser.core.engine.DecisionLog.InstanceEvent;
import dev.purser.core.engine.DecisionLog.PlanDecision;
import dev.purser.core.engine.DecisionLog.RequestDecision;
import dev.purser.core.engine.RunResult;
import dev.purser.core.json.Durations;
import dev.purser.core.json.Json;
import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.server.TraceArguments.NamedTrace;
import dev.purser.sim.Simulation;
import dev.purser.spi.PolicyRegistry;
import dev.purser.spi.Stack;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Says why: makes one run again, which is the same each time, and keeps its decisions. */
@Command(
        name = "explain",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Says what was decided in a run, and why.",
        description = {
            "Makes one run again (the same options give the same run) and says what was decided in it, and why.",
            "Without --request, --instance or --at: the last plans that changed something, and how often each reason to"
                    + " dispatch a request occurred."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  purser explain --stack paragon --trace twitter-like",
            "  purser explain --stack paragon --trace twitter-like --request 4711",
            "  purser explain --stack mixed --trace mine.csv --instance 12",
            "  purser explain --stack mixed --trace mine.csv --at 12m --format json",
        })
final class ExplainCommand implements Runnable {
    private static final int REQUESTS = 1 << 16;
    private static final int CHANGES = 20;

    private final Supplier<PolicyRegistry> registry;

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = {"--stack", "--stacks"},
            paramLabel = "STACK",
            description = {"Who decides: one stack, by name or .json file.", "Default: paragon. Example: --stack mixed"
            })
    private String stack = "paragon";

    @Mixin
    private RunOptions options = new RunOptions();

    @ArgGroup
    private Question question = new Question();

    @Option(
            names = "--format",
            paramLabel = "table|json",
            description = {"What to print.", "Default: table. Example: --format json"})
    private OutputFormat format = OutputFormat.TABLE;

    /** At most one of these is asked. */
    private static final class Question {
        @Option(
                names = "--request",
                paramLabel = "N",
                description = {
                    "What became of one request, counted from 0 in the order of arrival.",
                    "Default: not asked. Example: --request 4711"
                })
        private @Nullable Long request;

        @Option(
                names = "--instance",
                paramLabel = "N",
                description = {
                    "Why a VM was launched; VMs are counted from 0 in the order of launch.",
                    "Default: not asked. Example: --instance 12"
                })
        private @Nullable Long instance;

        @Option(
                names = "--at",
                paramLabel = "TIME",
                description = {
                    "The plan in force at a time since the start of the run.",
                    "Default: not asked. Example: --at 12m"
                })
        private @Nullable Duration at;
    }

    ExplainCommand(Supplier<PolicyRegistry> registry) {
        this.registry = registry;
    }

    /** Which run it is. */
    record RunName(String stack, String trace, long seed) {
        String words() {
            return stack + " on " + trace + ", seed " + seed;
        }
    }

    /** A reason in words, with its numbers where it has any. */
    record Why(
            String code,
            String words,
            @Nullable Double observed,
            @Nullable Double limit) {
        static Why of(Reason reason) {
            return new Why(reason.code(), reason.words(), number(reason.observed()), number(reason.limit()));
        }

        private static @Nullable Double number(double value) {
            return Double.isFinite(value) ? value : null;
        }
    }

    /** What a plan did to one fleet; {@code launched} are the numbers of the first and last VM launched. */
    record FleetChange(
            String fleet,
            int before,
            int target,
            int launched,
            @Nullable Long firstLaunched,
            int stopped,
            int standby,
            Why why) {
        static FleetChange of(ServiceCatalog catalog, FleetDecision decision) {
            return new FleetChange(
                    catalog.fleetName(decision.fleet()),
                    decision.before(),
                    decision.target(),
                    decision.launched(),
                    decision.launched() == 0 ? null : decision.firstLaunched(),
                    decision.stopped(),
                    decision.standby(),
                    Why.of(decision.reason()));
        }

        boolean changes() {
            return launched > 0 || stopped > 0;
        }

        boolean launched(long instance) {
            return firstLaunched != null && instance >= firstLaunched && instance < firstLaunched + launched;
        }
    }

    /** Functions, as a plan allows them. */
    record Functions(boolean enabled, @Nullable Double aboveRps, Why why) {}

    /** One plan. */
    record PlanExplained(double atSeconds, String trigger, List<FleetChange> fleets, Functions functions) {
        static PlanExplained of(ServiceCatalog catalog, PlanDecision plan) {
            return new PlanExplained(
                    plan.nanos() / 1e9,
                    plan.trigger().toString().toLowerCase(Locale.ROOT),
                    plan.fleets().stream()
                            .map(fleet -> FleetChange.of(catalog, fleet))
                            .toList(),
                    new Functions(
                            plan.offload().enabled(),
                            Why.number(plan.offload().flashCrowdRate()),
                            Why.of(plan.offload().reason())));
        }
    }

    /** What happened to an instance that no policy decided. */
    record InstanceHappened(double atSeconds, String kind, String fleet, long instance, String words) {
        static InstanceHappened of(ServiceCatalog catalog, InstanceEvent event) {
            return new InstanceHappened(
                    event.nanos() / 1e9,
                    event.kind(),
                    catalog.fleetName(event.fleet()),
                    event.instance(),
                    event.words());
        }
    }

    /** How often a reason occurred. */
    record ReasonCount(String code, long requests, double share, String example) {}

    /** The run in short. */
    record Digest(
            RunName run,
            int plans,
            Map<String, Long> triggers,
            long launched,
            long stopped,
            List<PlanExplained> lastChanges,
            Map<String, Long> instanceEvents,
            List<InstanceHappened> lastInstanceEvents,
            int requestsKept,
            List<ReasonCount> dispatchReasons) {}

    /** One request's way; {@code selection} is null where it named its variant. */
    record RequestExplained(
            RunName run,
            long request,
            double atSeconds,
            String requestClass,

            @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable
            Why selection,

            @Nullable String variant,
            String dispatch,
            @Nullable Why why) {}

    /** Why a VM was launched. */
    record InstanceExplained(
            RunName run, long instance, FleetChange launch, PlanExplained plan, List<InstanceHappened> events) {}

    /** The plan in force at a time. */
    record PlanAt(RunName run, double askedSeconds, PlanExplained plan) {}

    @Override
    public void run() {
        if (spec == null) {
            throw new IllegalStateException("not run by picocli");
        }
        Experiment experiment = options.experiment(registry.get(), List.of(stack));
        Stack decider = only("--stack", experiment.stacks());
        NamedTrace trace = only("--trace", experiment.traces());
        long seed = only("--seed", experiment.seeds().asList());
        RunName run = new RunName(decider.name(), trace.name(), seed);
        checkTime(trace);
        DecisionLog log = new DecisionLog(Integer.MAX_VALUE, question.request == null ? REQUESTS : 1);
        if (question.request != null) {
            if (question.request < 0) {
                throw new InputException("--request", "", "is " + question.request, "requests are counted from 0");
            }
            log.focusOn(question.request);
        }
        RunResult result = experiment
                .simulation(decider, trace, seed, Simulation.initialRate(trace.arrivals()), log)
                .run();
        Object answer = answer(run, experiment.catalog(), result);
        PrintWriter out = spec.commandLine().getOut();
        out.print(format == OutputFormat.JSON ? Json.write(answer) : ExplainText.of(answer));
    }

    private static <T> T only(String option, List<T> given) {
        if (given.size() != 1) {
            throw new InputException(
                    option, "", "names " + given.size() + ", but one run at a time is explained", "name one of them");
        }
        return given.getFirst();
    }

    private void checkTime(NamedTrace trace) {
        if (question.at != null && question.at.compareTo(trace.arrivals().duration()) > 0) {
            throw new InputException(
                    "--at",
                    "",
                    Durations.format(question.at) + " is after the end of the run, which is "
                            + Durations.format(trace.arrivals().duration()) + " long",
                    "times are counted from the start of the run");
        }
    }

    private Object answer(RunName run, ServiceCatalog catalog, RunResult result) {
        DecisionLog log = result.log();
        if (question.request != null) {
            return request(run, catalog, result, question.request);
        }
        List<PlanExplained> plans = log.plans().stream()
                .map(plan -> PlanExplained.of(catalog, plan))
                .toList();
        if (question.instance != null) {
            return instance(run, plans, happened(catalog, log), question.instance);
        }
        if (question.at != null) {
            double asked = question.at.toNanos() / 1e9;
            return new PlanAt(
                    run,
                    asked,
                    plans.stream()
                            .filter(plan -> plan.atSeconds() <= asked)
                            .reduce((earlier, later) -> later)
                            .orElseThrow());
        }
        return digest(run, plans, happened(catalog, log), log);
    }

    private static List<InstanceHappened> happened(ServiceCatalog catalog, DecisionLog log) {
        return log.instanceEvents().stream()
                .map(event -> InstanceHappened.of(catalog, event))
                .toList();
    }

    private static RequestExplained request(RunName run, ServiceCatalog catalog, RunResult result, long number) {
        List<RequestDecision> kept = result.log().requests();
        if (kept.isEmpty()) {
            throw new InputException(
                    "--request",
                    "",
                    "there is no request " + number + ": the run has "
                            + result.metrics().arrived(),
                    result.metrics().arrived() == 0
                            ? ""
                            : "requests are numbered 0 to " + (result.metrics().arrived() - 1));
        }
        RequestDecision decision = kept.getFirst();
        Selection selection = decision.selection();
        Dispatch dispatch = decision.dispatch();
        return new RequestExplained(
                run,
                number,
                decision.nanos() / 1e9,
                catalog.className(decision.requestClass()),
                selection == null ? null : Why.of(selection.reason()),
                decision.variant() == Selection.NONE ? null : catalog.variantName(decision.variant()),
                dispatch == null ? "refused: no variant was selected" : place(catalog, dispatch),
                dispatch == null ? null : Why.of(dispatch.reason()));
    }

    private static String place(ServiceCatalog catalog, Dispatch dispatch) {
        return switch (dispatch) {
            case Dispatch.ToInstance to -> "to a VM: " + catalog.fleetName(to.fleet());
            case Dispatch.ToFunction to -> "to a function: " + catalog.functionName(to.function());
            case Dispatch.ToFleet to -> "to the queue of " + catalog.fleetName(to.fleet());
            case Dispatch.ToQueue ignored -> "to the queue";
            case Dispatch.Refuse ignored -> "refused";
        };
    }

    private static InstanceExplained instance(
            RunName run, List<PlanExplained> plans, List<InstanceHappened> events, long number) {
        long launched = 0;
        for (PlanExplained plan : plans) {
            for (FleetChange fleet : plan.fleets()) {
                if (fleet.launched(number)) {
                    return new InstanceExplained(
                            run,
                            number,
                            fleet,
                            plan,
                            events.stream()
                                    .filter(event -> event.instance() == number)
                                    .toList());
                }
                launched += fleet.launched();
            }
        }
        throw new InputException(
                "--instance",
                "",
                "there is no instance " + number + ": the run launched " + launched,
                launched == 0 ? "" : "instances are numbered 0 to " + (launched - 1));
    }

    private static Digest digest(
            RunName run, List<PlanExplained> plans, List<InstanceHappened> events, DecisionLog log) {
        Map<String, Long> kinds = new TreeMap<>();
        events.forEach(event -> kinds.merge(event.kind(), 1L, Long::sum));
        Map<String, Long> triggers = new TreeMap<>();
        long launched = 0;
        long stopped = 0;
        List<PlanExplained> changes = new ArrayList<>();
        for (PlanExplained plan : plans) {
            triggers.merge(plan.trigger(), 1L, Long::sum);
            List<FleetChange> changed =
                    plan.fleets().stream().filter(FleetChange::changes).toList();
            for (FleetChange fleet : changed) {
                launched += fleet.launched();
                stopped += fleet.stopped();
            }
            if (!changed.isEmpty()) {
                changes.add(new PlanExplained(plan.atSeconds(), plan.trigger(), changed, plan.functions()));
            }
        }
        List<RequestDecision> requests = log.requests();
        return new Digest(
                run,
                plans.size(),
                triggers,
                launched,
                stopped,
                changes.subList(Math.max(0, changes.size() - CHANGES), changes.size()),
                kinds,
                events.subList(Math.max(0, events.size() - CHANGES), events.size()),
                requests.size(),
                reasons(requests));
    }

    private static List<ReasonCount> reasons(List<RequestDecision> requests) {
        Map<String, Long> counts = new TreeMap<>();
        Map<String, Reason> examples = new TreeMap<>();
        for (RequestDecision decision : requests) {
            Reason reason = decision.dispatch() != null
                    ? decision.dispatch().reason()
                    : decision.selection() != null ? decision.selection().reason() : null;
            if (reason != null) {
                counts.merge(reason.code(), 1L, Long::sum);
                examples.put(reason.code(), reason);
            }
        }
        return examples.values().stream()
                .map(reason -> {
                    long count = counts.getOrDefault(reason.code(), 0L);
                    return new ReasonCount(reason.code(), count, (double) count / requests.size(), reason.words());
                })
                .sorted((a, b) -> Long.compare(b.requests(), a.requests()))
                .toList();
    }
}
