package dev.purser.server.gateway;

import dev.purser.core.engine.Attempt;
import dev.purser.core.engine.Controller;
import dev.purser.core.engine.ControllerSettings;
import dev.purser.core.engine.DecisionLog;
import dev.purser.core.engine.Outcome;
import dev.purser.core.engine.PolicySet;
import dev.purser.core.engine.Ticket;
import dev.purser.core.json.Json;
import dev.purser.core.live.CallListener;
import dev.purser.core.live.LiveController;
import dev.purser.core.live.LivePlatform;
import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.workload.RequestClass;
import dev.purser.core.workload.Workload;
import dev.purser.local.Answer;
import dev.purser.local.LocalState;
import dev.purser.spi.PolicyRegistry;
import dev.purser.spi.Stack;
import dev.purser.worker.protocol.Datatype;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferResponse;
import dev.purser.worker.protocol.ModelMetadata;
import dev.purser.worker.protocol.Tensor;
import dev.purser.worker.protocol.TensorMetadata;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * The engine with policies of a stack, on a platform whose instances need no time: a model gives the first ten numbers of
 * its input. What it does wrong can be told.
 */
final class TestBackend implements Backend, AutoCloseable {
    static final String WORKLOAD = """
            {
              "name": "digits-test", "description": "for tests",
              "application": {
                "name": "digits",
                "pool": {"name": "digits", "source": "made up", "variants": [
                  {"name": "small", "accuracy": 0.91, "sizeMb": 1, "loadMs": 10, "vm": {"c7a.medium": {"latencyMs": 2, "slots": 4, "batchLatencyMs": {"2": 3, "8": 9}}}, "function": {"latencyMs": {"1769": 3}}},
                  {"name": "large", "accuracy": 0.987, "sizeMb": 20, "loadMs": 100, "vm": {"c7a.medium": {"latencyMs": 20, "slots": 4}}}
                ]},
                "classes": [
                  {"name": "interactive", "weight": 3, "slo": {"urgency": "strict", "maxLatency": "100ms"}},
                  {"name": "archive", "weight": 1, "slo": {"urgency": "relaxed", "maxLatency": "5s", "minAccuracy": 0.95}}
                ]
              },
              "instanceTypes": ["c7a.medium"],
              "functions": {"memoryMb": [1769], "concurrencyLimit": 100},
              "priceBook": "us-east-1-2026"
            }
            """;

    /** What the variants take and give, and how. */
    record Network(
            List<TensorMetadata> inputs, List<TensorMetadata> outputs, Function<InferRequest, List<Tensor>> answer) {
        static final Network DIGITS = new Network(
                List.of(new TensorMetadata("input", Datatype.FP32, List.of(-1L, 784L))),
                List.of(new TensorMetadata("output", Datatype.FP32, List.of(-1L, 10L))),
                request -> {
                    Tensor input = request.inputs().getFirst();
                    float[] numbers = input.floats();
                    int rows = (int) input.rows();
                    float[] first = new float[rows * 10];
                    for (int row = 0; row < rows; row++) {
                        System.arraycopy(numbers, row * 784, first, row * 10, 10);
                    }
                    return List.of(Tensor.floats("output", new long[] {rows, 10}, first));
                });
    }

    private final Network network;

    private final ServiceCatalog catalog;
    private final LiveController<Call> live;
    private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(2);
    private final Map<Integer, Long> instances = new ConcurrentHashMap<>();
    private final Map<Integer, Integer> fleets = new ConcurrentHashMap<>();
    private final List<Runnable> held = new ArrayList<>();
    private final AtomicInteger started = new AtomicInteger();
    /** Whether answers wait until they are let go. */
    volatile boolean hold;

    volatile boolean ready = true;
    /** What is answered in place of what the engine says. */
    volatile Function<Answer, Answer> last = answer -> answer;

    private static final class Call {
        private final InferRequest request;
        private final CompletableFuture<Answer> answer = new CompletableFuture<>();
        private InferResponse response = new InferResponse("", null, null, Map.of(), List.of());
        private String server = "";
        private int batch = 1;

        Call(InferRequest request) {
            this.request = request;
        }
    }

    TestBackend() {
        this(WORKLOAD, Network.DIGITS);
    }

    TestBackend(String workloadJson, Network network) {
        this.network = network;
        Workload workload = Json.read("test", Json.parse("test", workloadJson), Workload.class);
        catalog = new ServiceCatalog(workload, PriceBooks.load(workload.priceBook()));
        PolicyRegistry registry = PolicyRegistry.load();
        Stack stack = registry.stack("admission");
        PolicySet policies = registry.create(stack, catalog, 1);
        live = new LiveController<>(
                catalog,
                policies,
                new Echo(),
                this::ended,
                new ControllerSettings(Duration.ofMillis(100), Duration.ofSeconds(30), 50, 100, 3),
                DecisionLog.small());
        live.start();
    }

