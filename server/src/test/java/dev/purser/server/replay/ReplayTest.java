package dev.purser.server.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.engine.Outcome;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.trace.ArrivalTrace;
import dev.purser.core.trace.Traces;
import dev.purser.core.workload.RequestClass;
import dev.purser.core.workload.Slo;
import dev.purser.core.workload.Slo.Urgency;
import dev.purser.core.workload.Workload;
import dev.purser.core.workload.Workloads;
import dev.purser.server.inputs.ModelInputs;
import dev.purser.server.replay.ReplayResult.OfVariant;
import dev.purser.server.replay.ReplayResult.Problem;
import dev.purser.server.replay.TestServer.Answering;
import dev.purser.sim.Simulation;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferenceCodec;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ReplayTest {
    private static final long SEED = 7;
    private static final ReplayOptions OPTIONS = ReplayOptions.defaults().withRehearsal(Duration.ZERO);
    private static final Answering OK = call -> call.ok(Map.of());

    private final List<ReplayedRequest> ended = new ArrayList<>();
    private final ReplayListener collect = new ReplayListener() {
        @Override
        public void ended(ReplayedRequest request) {
            ended.add(request);
        }
    };

    private static List<InferRequest> inputs() {
        return List.of(
                ModelInputs.synthesise(TestServer.TEXT, 1, 8, 1), ModelInputs.synthesise(TestServer.TEXT, 1, 8, 2));
    }

    private static ReplayLoad even(int requests, Duration length) {
        double rate = requests * 1e3 / length.toMillis();
        return ReplayLoad.of(
                Traces.of("constant:rate=" + rate + ",spacing=even,duration=" + length.toMillis() + "ms"), SEED);
    }

    private Replay replay(TestServer server, ReplayLoad load, ReplayOptions options) {
        return new Replay(URI.create(server.url()), "texts", inputs(), load, options, collect);
    }

    @Test
    void eachRequestIsSentOnceWithWhatItsClassIsPromised() throws Exception {
        List<RequestClass> classes = List.of(
                new RequestClass("fast", 1, null, new Slo(Urgency.STRICT, Duration.ofMillis(250), 0.7, null)),
                new RequestClass("cheap", 2, null, new Slo(Urgency.RELAXED, Duration.ofNanos(1_500_000), null, 0.25)),
                new RequestClass("any", 1, null, new Slo(Urgency.RELAXED, null, null, null)),
                new RequestClass("named", 1, "small v2", new Slo(Urgency.STRICT, null, null, 1.0)));
        try (TestServer server = new TestServer(OK)) {
            ArrivalTrace trace = Traces.of("constant:rate=400,duration=500ms");
            ReplayResult result = replay(server, new ReplayLoad(trace, classes, SEED), OPTIONS)
                    .run();

            assertThat(result.requests())
                    .isEqualTo(result.answered())
                    .isEqualTo(server.received().size());
            assertThat(result.requests()).isGreaterThan(100);
            assertThat(ended).hasSize(server.received().size());
            List<Map<String, Object>> promised = List.of(
                    Map.of("max_latency_ms", 250L, "min_accuracy", 0.7, "urgency", "strict"),
                    Map.of("max_latency_ms", 1.5, "max_cost_usd_per_1k", 0.25, "urgency", "relaxed"),
                    Map.of(),
                    Map.of("max_cost_usd_per_1k", 1.0, "urgency", "strict"));
            for (int c = 0; c < classes.size(); c++) {
                int requestClass = c;
                String path = c == 3 ? "/v2/models/small v2/infer" : "/v2/models/texts/infer";
                assertThat(server.received())
                        .filteredOn(r -> r.request().parameters().equals(promised.get(requestClass)))
                        .isNotEmpty()
                        .hasSize((int) ended.stream()
                                .filter(r -> r.requestClass() == requestClass)
                                .count())
                        .allMatch(r -> r.path().equals(path));
            }
            assertThat(server.received().stream().map(r -> r.request().inputs()).distinct())
                    .as("both inputs are sent in turn")
                    .hasSize(2);
        }
    }

    @Test
    void aSeedSendsWhatTheSimulatorDrawsWithIt() throws Exception {
        Workload workload = Workloads.load("paragon-workload-1");
        ServiceCatalog catalog = new ServiceCatalog(workload, PriceBooks.load(workload.priceBook()));
        ArrivalTrace trace = Traces.of("mmpp:rates=50/600,sojourn=200ms/200ms,duration=1s");
        Duration step = Duration.ofMillis(10);
        try (TestServer server = new TestServer(OK)) {
            ReplayLoad load = new ReplayLoad(trace, workload.application().classes(), SEED);
            replay(server, load, OPTIONS).run();

            double[][] sent = new double[catalog.requestClasses()][100];
            ended.forEach(r -> sent[r.requestClass()][(int) (r.intendedNanos() / step.toNanos())]++);
            assertThat(sent).isDeepEqualTo(Simulation.demand(catalog, trace, SEED, step));
            assertThat(sent).isNotEqualTo(Simulation.demand(catalog, trace, SEED + 1, step));
            assertThat(ended.stream().map(ReplayedRequest::number).distinct()).hasSize(ended.size());
        }
    }

    @Test
    void requestsGoOutThoughNoneIsAnswered() throws Exception {
        int requests = 60;
        CountDownLatch all = new CountDownLatch(requests);
        AtomicLong opened = new AtomicLong();
        // answers nothing before everything has arrived: a closed loop would wait for ever
        try (TestServer server = new TestServer(call -> {
            all.countDown();
            if (all.await(20, TimeUnit.SECONDS)) {
                opened.compareAndSet(0, System.nanoTime());
                call.ok(Map.of());
            }
        })) {
            ReplayResult result = replay(server, even(requests, Duration.ofMillis(600)), OPTIONS)
                    .run();

            assertThat(result.answered()).isEqualTo(requests);
            assertThat(result.generator().waited()).isZero();
            // each has waited from its own moment until the last one's: the whole backlog shows
            long last = ended.stream()
                    .mapToLong(ReplayedRequest::intendedNanos)
                    .max()
                    .orElseThrow();
            assertThat(ended).allMatch(r -> r.endNanos() >= last && r.latencyNanos() >= last - r.intendedNanos());
            assertThat(result.latencyMs().p50()).isGreaterThan(0.9 * last / 2 / 1e6);
        }
    }

    @Test
    void whatAStallHoldsUpCountsFromItsOwnMoment() throws Exception {
        int requests = 100;
        CountDownLatch gate = new CountDownLatch(1);
        try (ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
                TestServer server = new TestServer(call -> {
                    if (call.number() == 0) {
                        timer.schedule(gate::countDown, 600, TimeUnit.MILLISECONDS);
                    }
                    gate.await();
                    call.ok(Map.of());
                })) {
            ReplayOptions two = new ReplayOptions(false, 2, Duration.ofSeconds(30), null, Duration.ZERO, Duration.ZERO);
            ReplayResult result =
                    replay(server, even(requests, Duration.ofMillis(500)), two).run();

            // the server saw two slow requests and 98 quick ones; 100 users waited
            assertThat(result.answered()).isEqualTo(requests);
            assertThat(result.generator().waited()).isGreaterThan(requests / 2);
            assertThat(ended).allMatch(r -> r.latencyNanos() >= 590_000_000 - r.intendedNanos());
            assertThat(ended.stream().filter(r -> r.endNanos() - r.sentNanos() > 500_000_000))
                    .hasSize(2);
            assertThat(result.serviceMs().p50()).isLessThan(result.latencyMs().p50() / 2);
            assertThat(server.connections()).isLessThanOrEqualTo(2);
        }
    }

    @Test
    void latenessIsMeasuredAgainstWhatTheClassIsPromised() throws Exception {
        List<RequestClass> classes = List.of(
                new RequestClass("hopeless", 1, null, new Slo(Urgency.STRICT, Duration.ofNanos(1000), null, null)),
                new RequestClass("easy", 1, null, new Slo(Urgency.RELAXED, Duration.ofMinutes(1), null, null)));
        try (TestServer server = new TestServer(call -> {
            if (call.number() % 10 == 0) {
                call.error(429, "full");
            } else {
                call.ok(Map.of());
            }
        })) {
            ReplayLoad load = new ReplayLoad(Traces.of("constant:rate=200,duration=1s"), classes, SEED);
            ReplayResult result = replay(server, load, OPTIONS).run();

            var hopeless = result.classes().get(0);
            var easy = result.classes().get(1);
            assertThat(hopeless.maxLatencyMs()).isEqualTo(0.001);
            assertThat(hopeless.late()).isEqualTo(hopeless.answered()).isPositive();
            assertThat(hopeless.violationRatio()).isEqualTo(1);
            assertThat(easy.late()).isZero();
            assertThat(easy.sloViolations()).isEqualTo(easy.refused());
            assertThat(result.sloViolations()).isEqualTo(hopeless.requests() + easy.refused());
            assertThat(result.late()).isEqualTo(hopeless.answered());
            assertThat(result.refused()).isEqualTo((result.requests() + 9) / 10);
        }
    }

    @Test
    void refusalsAndFailuresAreCountedByWhatTheySay() throws Exception {
        try (TestServer server = new TestServer(call -> {
            switch (call.number() % 5) {
                case 0 -> call.error(429, "request " + call.number() + " would wait " + call.number() * 0.5 + " ms");
                case 1 -> call.error(503, "no worker is ready");
                case 2 -> call.error(500, "the network failed");
                case 3 -> call.breakOff();
                default -> call.raw(200, "<html>");
            }
        })) {
            ReplayResult result =
                    replay(server, even(50, Duration.ofMillis(500)), OPTIONS).run();

            assertThat(List.of(result.requests(), result.answered(), result.refused(), result.failed()))
                    .containsExactly(50L, 0L, 20L, 30L);
            assertThat(result.violationRatio()).isEqualTo(1);
            assertThat(result.latencyMs()).isEqualTo(LatencyMs.NONE);
            assertThat(result.problems()).hasSize(5).allMatch(problem -> problem.requests() == 10);
            assertThat(result.problems().stream().filter(p -> p.status() == 429).map(Problem::message))
                    .singleElement()
                    .asString()
                    .matches("request \\d+ would wait \\S+ ms");
            assertThat(result.problems())
                    .contains(new Problem(503, "no worker is ready", 10))
                    .contains(new Problem(500, "the network failed", 10))
                    .contains(new Problem(0, "the server closed the connection without an answer", 10));
            assertThat(result.problems())
                    .anyMatch(p -> p.status() == 200 && p.message().startsWith("not a response of the protocol"));
            assertThat(ended).allMatch(r -> r.problem() != null && r.variant() == null);
        }
    }

    @Test
    void whoAnsweredIsWhatTheServerSays() throws Exception {
        try (TestServer server = new TestServer(call -> call.ok(
                switch (call.number() % 4) {
                    case 0 -> Map.of("variant", "small", "platform", "function", "cold_start", true);
                    case 1, 2 -> Map.of("variant", "large", "platform", "instance", "cold_start", false);
                    default -> Map.of("reason", "unknown");
                }))) {
            ReplayResult result =
                    replay(server, even(40, Duration.ofMillis(400)), OPTIONS).run();

            assertThat(result.coldStarts()).isEqualTo(10);
            assertThat(result.variants())
                    .containsExactly(
                            new OfVariant("large", "instance", 20, 0.5),
                            new OfVariant("small", "function", 10, 0.25),
                            new OfVariant("texts", null, 10, 0.25));
            assertThat(result.throughput()).isEqualTo(40 / result.seconds());
        }
    }

    @Test
    void tensorsGoInBinaryWhereAskedFor() throws Exception {
        try (TestServer server = new TestServer(OK)) {
            ReplayOptions binary =
                    new ReplayOptions(true, 8, Duration.ofSeconds(30), "s3cret", Duration.ZERO, Duration.ZERO);
            ReplayResult result =
                    replay(server, even(10, Duration.ofMillis(100)), binary).run();

            assertThat(result.answered()).isEqualTo(10);
            assertThat(server.received())
                    .allMatch(r -> r.headers().containsKey(InferenceCodec.HEADER))
                    .allMatch(r -> r.request().binaryOutput())
                    .allMatch(r -> "Bearer s3cret".equals(r.headers().getFirst("Authorization")));
        }
    }

    @Test
    void anAnswerThatDoesNotComeInTimeIsAFailure() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        try (TestServer server = new TestServer(call -> never.await())) {
            ReplayOptions impatient =
                    new ReplayOptions(false, 3, Duration.ofMillis(150), null, Duration.ZERO, Duration.ZERO);
            ReplayResult result =
                    replay(server, even(40, Duration.ofMillis(400)), impatient).run();

            assertThat(result.requests()).isEqualTo(result.failed()).isEqualTo(40);
            assertThat(result.generator().unsent()).as("of those that waited").isPositive();
            assertThat(result.problems().stream().map(Problem::message))
                    .containsExactlyInAnyOrder("no answer within 150ms", "was not sent: all connections were in use");
            assertThat(result.problems().stream().mapToLong(Problem::requests).sum())
                    .isEqualTo(40);
            assertThat(ended.stream().filter(r -> r.status() == 0)).hasSize(40);
        }
    }

    @Test
    void warmUpAndRehearsalDoNotCount() throws Exception {
        try (TestServer server = new TestServer(OK)) {
            ReplayOptions warm = OPTIONS.withWarmUp(Duration.ofMillis(300)).withRehearsal(Duration.ofMillis(100));
            ReplayResult result =
                    replay(server, even(20, Duration.ofMillis(200)), warm).run();

            assertThat(result.requests()).isEqualTo(20);
            assertThat(ended).hasSize(20);
            assertThat(server.received())
                    .as("the rehearsal is not the server's")
                    .hasSizeBetween(35, 75);
        }
    }

    @Test
    void oneConnectionDoesForWhatComesOneByOne() throws Exception {
        try (TestServer server = new TestServer(OK)) {
            ReplayOptions one = new ReplayOptions(false, 1, Duration.ofSeconds(30), null, Duration.ZERO, Duration.ZERO);
            ReplayResult result =
                    replay(server, even(30, Duration.ofMillis(300)), one).run();

            assertThat(result.answered()).isEqualTo(30);
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @Test
    void aStoppedReplaySaysWhatBecameOfTheRequestsUntilThen() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        Replay[] replay = new Replay[1];
        try (TestServer server = new TestServer(call -> {
            if (call.number() == 20) {
                replay[0].stop();
            }
            if (call.number() >= 10) {
                never.await();
            }
            call.ok(Map.of());
        })) {
            replay[0] = replay(server, even(6000, Duration.ofMinutes(1)), OPTIONS);
            ReplayResult result = replay[0].run();

            assertThat(result.stopped()).isTrue();
            assertThat(result.answered()).isEqualTo(10);
            assertThat(result.failed()).isZero();
            assertThat(result.abandoned()).isGreaterThan(10);
            assertThat(result.requests()).isLessThan(6000).isEqualTo(10 + result.abandoned());
            assertThat(result.seconds()).isLessThan(60);
        }
    }

    @Test
    void aReplayStoppedBeforehandSendsNothing() throws Exception {
        try (TestServer server = new TestServer(OK)) {
            Replay replay =
                    replay(server, even(100, Duration.ofSeconds(20)), OPTIONS.withWarmUp(Duration.ofSeconds(20)));
            replay.stop();

            assertThat(replay.run().requests()).isZero();
            assertThat(server.received()).isEmpty();
        }
    }

    @Test
    void aListenerThatThrowsEndsTheReplay() throws Exception {
        try (TestServer server = new TestServer(OK)) {
            ReplayListener full = new ReplayListener() {
                @Override
                public void ended(ReplayedRequest request) {
                    throw new IllegalStateException("disk full");
                }
            };
            Replay replay = new Replay(
                    URI.create(server.url()), "texts", inputs(), even(6000, Duration.ofMinutes(1)), OPTIONS, full);

            assertThatThrownBy(replay::run)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("disk full");
        }
    }

    @Test
    void progressIsReportedUntilTheEnd() throws Exception {
        try (TestServer server = new TestServer(OK)) {
            List<ReplayProgress> reports = new ArrayList<>();
            ReplayListener listener = new ReplayListener() {
                @Override
                public void progress(ReplayProgress progress) {
                    reports.add(progress);
                }
            };
            ReplayLoad load = even(120, Duration.ofMillis(1200));
            new Replay(URI.create(server.url()), "texts", inputs(), load, OPTIONS, listener).run();

            assertThat(reports).hasSizeGreaterThanOrEqualTo(2);
            assertThat(reports.getLast().answered())
                    .isEqualTo(reports.getLast().sent())
                    .isEqualTo(120);
            assertThat(reports.getLast().total()).isEqualTo(Duration.ofMillis(1200));
            assertThat(reports.getFirst().sent()).isBetween(1L, 120L);
            assertThat(reports.getFirst().recent().max()).isPositive();
        }
    }

    @Test
    void aServerThatIsGoneFailsEachRequest() throws Exception {
        TestServer gone = new TestServer(OK);
        gone.close();
        ReplayResult result =
                replay(gone, even(5, Duration.ofMillis(50)), OPTIONS).run();

        assertThat(result.failed()).isEqualTo(5);
        assertThat(result.problems()).containsExactly(new Problem(0, "Connection refused", 5));
        assertThat(ended).allMatch(r -> r.outcome() == Outcome.FAILED);
    }
}
