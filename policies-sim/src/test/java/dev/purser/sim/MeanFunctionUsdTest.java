package dev.purser.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.workload.Workloads;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

final class MeanFunctionUsdTest {
    private final ServiceCatalog catalog =
            new ServiceCatalog(Workloads.load("paragon-workload-1"), PriceBooks.named("us-east-1-2019"));

    @Test
    void aConstantTimeCostsWhatTheCatalogSays() {
        for (int f = 0; f < catalog.functions(); f++) {
            assertThat(meanUsd(f, Spread.none())).isEqualTo(catalog.functionUsd(f));
        }
    }

    @Test
    void anExponentialTimeIsRoundedUpToAGeometricNumberOfUnits() {
        for (int f = 0; f < catalog.functions(); f++) {
            if (catalog.functionNanos(f) == ServiceCatalog.UNBOUNDED) {
                assertThat(meanUsd(f, Spread.exponential())).isInfinite();
                continue;
            }
            var pricing = catalog.priceBook().function();
            double unitMillis = pricing.roundingMillis();
            // P(more than k units) = exp(-k unit / mean), and the mean number is the sum over k
            double units = 1 / (1 - Math.exp(-unitMillis * 1e6 / catalog.functionNanos(f)));
            double perUnit = pricing.costPerInvocation(catalog.memoryOfFunction(f), (long) (unitMillis * 1e6))
                    - pricing.usdPerRequest().doubleValue();
            assertThat(meanUsd(f, Spread.exponential()))
                    .isCloseTo(units * perUnit + pricing.usdPerRequest().doubleValue(), Percentage.withPercentage(0.1));
        }
    }

    @Test
    void aWideLogNormalTimeCostsItsMeanAndHalfAUnit() {
        // where the spread is much wider than the unit, rounding up adds half of it on average
        int checked = 0;
        for (int f = 0; f < catalog.functions(); f++) {
            var pricing = catalog.priceBook().function();
            double millis = catalog.functionNanos(f) / 1e6;
            if (millis > 10 * pricing.roundingMillis() && catalog.functionNanos(f) != ServiceCatalog.UNBOUNDED) {
                double gbSeconds =
                        catalog.memoryOfFunction(f) * (millis + pricing.roundingMillis() / 2.0) / 1024 / 1000;
                assertThat(meanUsd(f, Spread.lognormal(0.5)))
                        .isCloseTo(
                                gbSeconds * pricing.usdPerGbSecond().doubleValue()
                                        + pricing.usdPerRequest().doubleValue(),
                                Percentage.withPercentage(0.2));
                checked++;
            }
        }
        assertThat(checked).isPositive();
    }

    private double meanUsd(int function, Spread service) {
        return SimulatorSettings.defaults().withService(service).meanFunctionUsd(catalog, function);
    }
}
