package dev.purser.core.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.purser.core.InputException;
import dev.purser.core.model.ModelPools;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.workload.Application;
import dev.purser.core.workload.FunctionConfiguration;
import dev.purser.core.workload.RequestClass;
import dev.purser.core.workload.Slo;
import dev.purser.core.workload.Workload;
import dev.purser.core.workload.Workloads;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ServiceCatalogTest {
    private static final Slo ANY = new Slo(Slo.Urgency.RELAXED, null, null, null);

    private static Slo slo(@Nullable String latency, @Nullable Double accuracy, @Nullable Double usdPer1k) {
        return new Slo(Slo.Urgency.STRICT, latency == null ? null : Duration.parse(latency), accuracy, usdPer1k);
    }

    private static ServiceCatalog catalog(
            String pool, @Nullable String variant, Slo slo, List<String> types, Integer... memoryMb) {
        Application application =
                new Application("task", ModelPools.load(pool), List.of(new RequestClass("only", 2, variant, slo)));
        return new ServiceCatalog(
                new Workload(
                        "mine",
                        "",
                        application,
                        types,
                        new FunctionConfiguration(List.of(memoryMb), 10),
                        "us-east-1-2019"),
                PriceBooks.named("us-east-1-2019"));
    }

    @ParameterizedTest
    @MethodSource("dev.purser.core.workload.Workloads#names")
    void shippedWorkloadsLoad(String name) {
        Workload workload = Workloads.load(name);
        ServiceCatalog catalog = new ServiceCatalog(workload, PriceBooks.named(workload.priceBook()));
        assertThat(workload.name()).isEqualTo(name);
        double shares = 0;
        for (int c = 0; c < catalog.requestClasses(); c++) {
            shares += catalog.share(c);
        }
        assertThat(shares).isCloseTo(1, within(1e-12));
    }

    @ParameterizedTest
    @MethodSource("dev.purser.core.model.ModelPools#names")
    void shippedPoolsLoad(String name) {
        assertThat(ModelPools.load(name).name()).isEqualTo(name);
        assertThat(ModelPools.load(name).source()).isNotBlank();
        assertThat(ModelPools.load(name).variants()).allSatisfy(variant -> {
            assertThat(variant.vm()).isNotEmpty().allSatisfy((type, profile) -> {
                assertThat(PriceBooks.names())
                        .as("books that have a price of " + type)
                        .anySatisfy(book -> assertThat(PriceBooks.named(book).instanceTypes())
                                .anyMatch(offered -> offered.name().equals(type)));
                assertThat(profile.latencyMs(profile.maxBatch())).isGreaterThanOrEqualTo(profile.latencyMs());
            });
        });
    }

    /** inferall-mxnet at us-east-1-2019, worked by hand. */
    @Test
    void numbers() {
        ServiceCatalog catalog =
                catalog("inferall-mxnet", null, ANY, List.of("c5.2xlarge", "c5.large"), 256, 512, 1536, 3008);
        int squeezenet = 1;
        int vgg16 = 2;
        assertThat(catalog.variantName(squeezenet)).isEqualTo("squeezenet");

        int large = catalog.fleet(squeezenet, 1);
        assertThat(catalog.fleetName(large)).isEqualTo("squeezenet on c5.large");
        assertThat(catalog.variantOfFleet(large)).isEqualTo(squeezenet);
        assertThat(catalog.typeOfFleet(large)).isEqualTo(1);
        // one slot of 20 ms: 50 a second; 0.085 USD an hour over 180,000 requests an hour
        assertThat(catalog.capacity(large)).isEqualTo(50);
        assertThat(catalog.usdPerRequest(large)).isCloseTo(0.085 / 180_000, within(1e-18));
        // 0.34 USD over 360,000 requests an hour is dearer: 0.94 against 0.47 microdollars
        assertThat(catalog.cheapestFleet(squeezenet)).isEqualTo(large);
        // 0.34 / (3600 / 0.07) against 0.085 / (3600 / 0.242)
        assertThat(catalog.usdPerRequest(catalog.fleet(vgg16, 0))).isCloseTo(6.6111e-6, within(1e-10));
        assertThat(catalog.cheapestFleet(vgg16)).isEqualTo(catalog.fleet(vgg16, 1));

        // 335 ms are billed as 400: 512 x 400 / 1,024,000 = 0.2 GB-s at 0.0000166667, and 0.0000002 for the request
        int at512 = catalog.function(squeezenet, 1);
        assertThat(catalog.functionName(at512)).isEqualTo("squeezenet at 512 MB");
        assertThat(catalog.functionNanos(at512)).isEqualTo(335_000_000);
        assertThat(catalog.functionUsd(at512)).isCloseTo(0.2 * 0.0000166667 + 0.0000002, within(1e-15));
        // half way in 1/memory is 1365 MB; at 1536 MB it is 2/3 of the way from 160 to 85 ms
        assertThat(catalog.functionNanos(catalog.function(squeezenet, 2))).isEqualTo(110_000_000);
        // VGG-16 needs 3008 MB: 890 ms are billed as 900
        assertThat(catalog.functionNanos(catalog.function(vgg16, 2))).isEqualTo(ServiceCatalog.UNBOUNDED);
        assertThat(catalog.functionUsd(catalog.function(vgg16, 2))).isInfinite();
        assertThat(catalog.functionUsd(catalog.function(vgg16, 3)))
                .isCloseTo(3008 * 900 / 1_024_000.0 * 0.0000166667 + 0.0000002, within(1e-12));

        assertThat(catalog.fastestNanos(squeezenet)).isEqualTo(10_000_000);
        assertThat(catalog.leastUsdPerRequest(squeezenet)).isEqualTo(catalog.usdPerRequest(large));
        assertThat(catalog.loadNanos(vgg16)).isEqualTo(2_803_000_000L);
        assertThat(catalog.sizeBytes(squeezenet))
                .as("4.8 MB of 2^20 bytes, rounded down")
                .isEqualTo(5_033_164);
        assertThat(catalog.maxLatencyNanos(0)).isEqualTo(ServiceCatalog.UNBOUNDED);
        assertThat(catalog.maxUsdPerRequest(0)).isInfinite();
        assertThat(catalog.namedVariant(0)).isEqualTo(-1);
    }

    @Test
    void aVariantWithoutAProfileForATypeCannotServeThere() {
        ServiceCatalog catalog = catalog("cocktail-imagenet", null, ANY, List.of("c5.large", "c5.xlarge"));
        assertThat(catalog.slots(0)).isZero();
        assertThat(catalog.capacity(0)).isZero();
        assertThat(catalog.usdPerRequest(0)).isInfinite();
        assertThat(catalog.cheapestFleet(0)).isEqualTo(1);
        assertThat(catalog.trueAccuracy(0)).isEqualTo(0.6836);
        assertThat(catalog.accuracy(0)).isEqualTo(0.704);
    }

    @Test
    void aPromiseThatNothingKeepsIsRefused() {
        assertThatThrownBy(() -> catalog("inferall-mxnet", null, slo("PT0.05S", 0.75, null), List.of("c5.large")))
                .isInstanceOf(InputException.class)
                .hasMessage(
                        "workload mine: class 'only': no variant of pool 'inferall-mxnet' can meet its SLO (maxLatency 50 ms,"
                                + " minAccuracy 0.75, maxCostUsdPer1k any) on the instance types [c5.large] and functions of"
                                + " [] MB\nMaybe: relax the SLO, or add a resource: the fastest candidate takes 20.0 ms, the"
                                + " most accurate has 0.779, the cheapest costs 0.000472 USD per 1000");
    }

    @Test
    void oneResourceMustKeepTheWholePromise() {
        // VGG-16 in c5.2xlarge takes 70 ms at 0.00661 USD per 1000, in c5.large 242 ms at 0.00571
        List<String> types = List.of("c5.large", "c5.2xlarge");
        catalog("inferall-mxnet", "vgg16", slo("PT0.1S", null, 0.007), types);
        catalog("inferall-mxnet", "vgg16", slo("PT0.3S", null, 0.006), types);
        assertThatThrownBy(() -> catalog("inferall-mxnet", "vgg16", slo("PT0.1S", null, 0.006), types))
                .hasMessageContaining("its variant 'vgg16' cannot meet its SLO");
    }

    @Test
    void aClassThatNoResourceCanRunIsRefusedEvenWithoutAPromise() {
        assertThatThrownBy(() -> catalog("cocktail-imagenet", null, ANY, List.of("c5.large"), 1024))
                .hasMessageContainingAll(
                        "no variant of pool 'cocktail-imagenet' can run on the instance types [c5.large]",
                        "functions of [1024] MB",
                        "has a profile");
    }

    @Test
    void unknownNames() {
        assertThatThrownBy(() -> catalog("inferall-mxnet", "resnet20", ANY, List.of("c5.large")))
                .hasMessageContainingAll("there is no variant 'resnet20'", "'resnet200'", "caffenet");
        assertThatThrownBy(() -> catalog("inferall-mxnet", null, ANY, List.of("c5.lrage")))
                .hasMessageContainingAll("us-east-1-2019", "'c5.lrage'", "'c5.large'");
        assertThatThrownBy(() -> catalog("inferall-mxnet", null, ANY, List.of(), 1000))
                .hasMessageContainingAll(
                        "workload mine: functions.memoryMb: 1000 MB is not", "128 to 3008 MB in steps of 64 MB");
        assertThatThrownBy(() -> ModelPools.load("spock-singel"))
                .hasMessageContainingAll("no model pool 'spock-singel'", "'spock-single'", ".json file");
    }
}
