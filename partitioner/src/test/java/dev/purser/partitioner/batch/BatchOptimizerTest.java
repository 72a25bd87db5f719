package dev.purser.partitioner.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.json.Json;
import dev.purser.core.pricing.FunctionPricing;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.partitioner.Shared;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** BATCH's model against its published fits, and against buffers that are played through. */
class BatchOptimizerTest {
    private static final FunctionPricing PRICES =
            PriceBooks.named("us-east-1-2019").function();

    private static JsonNode file() {
        return Json.read(Shared.data("vectors/batch/vectors.json"), JsonNode.class);
    }

    private static double[][] matrix(JsonNode rows) {
        double[][] matrix = new double[2][2];
        for (int i = 0; i < 4; i++) {
            matrix[i / 2][i % 2] = rows.get(i / 2).get(i % 2).asDouble();
        }
        return matrix;
    }

    private static MarkovArrivals arrivals(JsonNode map) {
        return MarkovArrivals.of(matrix(map.get(0)), matrix(map.get(1)));
    }

    /** The recorded service times of a model and memory lie on a polynomial of third degree, which four of them determine. */
    private static ServiceTimes service(JsonNode file, String model) {
        return (batch, memory) -> {
            List<double[]> points = new ArrayList<>();
            for (JsonNode point : file.get("serviceSeconds")) {
                if (point.get("model").asText().equals(model)
                        && point.get("memMB").asInt() == memory) {
                    points.add(new double[] {
                        point.get("batch").asInt(), point.get("seconds").asDouble()
                    });
                }
            }
            assertThat(points).hasSize(4);
            double sum = 0;
            for (double[] at : points) {
                double term = at[1];
                for (double[] other : points) {
                    term *= other == at ? 1 : (batch - other[0]) / (at[0] - other[0]);
                }
                sum += term;
            }
            return sum;
        };
    }

    @Test
    void theRecordedBatchesComeOut() {
        JsonNode file = file();
        BatchOptimizer optimizer = BatchOptimizer.published(PRICES);
        assertThat(file.get("batch")).hasSize(32);
        for (JsonNode vector : file.get("batch")) {
            MarkovArrivals arrivals =
                    arrivals(file.get("maps").get(vector.get("map").asText()));
            int limit = vector.get("B").asInt();
            double timeout = vector.get("T").asDouble();
            String as = vector.get("map") + " " + limit + " " + timeout;
            BatchModel model = new BatchModel(arrivals, limit, timeout);
            for (int s = 1; s <= limit; s++) {
                assertThat(model.chance(s))
                        .as(as)
                        .isCloseTo(vector.get("batchDist").get(s - 1).asDouble(), within(1e-9));
            }
            BatchOptimizer.Choice choice = optimizer.evaluate(
                    arrivals,
                    service(file, vector.get("model").asText()),
                    vector.get("memMB").asInt(),
                    limit,
                    timeout);
            assertThat(choice.meanBatch())
                    .as(as)
                    .isCloseTo(vector.get("meanBatch").asDouble(), within(1e-8));
            assertThat(choice.p95Batch())
                    .as(as)
                    .isEqualTo(vector.get("p95Batch").asInt());
            assertThat(choice.p95Seconds())
                    .as(as)
                    .isEqualTo(vector.get("p95LatencyS").asDouble());
            assertThat(choice.usdPerRequest())
                    .as(as)
                    .isCloseTo(vector.get("costPerRequestUsd").asDouble(), within(1e-17));
        }
    }

    @Test
    void thePublishedFitsComeOutOfTheirMoments() {
        JsonNode file = file();
        for (JsonNode fit : file.get("fit")) {
            MarkovArrivals arrivals =
                    arrivals(file.get("maps").get(fit.get("map").asText()));
            double[] moments = {arrivals.moment(1), arrivals.moment(2), arrivals.moment(3)};
            for (int k = 0; k < 3; k++) {
                double recorded = fit.get("moments").get(k).asDouble();
                assertThat(moments[k]).isCloseTo(recorded, within(1e-9 * recorded));
            }
            assertThat(arrivals.lag1()).isCloseTo(fit.get("rho1").asDouble(), within(1e-9));
            MarkovArrivals again = MarkovArrivals.fit(moments[0], moments[1], moments[2], arrivals.lag1());
            assertThat(again.stay0()).isCloseTo(arrivals.stay0(), within(1e-4));
            assertThat(again.leave0()).isCloseTo(arrivals.leave0(), within(1e-4));
            assertThat(again.leave1()).isCloseTo(arrivals.leave1(), within(1e-4));
            assertThat(again.stay1()).isCloseTo(arrivals.stay1(), within(1e-4));
        }
    }

