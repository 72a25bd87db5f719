package dev.purser.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FunctionProfileTest {
    private static FunctionProfile profile(Map<Integer, Double> latencyMs) {
        return new FunctionProfile(new TreeMap<>(latencyMs));
    }

    /** t = 102,400 / memory + 50: linear in 1/memory, so three points give the whole curve. */
    @ParameterizedTest
    @CsvSource({"256, 450", "320, 370", "512, 250", "800, 178", "1024, 150", "1536, 150", "3008, 150"})
    void interpolatesInOneOverMemoryAndGainsNothingBeyond(int memoryMb, double latencyMs) {
        assertThat(profile(Map.of(256, 450.0, 512, 250.0, 1024, 150.0)).latencyMs(memoryMb))
                .isCloseTo(latencyMs, within(1e-9));
    }

    @Test
    void needsItsLeastMemory() {
        FunctionProfile profile = profile(Map.of(512, 100.0));
        assertThat(profile.minimumMemoryMb()).isEqualTo(512);
        assertThatThrownBy(() -> profile.latencyMs(448)).hasMessageContaining("448 MB is less than the 512 MB");
    }

    @Test
    void saysWhatIsWrong() {
        assertThatThrownBy(() -> profile(Map.of())).hasMessageContaining("at least one memory size");
        assertThatThrownBy(() -> profile(Map.of(0, 1.0))).hasMessageContaining("memory size 0 MB");
        assertThatThrownBy(() -> profile(Map.of(512, 0.0))).hasMessageContainingAll("at 512 MB is 0.0", "over 0");
        assertThatThrownBy(() -> profile(Map.of(512, Double.NaN))).hasMessageContaining("NaN");
    }

    @Test
    void variantsAndPoolsToo() {
        assertThatThrownBy(() -> new Variant("v", 72.5, null, 1, 1, Map.of(), null))
                .hasMessageContaining("72.5 % is 0.725");
        assertThatThrownBy(() -> new Variant("v", 0.7, 1.1, 1, 1, Map.of(), null))
                .hasMessageContaining("observedAccuracy is 1.1");
        assertThatThrownBy(() -> new Variant("v", 0.7, null, 1, 1, Map.of(), null))
                .hasMessageContaining("can run nowhere");
        assertThatThrownBy(() -> new Variant(" ", 0.7, null, 1, 1, Map.of(), null))
                .hasMessageContaining("blank");
        assertThatThrownBy(() -> new Variant("v", 0.7, null, -1, 1, Map.of(), null))
                .hasMessageContaining("sizeMb");
        assertThatThrownBy(() -> new Variant("v", 0.7, null, 1, -1, Map.of(), null))
                .hasMessageContaining("loadMs");
        assertThatThrownBy(() -> new VmProfile(0, 1)).hasMessageContaining("latencyMs is 0.0");
        assertThatThrownBy(() -> new VmProfile(1, 64)).hasMessageContaining("slots is 64, but it must be 1 to 63");
        ModelPool pool = ModelPools.load("inferall-mxnet");
        assertThat(pool.variant("vgg16").accuracy()).isEqualTo(0.71);
        assertThatThrownBy(() -> pool.variant("vgg-16"))
                .hasMessageContainingAll("pool inferall-mxnet", "no variant 'vgg-16'", "'vgg16'");
        assertThatThrownBy(() -> new ModelPool("p", "s", java.util.List.of())).hasMessageContaining("at least one");
        assertThatThrownBy(() -> new ModelPool(
                        "p",
                        "s",
                        java.util.List.of(
                                pool.variants().get(0), pool.variants().get(0))))
                .hasMessageContaining("two of the name 'caffenet'");
    }
}
