package dev.purser.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.purser.core.engine.ControllerSettings;
import dev.purser.core.engine.DecisionLog;
import dev.purser.core.engine.Metrics;
import dev.purser.core.engine.PolicySet;
import dev.purser.core.engine.RunResult;
import dev.purser.core.model.ChainPart;
import dev.purser.core.model.ModelPool;
import dev.purser.core.model.Variant;
import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.KeepAlive;
import dev.purser.core.policy.ModelSelector;
import dev.purser.core.policy.Offload;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.RequestView;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.policy.ServingView;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.workload.Application;
import dev.purser.core.workload.FunctionConfiguration;
import dev.purser.core.workload.RequestClass;
import dev.purser.core.workload.Slo;
import dev.purser.core.workload.Workload;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import java.util.function.LongToIntFunction;
import org.junit.jupiter.api.Test;

/** A variant in two parts: whole runs of a few requests at known times, worked by hand. */
class ChainTest {
    private static final long MS = 1_000_000L;
    private static final long SECOND = 1_000_000_000L;
    private static final long MIB = 1 << 20;
    private static final Reason WHY = Reason.of("test", "because the test says so");

    /** Dispatch 5 ms, invoke 20 ms, sandbox start 1 s, no spread. */
    private static final SimulatorSettings SETTINGS = SimulatorSettings.ideal()
            .withInstanceBoot(Duration.ofSeconds(100), Spread.none())
            .withDispatchOverhead(Duration.ofMillis(5), Spread.none())
            .withInvokeOverhead(Duration.ofMillis(20))
            .withSandboxStart(Duration.ofSeconds(1), Spread.none());

    private final List<Long> latenciesMs = new ArrayList<>();
    private SimulatorSettings settings = SETTINGS;
    private LongFunction<KeepAlive> keepAlive = now -> new KeepAlive(5 * SECOND, 0, WHY);
    private String priceBook = "us-east-1-2019";
    private int concurrencyLimit = 10;
    private LongToIntFunction function = now -> 0;

    /** 400 ms in 1024 MB, loaded in 200 ms, then 100 ms in 512 MB, loaded in 100 ms; 2 MiB go from one to the other. */
    private ServiceCatalog catalog() {
        Variant variant = new Variant(
                "two",
                0.8,
                null,
                3,
                300,
                Map.of(),
                null,
                null,
                List.of(
                        new ChainPart("head", 1024, 400, 200, 1, 2 * MIB, null),
                        new ChainPart("tail", 512, 100, 100, 2, 0, null)));
        return new ServiceCatalog(
                new Workload(
                        "w",
                        "",
                        new Application(
                                "task",
                                new ModelPool("p", "", List.of(variant)),
                                List.of(new RequestClass(
                                        "all", 1, null, new Slo(Slo.Urgency.RELAXED, null, null, null)))),
                        List.of(),
                        new FunctionConfiguration(List.of(1024, 2048), concurrencyLimit),
                        priceBook),
                PriceBooks.named(priceBook));
    }

    private RunResult run(long seconds, double... arrivalSeconds) {
        latenciesMs.clear();
        long[] nanos = java.util.Arrays.stream(arrivalSeconds)
                .mapToLong(at -> Math.round(at * SECOND))
                .toArray();
        ModelSelector selector = new ModelSelector() {
            @Override
            public Selection select(RequestView request, ServingView view) {
                return new Selection(0, WHY);
            }

            @Override
            public void answered(int answeredBy, long latencyNanos) {
                latenciesMs.add(latencyNanos / MS);
            }
        };
        PolicySet policies = new PolicySet(
                selector,
                (request, view) -> new Dispatch.ToFunction(function.applyAsInt(view.nanos()), WHY),
                view -> new Plan(List.of(), Offload.always()),
                view -> keepAlive.apply(view.nanos()));
        return new Simulation(
                        catalog(),
                        policies,
                        TestTraces.at(Duration.ofSeconds(seconds), nanos),
                        1,
                        settings,
                        new ControllerSettings(Duration.ofSeconds(10), Duration.ofMinutes(5), 0, 100, 3),
                        DecisionLog.small())
                .run();
    }

    @Test
    void partsRunOneAfterTheOtherEachColdOrWarmByItself() {
        RunResult result = run(60, 1, 3, 8, 20);
        // both cold: 20 + 1000 + 200 + 400, then 20 + 1000 + 100 + 100, ended at 3.845 s; so that the second request
        // finds
        // the first part idle and the second one busy; then both warm, and after 5 s of rest both cold again
        assertThat(latenciesMs).containsExactly(2845L, 1645L, 545L, 2845L);
        Metrics metrics = result.metrics();
        assertThat(metrics.coldStarts()).as("of requests").isEqualTo(3);
        assertThat(metrics.sandboxesStarted()).isEqualTo(2 + 1 + 2);
        assertThat(metrics.sandboxesReclaimed()).isEqualTo(5);
        // the first part's: 1.005 to 8.425 + 5 s and 20.005 to 21.625 + 5 s; the second's: one 2.625 to 3.845 + 5 s,
        // one
        // 3.425 to 8.545 + 5 s, one 21.625 to 22.845 + 5 s
        assertThat(metrics.meanSandboxes(result.endNanos()))
                .isCloseTo((12.42 + 6.62 + 6.22 + 10.12 + 6.22) / 60, within(1e-9));

        // 2019: no initialisation is paid for
        assertThat(result.usage().functionMbMillis()).isEqualTo(4 * (400 * 1024 + 100 * 512));
        assertThat(result.usage().functionRequests()).isEqualTo(8);
        assertThat(result.usage().objectsWritten()).isEqualTo(4);
        assertThat(result.usage().objectsRead())
                .as("weights of each sandbox, and what is handed over")
                .isEqualTo(5 + 4);
        BigInteger handedOver = BigInteger.valueOf(4 * 2 * MIB).multiply(BigInteger.valueOf(3600 * SECOND));
        BigInteger weights = BigInteger.valueOf(3 * MIB).multiply(BigInteger.valueOf(60 * SECOND));
        assertThat(result.usage().storedByteNanos()).isEqualTo(handedOver.add(weights));
    }