    private void ended(Call call, CallListener.End end) {
        Dispatch dispatch = end.dispatch();
        Selection selection = end.selection();
        boolean answered = end.outcome() == Outcome.ANSWERED;
        Answer answer = new Answer(
                end.outcome(),
                end.variant(),
                selection == null && dispatch != null
                        ? dispatch.reason()
                        : selection == null ? null : selection.reason(),
                answered && dispatch != null
                        ? new Answer.Served(
                                dispatch instanceof Dispatch.ToFunction ? Answer.Place.FUNCTION : Answer.Place.INSTANCE,
                                call.server,
                                false,
                                call.batch,
                                dispatch.reason())
                        : null,
                end.latencyNanos(),
                0,
                end.latencyNanos(),
                answered ? call.response : null,
                answered ? null : "the test's engine says " + end.outcome(),
                answered ? 200 : end.outcome() == Outcome.REFUSED ? 429 : 500);
        call.answer.complete(last.apply(answer));
    }

    /** Lets all answers go that are held, and those to come. */
    void release() {
        hold = false;
        List<Runnable> now;
        synchronized (held) {
            now = new ArrayList<>(held);
            held.clear();
        }
        now.forEach(Runnable::run);
    }

    int heldNow() {
        synchronized (held) {
            return held.size();
        }
    }

    @Override
    public ServiceCatalog catalog() {
        return catalog;
    }

    @Override
    public CompletableFuture<Answer> infer(int requestClass, InferRequest request) {
        Call call = new Call(request);
        live.submit(requestClass, call);
        return call.answer;
    }

    @Override
    public CompletableFuture<Integer> addRequestClass(RequestClass requestClass) {
        return live.addRequestClass(requestClass);
    }

    @Override
    public ModelMetadata metadata(int variant) {
        return new ModelMetadata(
                catalog.variantName(variant), List.of(), ModelMetadata.ONNX, network.inputs(), network.outputs());
    }

    @Override
    public <T> CompletableFuture<T> query(Function<Controller, T> question) {
        return live.query(question);
    }

    @Override
    public boolean ready() {
        return ready;
    }

    @Override
    public LocalState state() {
        List<LocalState.Worker> workers = new ArrayList<>();
        instances.forEach((row, since) -> workers.add(new LocalState.Worker(
                Answer.Place.INSTANCE,
                row,
                fleets.getOrDefault(row, 0),
                catalog.variantOfFleet(fleets.getOrDefault(row, 0)),
                "c7a.medium#" + row,
                1000L + row,
                LocalState.Phase.READY,
                Map.of("process", 120.0, "model", 30.5),
                Duration.ofNanos(System.nanoTime() - since),
                7,
                0,
                null)));
        return new LocalState(workers, List.of(), List.of());
    }

    @Override
    public void close() {
        release();
        threads.shutdownNow();
        live.close();
    }

    private final class Echo implements LivePlatform<Call> {
        private LiveController<Call> controller = live;

        @Override
        public void attach(LiveController<Call> of) {
            controller = of;
        }

        @Override
        public void launch(long ticket, int fleet) {
            int instance = Ticket.row(ticket);
            started.incrementAndGet();
            instances.put(instance, System.nanoTime());
            fleets.put(instance, fleet);
            threads.execute(() -> controller.report(events -> events.instanceReady(ticket, 0)));
        }

        @Override
        public void terminate(long ticket) {
            instances.remove(Ticket.row(ticket));
            controller.report(events -> events.instanceGone(ticket, controller.nanos()));
        }

        @Override
        public void execute(long attempt, int size, long ticket) {
            int instance = Ticket.row(ticket);
            for (int row = Ticket.row(attempt); row >= 0; row = controller.nextInBatch(row)) {
                Call call = controller.call(row);
                call.server = "c7a.medium#" + instance;
                call.batch = size;
                call.response = echo(call.request);
            }
            finish(() -> controller.report(events -> events.attemptEnded(attempt, Attempt.ANSWERED, false, 0)));
        }

        @Override
        public void invoke(long attempt, int pool) {
            Call call = controller.call(Ticket.row(attempt));
            call.server = catalog.memoryOfFunction(catalog.functionOfPool(pool)) + " MB#1";
            call.response = echo(call.request);
            finish(() -> controller.report(events -> events.attemptEnded(attempt, Attempt.ANSWERED, false, 3_000_000)));
        }

        private void finish(Runnable end) {
            if (!hold) {
                threads.execute(end);
                return;
            }
            synchronized (held) {
                held.add(end);
            }
        }

        private InferResponse echo(InferRequest request) {
            return new InferResponse(
                    "m", "1", request.id(), Map.of(), network.answer().apply(request));
        }

        @Override
        public void keepAlive(int pool, long idleNanos) {}

        @Override
        public void prewarm(int pool, int sandboxes) {}

        @Override
        public void setTimer(long atNanos) {
            threads.schedule(
                    () -> controller.report(events -> events.timerFired()),
                    Math.max(0, atNanos - controller.nanos()),
                    TimeUnit.NANOSECONDS);
        }

        @Override
        public long launchNanos(int fleet) {
            return 1_000_000;
        }

        @Override
        public void close() {}
    }
}
