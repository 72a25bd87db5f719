package dev.purser.core.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class ForecastTest {
    private final Forecast forecast =
            new Forecast(new double[] {10, 20}, new double[] {0.1, 0.5, 0.9}, new double[] {5, 10, 15, 8, 20, 40});

    @Test
    void quantilesAreReadByStepAndInterpolated() {
        assertThat(forecast.steps()).isEqualTo(2);
        assertThat(forecast.mean(2)).isEqualTo(20);
        assertThat(forecast.hasQuantiles()).isTrue();
        assertThat(forecast.quantile(1, 0.5)).isEqualTo(10);
        assertThat(forecast.quantile(2, 0.7)).isEqualTo(30);
        assertThat(forecast.quantile(2, 0.01)).isEqualTo(8);
        assertThat(forecast.quantile(2, 0.99)).isEqualTo(40);
    }

    @Test
    void withoutLevelsEveryQuantileIsThePoint() {
        Forecast points = Forecast.ofPoints(3, 4);
        assertThat(points.hasQuantiles()).isFalse();
        assertThat(points.quantile(2, 0.95)).isEqualTo(4);
    }

    @Test
    void itKeepsWhatItWasMadeOf() {
        double[] mean = {1};
        Forecast made = Forecast.ofPoints(mean);
        mean[0] = 2;
        assertThat(made.mean(1)).isEqualTo(1);
    }

    @Test
    void rowsMustFitAndLevelsLieBetweenZeroAndOne() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Forecast(new double[2], new double[] {0.5}, new double[1]))
                .withMessage("1 quantiles for 2 steps and levels [0.5]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Forecast(new double[0], new double[0], new double[0]));
        assertThatIllegalArgumentException().isThrownBy(() -> forecast.quantile(1, 1));
    }
}
