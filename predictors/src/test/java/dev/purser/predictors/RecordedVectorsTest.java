package dev.purser.predictors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.json.Json;
import dev.purser.core.policy.GapForecast;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Outputs recorded from the authors' helpers and from reference implementations, where they are at hand. */
class RecordedVectorsTest {

    private static JsonNode vectors(String name) {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.isDirectory(folder.resolve("shared/data/vectors/smiless"))) {
            folder = folder.getParent();
        }
        assumeTrue(folder != null, "the recorded vectors (shared/data/vectors/smiless) are not beside the repository");
        return Json.read(folder.resolve("shared/data/vectors/smiless").resolve(name), JsonNode.class);
    }

    private static double[] numbers(JsonNode array) {
        double[] numbers = new double[array.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = array.get(i).asDouble();
        }
        return numbers;
    }

    /** The port evaluates the extrapolation from 1 to n; its last value is the forecast. */
    @Test
    void fourierExtrapolationIsThatOfIceBreakersPort() {
        int cases = 0;
        for (JsonNode each : vectors("vectors_icebreaker.json").get("fourier")) {
            double[] series = numbers(each.get("series"));
            double[] expected = numbers(each.get("extrapolation"));
            Window window = new Window(series.length);
            for (double count : series) {
                window.add(count);
            }
            Fourier.Extrapolation extrapolation = new Fourier.Extrapolation(series.length, 10);
            extrapolation.fit(series);
            extrapolation.straighten(window.slope());
            for (int t = 1; t <= series.length; t++) {
                assertThat(extrapolation.at(t)).isCloseTo(expected[t - 1], within(1e-9));
            }
            Fourier predictor = new Fourier(new Fourier.Settings(series.length, 10));
            for (double count : series) {
                predictor.observe(count);
            }
            assertThat(Math.rint(predictor.forecast(1).mean(1)))
                    .isEqualTo(each.get("next_value_rounded").asDouble());
            cases++;
        }
        assertThat(cases).isGreaterThanOrEqualTo(30);
    }

    @ParameterizedTest
    @ValueSource(strings = {"vectors_icebreaker.json", "vectors_predictor_helpers.json"})
    void errorsAreMeasuredAsTheAuthorsMeasureThem(String file) {
        int cases = 0;
        for (JsonNode each : vectors(file).get("errors")) {
            double[] actual = numbers(each.get("actual"));
            double[] predicted = numbers(each.get("predicted"));
            StepErrors errors = new StepErrors();
            for (int i = 0; i < actual.length; i++) {
                errors.add(actual[i], predicted[i]);
            }
            JsonNode smape = each.has("MAPE") ? each.get("MAPE") : each.get("sMAPE_called_MAPE");
            assertThat(100 * errors.smape()).isCloseTo(smape.asDouble(), within(0.00501));
            if (each.has("over_estimation_pct")) {
                assertThat(100 * errors.overShare())
                        .isCloseTo(each.get("over_estimation_pct").asDouble(), within(1e-9));
            } else {
                assertThat(100 * errors.underShare())
                        .isCloseTo(each.get("under_estimation").asDouble(), within(1e-9));
                assertThat(100 * errors.overShare())
                        .isCloseTo(each.get("over_estimation_error").asDouble(), within(1e-9));
                assertThat(100 * errors.overSmape())
                        .isCloseTo(each.get("over_estimate_mape").asDouble(), within(0.00501));
            }
            cases++;
        }
        assertThat(cases).isGreaterThanOrEqualTo(5);
    }

    @Test
    void countsFallIntoTheBucketsOfSmiless() {
        JsonNode cases = vectors("vectors_predictor_helpers.json").get("binning");
        assertThat(cases).isNotEmpty();
        for (JsonNode each : cases) {
            Buckets buckets = new Buckets(each.get("interval").asDouble());
            double[] counts = numbers(each.get("x"));
            double[] binned = numbers(each.get("binned"));
            double[] forecasts = numbers(each.get("pred"));
            double[] served = numbers(each.get("inverse_binned_pred"));
            for (int i = 0; i < counts.length; i++) {
                assertThat(buckets.upperEdge(counts[i])).isEqualTo(binned[i]);
                assertThat(buckets.nearestEdge(forecasts[i])).isEqualTo(served[i]);
            }
        }
    }

    @Test
    void arrivalsAreTakenFromCountsAsSmilessTakesThem() {
        JsonNode helpers = vectors("vectors_predictor_helpers.json");
        assertThat(helpers.get("iat_lstm")).isNotEmpty();
        for (JsonNode each : helpers.get("iat_lstm")) {
            InterArrivals arrivals = InterArrivals.of(numbers(each.get("counts")));
            assertThat(arrivals.gaps()).containsExactly(numbers(each.get("inter_arrival")));
            assertThat(arrivals.together()).containsExactly(numbers(each.get("invocation_number")));
        }
        assertThat(helpers.get("iat_arima")).isNotEmpty();
        for (JsonNode each : helpers.get("iat_arima")) {
            assertThat(InterArrivals.of(numbers(each.get("counts"))).remaining())
                    .containsExactly(numbers(each.get("series")));
        }
    }

    @Test
    void learningRatesGoByMagnitude() {
        JsonNode cases = vectors("vectors_predictor_helpers.json").get("learning_rate");
        assertThat(cases).isNotEmpty();
        for (JsonNode each : cases) {
            double greatest =
                    java.util.Arrays.stream(numbers(each.get("series"))).max().orElseThrow();
            assertThat(LearningRates.ofInvocations(greatest))
                    .isCloseTo(each.get("invocation_lr").asDouble(), within(1e-12));
            assertThat(LearningRates.ofGaps(greatest))
                    .isCloseTo(each.get("iat_lr").asDouble(), within(1e-12));
        }
    }

    @Test
    void theHybridHistogramDecidesAsTheReference() {
        int cases = 0;
        for (JsonNode each : vectors("vectors_hybrid_histogram_reference.json").get("cases")) {
            HybridHistogram predictor = new HybridHistogram(
                    new HybridHistogram.Settings(Duration.ofMinutes(1), Duration.ofHours(4), 5, 99, 2, 0.5, 0.1, 0.15));
            for (double idle : numbers(each.get("idle_times_s"))) {
                predictor.observe(idle, 1);
            }
            GapForecast forecast = predictor.forecast();
            JsonNode expected = each.get("result");
            assertThat(forecast.basis()).isEqualTo(expected.get("mode").asText());
            if (expected.has("cv")) {
                assertThat(predictor.variation()).isCloseTo(expected.get("cv").asDouble(), within(1e-9));
            }
            if (forecast.basis().equals("arima")) {
                assertThat(forecast.earliest()).isCloseTo(0.85 * forecast.expected(), within(1e-6));
                assertThat(forecast.latest() - forecast.earliest()).isCloseTo(0.3 * forecast.expected(), within(1e-6));
            } else {
                assertThat(forecast.earliest())
                        .isCloseTo(expected.get("prewarm").asDouble(), within(1e-6));
                assertThat(forecast.latest() - forecast.earliest())
                        .isCloseTo(expected.get("keep_alive").asDouble(), within(1e-6));
            }
            cases++;
        }
        assertThat(cases).isGreaterThanOrEqualTo(18);
    }
}
