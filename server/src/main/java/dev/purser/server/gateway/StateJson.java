package dev.purser.server.gateway;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectWriter;
import dev.purser.core.engine.DecisionLog.FleetDecision;
import dev.purser.core.engine.DecisionLog.PlanDecision;
import dev.purser.core.engine.DecisionLog.RequestDecision;
import dev.purser.core.json.Json;
import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.workload.Slo;
import dev.purser.local.Answer.Place;
import dev.purser.local.LocalState.Launches;
import dev.purser.local.LocalState.Worker;
import dev.purser.server.gateway.Observer.Item;
import dev.purser.server.gateway.Observer.Snapshot;
import dev.purser.server.gateway.Promises.Kind;
import dev.purser.server.gateway.Traffic.ClassLine;
import dev.purser.server.gateway.Traffic.Failure;
import dev.purser.server.gateway.Traffic.Lines;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code /api/state} says. Times are milliseconds since 1970, durations are in the unit that the name ends in. */
final class StateJson {
    private static final ObjectWriter WRITER = Json.writer().with(new MinimalPrettyPrinter());

    private final ServiceCatalog catalog;
    private final Promises promises;
    private final Admission admission;
    private final Traffic traffic;
    private final Observer observer;
    private final About about;

    StateJson(
            ServiceCatalog catalog,
            Promises promises,
            Admission admission,
            Traffic traffic,
            Observer observer,
            About about) {
        this.catalog = catalog;
        this.promises = promises;
        this.admission = admission;
        this.traffic = traffic;
        this.observer = observer;
        this.about = about;
    }

    /** What does not change. */
    record About(String version, String application, String workload, String stack, String priceBook, long startedAt) {}

    /**
     * All of it.
     *
     * @param status {@code serving}, {@code starting} or {@code draining}
     */
    record State(
            About about,
            long now,
            String status,
            Requests requests,
            Seconds seconds,
            List<ClassState> classes,
            List<VariantState> variants,
            List<WorkerState> workers,
            List<WorkerState> lost,
            List<LaunchState> launches,
            Cost cost,
            List<PlanState> plans,
            List<RequestState> decisions,
            List<Failure> failures) {}

    /**
     * Requests so far.
     *
     * @param turnedAway those of the refused ones that the gateway turned away before the engine saw them
     * @param invalid requests that the client must change
     * @param kept share of the ended ones that kept their promise; null where none has ended
     */
    record Requests(
            int open,
            long bodyBytes,
            long answered,
            long refused,
            long failed,
            long late,
            long turnedAway,
            long invalid,
            long coldStarts,
            double meanBatch,
            @Nullable Double kept) {}

    /**
     * Ends by second.
     *
     * @param last the last second, counted from the start; the lists end with it
     */
    record Seconds(long last, List<Integer> answered, List<Integer> refused, List<Integer> failed) {}

    /**
     * A class of requests.
     *
     * @param perSecond ends a second, over the last minute
     * @param p50Ms median latency of the last one to two minutes
     * @param series percentiles by second, null where nothing was answered; they end with {@code seconds.last}
     */
    record ClassState(
            String name,
            boolean declared,
            @Nullable String variant,
            String urgency,
            @Nullable Double maxLatencyMs,
            @Nullable Double minAccuracy,
            @Nullable Double maxCostUsdPer1k,
            long answered,
            long refused,
            long failed,
            long late,
            @Nullable Double kept,
            double perSecond,
            @Nullable Double p50Ms,
            @Nullable Double p95Ms,
            @Nullable Double p99Ms,
            Series series) {}

    /** Milliseconds by second. */
    record Series(List<@Nullable Float> p50, List<@Nullable Float> p95, List<@Nullable Float> p99) {}

    /** A variant: what it answered, and what waits for it. */
    record VariantState(String name, double accuracy, long onInstances, long onFunctions, int recent, int queued) {}

    /** An instance or sandbox. */
    record WorkerState(
            String name,
            String place,
            String variant,
            String phase,
            @Nullable Long pid,
            double ageS,
            double initMs,
            Map<String, Double> initStepsMs,
            int running,
            int slots,
            long served,
            @Nullable String cause) {}

    /** How the starts of a fleet or function went. */
    record LaunchState(
            String name,
            long started,
            long failed,
            int failuresInARow,
            double backOffS,
            boolean broken,
            @Nullable String lastFailure) {}

