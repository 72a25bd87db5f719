package dev.purser.server.profile;

import dev.purser.core.InputException;
import dev.purser.core.json.Json;
import dev.purser.core.model.ModelPool;
import dev.purser.core.model.Variant;
import dev.purser.sim.SimulatorSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/** The model pool that a profile is written into, and the simulator settings beside it. */
public final class PoolFile {
    private final Path file;

    /**
     * @param file a model pool that there is or is to be
     * @throws InputException when there is one that cannot be read, or none can be written there
     */
    public PoolFile(Path file) {
        this.file = file.toAbsolutePath().normalize();
        if (!file.toString().endsWith(".json")) {
            throw new InputException(
                    "--out", "", "'" + file + "' does not end in .json", "name a file such as pool.json");
        }
        if (Files.exists(file)) {
            var unused = Json.read(file, ModelPool.class);
        }
        if (!Files.isDirectory(directory()) || !Files.isWritable(directory())) {
            throw new InputException(
                    "--out", "", "'" + directory() + "' is no directory that can be written", "make it first");
        }
    }

    /** The directory that relative paths in the pool start from. */
    public Path directory() {
        Path parent = file.getParent();
        return parent == null ? file : parent;
    }

    /** Where the simulator settings go. */
    public Path settings() {
        String name = String.valueOf(file.getFileName());
        return file.resolveSibling(name.replaceFirst("\\.json$", "-settings.json"));
    }

    /**
     * Puts a variant into the pool: in the place of one of that name, or behind the others. Everything else stays.
     *
     * @param variant the variant
     * @param source where the figures come from, for a pool that is made
     * @throws InputException when it cannot be written
     */
    public void put(Variant variant, String source) {
        ModelPool pool;
        if (Files.exists(file)) {
            ModelPool before = Json.read(file, ModelPool.class);
            List<Variant> variants = new ArrayList<>(before.variants());
            int place = before.variants().stream().map(Variant::name).toList().indexOf(variant.name());
            if (place < 0) {
                variants.add(variant);
            } else {
                variants.set(place, variant);
            }
            pool = new ModelPool(before.name(), before.source(), variants);
        } else {
            String name = String.valueOf(file.getFileName()).replaceFirst("\\.json$", "");
            pool = new ModelPool(name.isBlank() ? variant.name() : name, source, List.of(variant));
        }
        write(file, Json.write(pool));
    }

    /**
     * Writes the settings, in the place of those that were there.
     *
     * @throws InputException when they cannot be written
     */
    public void put(SimulatorSettings simulator) {
        write(settings(), Json.write(simulator));
    }

    private static void write(Path file, String content) {
        Path beside = file.resolveSibling(
                "." + file.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
        try {
            try {
                Files.writeString(beside, content);
                Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(beside);
            }
        } catch (IOException e) {
            throw new InputException("--out", "", "'" + file + "' cannot be written: " + e, "name another file");
        }
    }
}
