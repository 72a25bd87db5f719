package dev.purser.server.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.InputException;
import dev.purser.core.json.Json;
import dev.purser.core.model.ModelPool;
import dev.purser.core.model.ModelPools;
import dev.purser.core.model.Variant;
import dev.purser.core.model.VmProfile;
import dev.purser.sim.SimulatorSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PoolFileTest {
    @TempDir
    private Path directory;

    private static Variant variant(String name, double latency) {
        return new Variant(name, 0.5, null, 1, 2, Map.of("c7a.medium", new VmProfile(latency, 1)), null);
    }

    @Test
    void aNewPoolIsCalledAsItsFile() {
        Path file = directory.resolve("here.json");
        new PoolFile(file).put(variant("a", 3), "measured");

        assertThat(Json.read(file, ModelPool.class))
                .isEqualTo(new ModelPool("here", "measured", List.of(variant("a", 3))));
        assertThat(directory).isDirectoryNotContaining(path -> path.toString().endsWith(".tmp"));
    }

    @Test
    void whatElseIsInAPoolStays() throws IOException {
        Path file = directory.resolve("pool.json");
        ModelPool before = ModelPools.load("cocktail-imagenet");
        Files.writeString(file, "// mine\n" + Json.write(before));
        String second = before.variants().get(1).name();
        new PoolFile(file).put(variant(second, 3), "measured");
        new PoolFile(file).put(variant("new", 4), "measured");

        ModelPool after = Json.read(file, ModelPool.class);
        List<Variant> expected = new ArrayList<>(before.variants());
        expected.set(1, variant(second, 3));
        expected.add(variant("new", 4));
        assertThat(after).isEqualTo(new ModelPool(before.name(), before.source(), expected));
    }

    @Test
    void settingsLieBesideThePool() {
        PoolFile file = new PoolFile(directory.resolve("here.json"));
        file.put(SimulatorSettings.ideal());

        assertThat(file.settings())
                .isEqualTo(directory.resolve("here-settings.json").toAbsolutePath());
        assertThat(Json.read(file.settings(), SimulatorSettings.class)).isEqualTo(SimulatorSettings.ideal());
    }

    @Test
    void aFileThatCannotBeAPoolIsRefusedAtOnce() throws IOException {
        assertThatThrownBy(() -> new PoolFile(directory.resolve("pool.txt")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("does not end in .json");
        assertThatThrownBy(() -> new PoolFile(directory.resolve("none/pool.json")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no directory that can be written");
        Path broken = Files.writeString(directory.resolve("broken.json"), "{\"name\": \"x\"}");
        assertThatThrownBy(() -> new PoolFile(broken))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("variants");
    }
}