    /** What it has cost. */
    record Cost(double usd, double usdPerHour, @Nullable Double usdPer1k, List<Item> items) {}

    /** A plan that changed something. */
    record PlanState(long at, String trigger, List<FleetState> fleets, boolean functions, String functionsReason) {}

    /** What a plan said of a fleet. */
    record FleetState(String fleet, int before, int target, int launched, int stopped, String code, String reason) {}

    /**
     * A request's way.
     *
     * @param to where it was sent: a fleet, a function, {@code queue} or {@code refused}
     */
    record RequestState(
            long at,
            long request,
            String ofClass,
            @Nullable String variant,
            @Nullable Why selection,
            String to,
            @Nullable Why dispatch) {}

    /** A reason, as a code and in words. */
    record Why(String code, String words) {
        static Why of(Reason reason) {
            return new Why(reason.code(), reason.words());
        }
    }

    /**
     * The state as JSON.
     *
     * @param since the last second that the asker has; -1 for none
     * @param ready whether the first workers have started
     */
    byte[] write(long since, boolean ready) {
        Snapshot snapshot = observer.latest();
        Lines lines = traffic.lines();
        int fresh = Math.clamp(lines.last() - since, 0, lines.answered().length);
        try {
            return WRITER.writeValueAsString(state(snapshot, lines, fresh, ready))
                    .getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the state cannot be written", e);
        }
    }

    private State state(Snapshot snapshot, Lines lines, int fresh, boolean ready) {
        List<ClassState> classes = new ArrayList<>();
        long answered = 0;
        long refused = lines.turnedAway();
        long failed = 0;
        long late = 0;
        for (ClassLine line : lines.classes()) {
            answered += line.answered();
            refused += line.refused();
            failed += line.failed();
            late += line.late();
            classes.add(classState(line, fresh));
        }
        for (Kind kind : promises.declared()) {
            if (lines.classes().stream().noneMatch(line -> line.kind().index() == kind.index())) {
                float[] none = new float[lines.answered().length];
                Arrays.fill(none, Float.NaN);
                double missing = Double.NaN;
                classes.add(classState(
                        new ClassLine(kind, 0, 0, 0, 0, 0, missing, missing, missing, none, none, none), fresh));
            }
        }
        classes.sort(Comparator.comparingInt((ClassState one) -> one.declared() ? 0 : 1)
                .thenComparingDouble(one -> -one.perSecond()));
        return new State(
                about,
                snapshot.at(),
                admission.draining() ? "draining" : ready ? "serving" : "starting",
                new Requests(
                        admission.open(),
                        admission.bytes(),
                        answered,
                        refused,
                        failed,
                        late,
                        lines.turnedAway(),
                        lines.invalid(),
                        snapshot.coldStarts(),
                        snapshot.meanBatch(),
                        share(answered - late, answered + refused + failed)),
                new Seconds(
                        lines.last(),
                        ints(lines.answered(), fresh),
                        ints(lines.refused(), fresh),
                        ints(lines.failed(), fresh)),
                classes,
                variants(snapshot, lines),
                snapshot.state().workers().stream().map(this::worker).toList(),
                snapshot.state().ended().stream().map(this::worker).toList(),
                snapshot.state().fleets().stream().map(StateJson::launches).toList(),
                new Cost(
                        snapshot.usd(),
                        snapshot.usdPerHour(),
                        answered == 0 ? null : snapshot.usd() / answered * 1000,
                        snapshot.items()),
                plans(snapshot),
                snapshot.requests().stream().map(one -> request(one, snapshot)).toList(),
                lines.failures());
    }

    private static @Nullable Double share(long part, long whole) {
        return whole == 0 ? null : (double) part / whole;
    }

    private ClassState classState(ClassLine line, int fresh) {
        Slo slo = line.kind().requestClass().slo();
        return new ClassState(
                line.kind().name(),
                line.kind().declared(),
                line.kind().requestClass().variant(),
                slo.urgency().name().toLowerCase(Locale.ROOT),
                slo.maxLatency() == null ? null : slo.maxLatency().toNanos() / 1e6,
                slo.minAccuracy(),
                slo.maxCostUsdPer1k(),
                line.answered(),
                line.refused(),
                line.failed(),
                line.late(),
                share(line.answered() - line.late(), line.answered() + line.refused() + line.failed()),
                line.perSecond(),
                number(line.p50()),
                number(line.p95()),
                number(line.p99()),
                new Series(
                        floats(line.series50(), fresh),
                        floats(line.series95(), fresh),
                        floats(line.series99(), fresh)));
    }