    /** Sizes of batches of a Poisson process that is played through. */
    @Test
    void batchesOfPoissonArrivalsAreAsPlayedThrough() {
        double rate = 30;
        double timeout = 0.1;
        int limit = 6;
        SplittableRandom random = new SplittableRandom(4);
        int batches = 200_000;
        double[] shares = new double[limit];
        for (int i = 0; i < batches; i++) {
            int size = 1;
            for (double t = -Math.log(1 - random.nextDouble()) / rate;
                    t <= timeout && size < limit;
                    t += -Math.log(1 - random.nextDouble()) / rate) {
                size++;
            }
            shares[size - 1] += 1.0 / batches;
        }
        BatchModel model = new BatchModel(MarkovArrivals.poisson(rate), limit, timeout);
        for (int s = 1; s <= limit; s++) {
            assertThat(model.chance(s)).isCloseTo(shares[s - 1], within(0.005));
        }
        assertThat(Arrays.stream(shares).sum()).isCloseTo(1, within(1e-6));
    }

    private static final ServiceTimes LINEAR = (batch, memory) -> (0.05 + 0.02 * batch) * 1769 / memory;

    @Test
    void theCheapestKeepsTheSloAndNoOtherOnTheGridIsCheaper() {
        MarkovArrivals arrivals = MarkovArrivals.fit(0.01, 0.0003, 0.00002, 0.1);
        BatchOptimizer optimizer =
                new BatchOptimizer(PRICES, List.of(1280, 1769, 3008), List.of(1, 2, 4, 8, 16), List.of(0.05, 0.1, 0.4));
        BatchOptimizer.Choice cheapest = optimizer.cheapest(arrivals, LINEAR, 0.3);
        assertThat(cheapest.p95Seconds()).isLessThan(0.3);
        assertThat(cheapest.batch()).isGreaterThan(1);
        for (int memory : List.of(1280, 1769, 3008)) {
            for (int batch : List.of(1, 2, 4, 8, 16)) {
                for (double timeout : List.of(0.05, 0.1, 0.4)) {
                    BatchOptimizer.Choice other = optimizer.evaluate(arrivals, LINEAR, memory, batch, timeout);
                    assertThat(other.usdPerRequest() >= cheapest.usdPerRequest() || other.p95Seconds() >= 0.3)
                            .isTrue();
                }
            }
        }
        BatchOptimizer.Choice fastest = optimizer.fastest(arrivals, LINEAR, cheapest.usdPerRequest());
        assertThat(fastest.p95Seconds()).isLessThanOrEqualTo(cheapest.p95Seconds());
        assertThat(fastest.reason().code()).isEqualTo("fastest");
    }

    @Test
    void whatCannotBeKeptIsSaidWithTheNearest() {
        BatchOptimizer optimizer = BatchOptimizer.published(PRICES);
        MarkovArrivals arrivals = MarkovArrivals.poisson(50);
        BatchOptimizer.Choice late = optimizer.cheapest(arrivals, LINEAR, 0.001);
        assertThat(late.reason().code()).isEqualTo("slo-too-short");
        assertThat(late.p95Seconds())
                .isLessThanOrEqualTo(
                        optimizer.evaluate(arrivals, LINEAR, 3008, 1, 0.01).p95Seconds());
        assertThat(optimizer.fastest(arrivals, LINEAR, 1e-12).reason().code()).isEqualTo("budget-too-small");
    }

    @Test
    void fittedArrivalsHaveTheMomentsOfTheSample() {
        SplittableRandom random = new SplittableRandom(8);
        double[] times = new double[200_000];
        boolean slow = false;
        for (int i = 1; i < times.length; i++) {
            slow = random.nextDouble() < 0.2 ? random.nextDouble() < 0.3 : slow;
            times[i] = times[i - 1] - Math.log(1 - random.nextDouble()) * (slow ? 0.5 : 0.02);
        }
        MarkovArrivals fitted = MarkovArrivals.fit(times);
        double mean = times[times.length - 1] / (times.length - 1);
        assertThat(fitted.moment(1)).isCloseTo(mean, within(1e-9));
        assertThat(fitted.lag1()).isGreaterThan(0.05);
        assertThat(fitted.rate()).isCloseTo(1 / mean, within(1e-6 / mean));
        double[] regular = {0, 1, 2, 3, 4};
        assertThat(MarkovArrivals.fit(regular)).isEqualTo(MarkovArrivals.poisson(1));
    }

    @Test
    void rangesAreChecked() {
        assertThatThrownBy(() -> MarkovArrivals.poisson(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> MarkovArrivals.poisson(0)).hasMessageContaining("nothing ever arrives");
        assertThatThrownBy(() -> MarkovArrivals.of(new double[][] {{-1, 0}, {0, -1}}, new double[][] {{2, 0}, {0, 1}}))
                .hasMessageContaining("row 0");
        assertThatThrownBy(() -> MarkovArrivals.fit(new double[] {1, 2})).hasMessageContaining("at least 3");
        assertThatThrownBy(() -> new BatchOptimizer(PRICES, List.of(1), List.of(0), List.of(1.0)))
                .hasMessageContaining("a batch is 0");
        assertThatThrownBy(() -> new BatchOptimizer(PRICES, List.of(1), List.of(1), List.of(0.0)))
                .hasMessageContaining("a timeout is 0");
        assertThatThrownBy(
                        () -> BatchOptimizer.published(PRICES).evaluate(MarkovArrivals.poisson(1e9), LINEAR, 1, 1, 1))
                .hasMessageContaining("too many to work out");
    }
}
