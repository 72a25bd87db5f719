package dev.purser.research;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.purser.core.policy.ServiceCatalog;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The shipped pool of MArk's networks: what a million requests cost on fully busy machines. */
class MarkPoolTest {
    private static final List<String> TYPES =
            List.of("c5.large", "c5.xlarge", "c5.2xlarge", "c5.4xlarge", "p2.xlarge", "ml.c5.large", "ml.p2.xlarge");

    private final ServiceCatalog catalog =
            Worlds.catalog(Worlds.pool("mark"), TYPES, List.of(), Worlds.relaxed(null, "inception-v3"));

    private int fleet(String variant, String type) {
        for (int v = 0; v < catalog.variants(); v++) {
            if (catalog.variantName(v).equals(variant)) {
                return catalog.fleet(v, TYPES.indexOf(type));
            }
        }
        throw new AssertionError(variant);
    }

    @ParameterizedTest(name = "{0} on {1} in batches of {2}: {3} USD")
    @CsvSource({
        "inception-v3, c5.large, 1, 4.99",
        "inception-v3, c5.xlarge, 2, 5.78",
        "inception-v3, c5.2xlarge, 2, 7.35",
        "inception-v3, c5.4xlarge, 2, 10.49",
        "inception-v3, p2.xlarge, 8, 4.52",
        "inception-v3, p2.xlarge, 1, 36.1",
        "inception-resnet-v2, c5.xlarge, 2, 33.3",
        "inception-resnet-v2, c5.2xlarge, 2, 42.0",
        "inception-resnet-v2, c5.4xlarge, 2, 60.6",
        "inception-resnet-v2, p2.xlarge, 8, 19.7",
        "inception-resnet-v2, p2.xlarge, 1, 158",
        "nmt, c5.xlarge, 2, 35.4",
        "nmt, c5.2xlarge, 2, 52.5",
        "nmt, c5.4xlarge, 2, 75.6",
        "nmt, p2.xlarge, 8, 23.4",
        "nmt, p2.xlarge, 1, 188",
        "lstm-ptb, c5.xlarge, 2, 0.91"
    })
    void aMillionRequestsCostWhatTheReleasesCapacitiesCameTo(String variant, String type, int batch, double usd) {
        int fleet = fleet(variant, type);
        double perSecond = catalog.capacity(fleet, batch);
        assertThat(catalog.usdPerSecond(catalog.typeOfFleet(fleet)) / perSecond * 1e6)
                .isCloseTo(usd, Percentage.withPercentage(1));
    }

    @Test
    void twoAtATimeGainNothingOnCpus() {
        int fleet = fleet("inception-v3", "c5.xlarge");
        assertThat(catalog.capacity(fleet, 2)).isCloseTo(catalog.capacity(fleet, 1), within(1e-4));
    }

    @Test
    void theManagedServiceRentsTheSameMachinesForMore() {
        for (String type : List.of("c5.large", "p2.xlarge")) {
            int own = fleet("inception-v3", type);
            int managed = fleet("inception-v3", "ml." + type);
            assertThat(catalog.serviceNanos(managed)).isEqualTo(catalog.serviceNanos(own));
            assertThat(catalog.maxBatch(managed)).isEqualTo(catalog.maxBatch(own));
            assertThat(catalog.usdPerRequest(managed)).isGreaterThan(catalog.usdPerRequest(own));
        }
    }
}