    @Test
    void whatAWarmRequestCostsIsWhatTheCatalogSays() {
        keepAlive = now -> new KeepAlive(Long.MAX_VALUE, 0, WHY);
        ServiceCatalog catalog = catalog();
        assertThat(catalog.functionNanos(0)).isEqualTo(500 * MS);
        assertThat(catalog.functionNanos(1)).isEqualTo(500 * MS);
        // 0.45 GB-s, two requests, a write and a read, 2 MiB for an hour of a month of 720
        double usd = 0.45 * 0.0000166667 + 2 * 0.0000002 + 0.0000054 + 0.023 * 2 / 1024 / 720;
        assertThat(catalog.functionUsd(0)).isCloseTo(usd, within(1e-15));
        assertThat(settings.meanFunctionUsd(catalog, 0)).isCloseTo(usd, within(1e-15));

        RunResult one = run(600, 1);
        double[] many = java.util.stream.IntStream.range(0, 501)
                .mapToDouble(i -> i == 0 ? 1 : 5 + i)
                .toArray();
        // the lines of a bill are rounded
        assertThat(run(600, many).bill().total().subtract(one.bill().total()).doubleValue() / 500)
                .isCloseTo(usd, within(1e-8));
        assertThat(catalog.functionName(0)).isEqualTo("two in 2 parts");
        assertThat(catalog.memoryOfFunction(0)).isEqualTo(1024);
    }

    @Test
    void theLoadOfEachColdPartIsPaidForWhereTheBookSaysSo() {
        priceBook = "us-east-1-2026";
        RunResult result = run(60, 1, 3);
        assertThat(result.usage().functionMbMillis()).isEqualTo((600 + 400) * 1024 + (200 + 200) * 512);
    }

    @Test
    void aChainCountsOnceAgainstTheConcurrencyLimit() {
        concurrencyLimit = 1;
        RunResult result = run(60, 1, 1.001);
        // the second is thrown back, and sent when the first has ended with its last part, at 3.845 s
        assertThat(latenciesMs).containsExactly(2845L, 2844L + 540);
        assertThat(result.metrics().throttles()).isEqualTo(1);
        assertThat(result.metrics().sandboxesStarted()).isEqualTo(2);
    }

    @Test
    void prewarmingWarmsEveryPart() {
        keepAlive = now -> new KeepAlive(15 * SECOND, now == 10 * SECOND ? 1 : 0, WHY);
        priceBook = "us-east-1-2026";
        RunResult result = run(60, 1, 12, 12);
        assertThat(latenciesMs).containsExactly(2845L, 545L, 545L);
        assertThat(result.metrics().sandboxesStarted()).isEqualTo(4);
        assertThat(result.usage().functionRequests()).isEqualTo(6 + 2);
        assertThat(result.usage().functionMbMillis())
                .isEqualTo((600 + 400 + 400 + 200) * 1024 + (200 + 100 + 100 + 100) * 512);
    }

    @Test
    void sandboxesOfOneMemorySizeAreNotThoseOfAnother() {
        function = now -> now < 5 * SECOND ? 0 : 1;
        assertThat(run(60, 1, 6, 10).metrics().coldStarts()).isEqualTo(2);
        assertThat(latenciesMs).containsExactly(2845L, 2845L, 545L);
    }

    @Test
    void eachPartAfterAPauseTakesLonger() {
        settings =
                SETTINGS.withAfterIdle(new SimulatorSettings.AfterIdle(Duration.ofSeconds(2), Duration.ofMillis(150)));
        run(60, 1, 6);
        assertThat(latenciesMs).containsExactly(2845L, 545L + 2 * 150);
    }

    /** With one factor for the whole chain the spread would be that of a single service; the sum of two differs less. */
    @Test
    void partsDifferFromTheirProfilesEachByItself() {
        settings = SETTINGS.withService(Spread.exponential());
        double[] seconds = java.util.stream.IntStream.range(0, 400)
                .mapToDouble(i -> 1 + i * 3)
                .toArray();
        RunResult first = run(1300, seconds);
        // exponential times of mean 400 and 100 ms: the variance is 400^2 + 100^2, and not 500^2
        double mean =
                latenciesMs.stream().skip(1).mapToLong(ms -> ms - 45).average().orElseThrow();
        double variance = latenciesMs.stream()
                        .skip(1)
                        .mapToDouble(ms -> Math.pow(ms - 45 - mean, 2))
                        .sum()
                / 398;
        assertThat(mean).isBetween(430.0, 570.0);
        assertThat(Math.sqrt(variance)).isBetween(330.0, 470.0);
        assertThat(run(1300, seconds).usage()).isEqualTo(first.usage());
    }
}