    private static @Nullable Double number(double value) {
        return Double.isNaN(value) ? null : value;
    }

    private static List<Integer> ints(int[] values, int last) {
        return Arrays.stream(values, values.length - last, values.length)
                .boxed()
                .toList();
    }

    private static List<@Nullable Float> floats(float[] values, int last) {
        List<@Nullable Float> list = new ArrayList<>(last);
        for (int i = values.length - last; i < values.length; i++) {
            list.add(Float.isNaN(values[i]) ? null : (Float) values[i]);
        }
        return list;
    }

    private List<VariantState> variants(Snapshot snapshot, Lines lines) {
        List<VariantState> variants = new ArrayList<>();
        for (int v = 0; v < catalog.variants(); v++) {
            variants.add(new VariantState(
                    catalog.variantName(v),
                    catalog.accuracy(v),
                    lines.onInstances()[v],
                    lines.onFunctions()[v],
                    lines.recentByVariant()[v],
                    snapshot.queued()[v]));
        }
        return variants;
    }

    private WorkerState worker(Worker worker) {
        return new WorkerState(
                worker.name(),
                lower(worker.place()),
                catalog.variantName(worker.variant()),
                lower(worker.phase()),
                worker.pid(),
                worker.age().toNanos() / 1e9,
                worker.initMs().values().stream()
                        .mapToDouble(Double::doubleValue)
                        .sum(),
                worker.initMs(),
                worker.running(),
                worker.place() == Place.INSTANCE ? catalog.slots(worker.owner()) : 1,
                worker.served(),
                worker.cause());
    }

    private static LaunchState launches(Launches launches) {
        return new LaunchState(
                launches.name(),
                launches.started(),
                launches.failed(),
                launches.failuresInARow(),
                launches.backOff().toNanos() / 1e9,
                launches.broken(),
                launches.lastFailure());
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static long time(Snapshot snapshot, long nanos) {
        return snapshot.at() - (snapshot.nanos() - nanos) / 1_000_000;
    }

    /** Those that changed something, and the last one. */
    private List<PlanState> plans(Snapshot snapshot) {
        List<PlanState> plans = new ArrayList<>();
        for (PlanDecision last : snapshot.lastPlan()) {
            if (snapshot.plans().isEmpty() || snapshot.plans().getFirst().nanos() != last.nanos()) {
                plans.add(plan(last, snapshot, true));
            }
        }
        snapshot.plans().forEach(plan -> plans.add(plan(plan, snapshot, false)));
        return plans;
    }

    private PlanState plan(PlanDecision plan, Snapshot snapshot, boolean whole) {
        List<FleetState> fleets = new ArrayList<>();
        for (FleetDecision fleet : plan.fleets()) {
            if (Observer.changes(fleet) || (whole && (fleet.target() > 0 || fleet.before() > 0))) {
                fleets.add(new FleetState(
                        catalog.fleetName(fleet.fleet()),
                        fleet.before(),
                        fleet.target(),
                        fleet.launched(),
                        fleet.stopped(),
                        fleet.reason().code(),
                        fleet.reason().words()));
            }
        }
        return new PlanState(
                time(snapshot, plan.nanos()),
                lower(plan.trigger()),
                fleets,
                plan.offload().enabled(),
                plan.offload().reason().words());
    }

    private RequestState request(RequestDecision decision, Snapshot snapshot) {
        Selection selection = decision.selection();
        Dispatch dispatch = decision.dispatch();
        String to = switch (dispatch) {
            case null -> "refused";
            case Dispatch.ToInstance instance -> catalog.fleetName(instance.fleet());
            case Dispatch.ToFunction function -> catalog.functionName(function.function());
            case Dispatch.ToFleet fleet -> catalog.fleetName(fleet.fleet());
            case Dispatch.ToQueue ignored -> "queue";
            case Dispatch.Refuse ignored -> "refused";
        };
        return new RequestState(
                time(snapshot, decision.nanos()),
                decision.request(),
                promises.name(decision.requestClass()),
                decision.variant() < 0 ? null : catalog.variantName(decision.variant()),
                selection == null ? null : Why.of(selection.reason()),
                to,
                dispatch == null ? null : Why.of(dispatch.reason()));
    }
}
