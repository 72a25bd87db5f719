package dev.purser.server.gateway;

import dev.purser.core.engine.Outcome;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.local.Answer;
import dev.purser.local.LocalState;
import dev.purser.local.LocalState.Phase;
import dev.purser.server.gateway.Promises.Kind;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Metrics for Prometheus. Labels have few values: classes that clients brought about share one, and what belongs to no
 * variant or platform says {@code none}.
 */
final class Meters implements AutoCloseable {
    static final String OTHER = "other";
    static final String NONE = "none";

    /** How a request can end: as for the engine, and the ways in which it never reached it. */
    enum End {
        ANSWERED,
        REFUSED,
        FAILED,
        /** Too much was open, or the server was shutting down. */
        TURNED_AWAY,
        /** The client must change it. */
        INVALID,
        /** The client went away, or was too slow. */
        GONE
    }

    /** The labels of a request; the class is the index of its label. */
    private record Series(int ofClass, int variant, Answer.@Nullable Place place, End end) {}

    private static final Duration[] BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofNanos(2_500_000),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(150),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        Duration.ofSeconds(60)
    };
    private static final double[] BATCH_BUCKETS = {1, 2, 4, 8, 16, 32, 64, 128};

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics gc = new JvmGcMetrics();
    private final ServiceCatalog catalog;
    private final List<Kind> declared;
    private final Map<Series, Counter> requests = new ConcurrentHashMap<>();
    private final Timer[] durations;
    private final Counter[] violations;
    private final DistributionSummary batch;
    private final MultiGauge cost;

    Meters(Backend backend, Promises promises, Admission admission) {
        catalog = backend.catalog();
        declared = promises.declared();
        durations = new Timer[declared.size() + 1];
        violations = new Counter[declared.size() + 1];
        for (int c = 0; c <= declared.size(); c++) {
            durations[c] = Timer.builder("purser.request.duration")
                    .description("From a request's arrival at the engine to its answer, of answered requests.")
                    .tag("class", label(c))
                    .serviceLevelObjectives(BUCKETS)
                    .register(registry);
            violations[c] = Counter.builder("purser.slo.violations")
                    .description("Requests refused, failed, or answered later than promised.")
                    .tag("class", label(c))
                    .register(registry);
        }
        batch = DistributionSummary.builder("purser.batch.size")
                .description("Requests served together, as each answered request saw it.")
                .serviceLevelObjectives(BATCH_BUCKETS)
                .register(registry);
        cost = MultiGauge.builder("purser.cost.usd")
                .description("What the deployment has cost so far at its price book, running instances included.")
                .register(registry);
        gauge("purser.requests.open", "Requests that are open.", admission, Admission::open);
        gauge("purser.request.body.bytes", "Memory held by the bodies of open requests.", admission, Admission::bytes);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ClassLoaderMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        gc.bindTo(registry);
    }

    private <T> void gauge(String name, String help, T of, ToDoubleFunction<T> value) {
        Gauge.builder(name, of, value).description(help).register(registry);
    }

    /** The levels that an observer sees; called once. */
    void observe(Observer observer) {
        for (int v = 0; v < catalog.variants(); v++) {
            int variant = v;
            Gauge.builder("purser.queue.length", observer, o -> o.latest().queued()[variant])
                    .description("Requests that wait for a slot.")
                    .tag("variant", catalog.variantName(v))
                    .register(registry);
        }
        for (int f = 0; f < catalog.fleets(); f++) {
            if (catalog.slots(f) == 0) {
                continue;
            }
            int fleet = f;
            for (Phase phase : Phase.values()) {
                if (phase != Phase.LOST) {
                    Gauge.builder("purser.instances", observer, o -> o.latest().instances(fleet, phase))
                            .description("Instances by what they are at.")
                            .tags("fleet", catalog.fleetName(f), "state", lower(phase))
                            .register(registry);
                }
            }
        }
        for (int f = 0; f < catalog.functions(); f++) {
            if (catalog.functionNanos(f) < ServiceCatalog.UNBOUNDED) {
                int function = f;
                Gauge.builder("purser.sandboxes", observer, o -> o.latest().sandboxes(function))
                        .description("Sandboxes of functions, warm or starting.")
                        .tag("function", catalog.functionName(f))
                        .register(registry);
            }
        }
        FunctionCounter.builder("purser.cold.starts", observer, o -> o.latest().coldStarts())
                .description("Requests that waited for a sandbox to start.")
                .register(registry);
        FunctionCounter.builder(
                        "purser.worker.failures", observer, o -> o.latest().workerFailures())
                .description("Workers that did not start, or were lost.")
                .register(registry);
        boolean chains = false;
        for (int f = 0; f < catalog.functions(); f++) {
            chains |= catalog.isChain(f);
        }
        if (chains) {
            objects(observer);
        }
        gauge(
                "purser.cost.usd.per.hour",
                "What the deployment costs an hour as it is now.",
                observer,
                o -> o.latest().usdPerHour());
    }

    /** What the parts of chains leave for one another. */
    private void objects(Observer observer) {
        for (boolean written : new boolean[] {true, false}) {
            FunctionCounter.builder("purser.store.bytes", observer, o -> {
                        LocalState.Objects objects = o.latest().state().objects();
                        return written ? objects.written() : objects.read();
                    })
                    .description("Bytes that the parts of split models have left for one another, and fetched.")
                    .tag("operation", written ? "put" : "get")
                    .register(registry);
        }
        gauge(
                "purser.store.held.bytes",
                "Bytes that wait in the object store for the next part of a split model.",
                observer,
                o -> o.latest().state().objects().bytes());
        gauge(
                "purser.store.objects",
                "Objects that wait in the store for the next part of a split model.",
                observer,
                o -> o.latest().state().objects().objects());
    }

    /** The costs by item are these from now on. */
    void cost(Iterable<Observer.Item> items) {
        List<Row<?>> rows = new ArrayList<>();
        items.forEach(item -> rows.add(Row.of(Tags.of("item", item.item()), item.usd())));
        cost.register(rows, true);
    }

    /** The engine ended a request. */
    void ended(Kind kind, Answer answer) {
        int of = kind.declared() ? kind.index() : declared.size();
        Answer.Served served = answer.served();
        End end = switch (answer.outcome()) {
            case ANSWERED -> End.ANSWERED;
            case REFUSED -> End.REFUSED;
            case FAILED -> End.FAILED;
        };
        count(of, answer.variant(), served == null ? null : served.place(), end);
        if (answer.outcome() == Outcome.ANSWERED) {
            durations[of].record(Duration.ofNanos(answer.latencyNanos()));
            if (served != null) {
                batch.record(served.batch());
            }
        }
        if (answer.outcome() != Outcome.ANSWERED || kind.isLate(answer.latencyNanos())) {
            violations[of].increment();
        }
    }

    /** A request ended before it had a class. */
    void turnedBack(End end) {
        count(declared.size() + 1, -1, null, end);
    }

    private void count(int ofClass, int variant, Answer.@Nullable Place place, End end) {
        Series series = new Series(ofClass, variant, place, end);
        Counter counter = requests.get(series);
        if (counter == null) {
            counter = requests.computeIfAbsent(series, this::counter);
        }
        counter.increment();
    }

    private Counter counter(Series series) {
        return Counter.builder("purser.requests")
                .description("Requests by how they ended.")
                .tag("class", label(series.ofClass()))
                .tag("variant", series.variant() < 0 ? NONE : catalog.variantName(series.variant()))
                .tag("platform", series.place() == null ? NONE : lower(series.place()))
                .tag("outcome", lower(series.end()))
                .register(registry);
    }

    private String label(int ofClass) {
        int declaredClasses = declared.size();
        return ofClass < declaredClasses ? declared.get(ofClass).name() : ofClass == declaredClasses ? OTHER : NONE;
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    /** All metrics in a format that the client takes. */
    String scrape(String contentType) {
        return registry.scrape(contentType);
    }

    @Override
    public void close() {
        gc.close();
        registry.close();
    }
}
