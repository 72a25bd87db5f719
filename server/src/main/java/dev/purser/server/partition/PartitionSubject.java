package dev.purser.server.partition;

import dev.purser.core.InputException;
import dev.purser.core.Names;
import dev.purser.core.partition.Cut;
import dev.purser.core.partition.CutRule;
import dev.purser.core.partition.LayerGraph;
import dev.purser.partitioner.LayerGraphFile;
import dev.purser.partitioner.onnx.InputShapes;
import dev.purser.partitioner.onnx.MergedOperators;
import dev.purser.partitioner.onnx.NetOptions;
import dev.purser.partitioner.onnx.Network;
import dev.purser.partitioner.onnx.OnnxGraph;
import dev.purser.partitioner.onnx.OnnxModel;
import dev.purser.partitioner.onnx.ScratchFolders;
import dev.purser.worker.ModelFiles;
import dev.purser.worker.OnnxRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The model that is to be cut: an ONNX file, a layer graph without a model behind it, or a network that is made up for the
 * occasion.
 */
public final class PartitionSubject implements AutoCloseable {
    private static final String MODEL = "MODEL";
    private static final String INPUT = "--input";
    private static final String VALUE = "--input-value";

    private static final int MAX_VALUES_BYTES = 64 << 20;

    private final String name;
    private final LayerGraph graph;
    private final @Nullable OnnxGraph onnx;
    private final boolean generated;
    private final @Nullable Scratch scratch;

    private PartitionSubject(
            String name, LayerGraph graph, @Nullable OnnxGraph onnx, boolean generated, @Nullable Scratch scratch) {
        this.name = name;
        this.graph = graph;
        this.onnx = onnx;
        this.generated = generated;
        this.scratch = scratch;
    }

    /** The names of the networks that can be made up. */
    public static List<String> networks() {
        return Arrays.stream(Network.values()).map(Network::label).toList();
    }

    /**
     * Reads or makes a model.
     *
     * @param model the name of a network, or a path; what is the name of a network is no path
     * @param given sizes of what the model leaves open: whole shapes by the name of an input, e.g. {@code 1,3,224,224}, or
     *     a size by the name of a dimension
     * @param givenValues elements of inputs by name: with commas between them, or {@code @} and a file with one in each line
     * @param insideOperators whether cuts between operators that the runtime would merge are kept
     * @throws InputException when there is no such model, it cannot be read, or sizes are missing or wrong
     */
    public static PartitionSubject of(
            String model, Map<String, String> given, Map<String, String> givenValues, boolean insideOperators) {
        Map<String, List<String>> values = values(givenValues);
        if (networks().contains(model)) {
            return network(Network.of(model), given, values, insideOperators);
        }
        Path file = Path.of(model);
        if (!Files.isRegularFile(file)) {
            boolean path = model.contains("/") || model.endsWith(".onnx") || model.endsWith(".json");
            throw new InputException(
                    MODEL,
                    "",
                    Files.isDirectory(file)
                            ? "'" + model + "' is a directory, not a file"
                            : "there is no file '" + model + "'" + (path ? "" : ", and no network of that name"),
                    path ? "" : Names.suggest("network", networks(), model) + "; or the path of an .onnx file");
        }
        if (model.endsWith(".json")) {
            if (!given.isEmpty() || !values.isEmpty()) {
                throw new InputException(
                        given.isEmpty() ? VALUE : INPUT,
                        "",
                        "is for ONNX models; a layer graph says all sizes itself",
                        "");
            }
            LayerGraph graph = LayerGraphFile.read(file);
            return new PartitionSubject(graph.name(), graph, null, false, null);
        }
        OnnxModel read = OnnxModel.read(file);
        Scratch scratch = scratch();
        try {
            OnnxGraph onnx = OnnxGraph.of(read, shapes(read, given, values));
            return new PartitionSubject(read.name(), cuttable(onnx, insideOperators), onnx, false, scratch);
        } catch (RuntimeException | Error e) {
            scratch.close();
            throw e;
        }
    }

    /** Where all is kept that is of use for a moment; with the runtime's libraries from where they are kept for good. */
    private static Scratch scratch() {
        var unused = OnnxRuntime.environment(ModelFiles.inUserCache());
        Scratch scratch = Scratch.make();
        ScratchFolders.in(scratch.folder());
        return scratch;
    }

    private static PartitionSubject network(
            Network network, Map<String, String> given, Map<String, List<String>> values, boolean insideOperators) {
        Scratch scratch = scratch();
        try {
            Path file = scratch.folder().resolve(network.label() + ".onnx");
            network.write(NetOptions.PUBLISHED, file);
            OnnxModel read = OnnxModel.read(file);
            Map<String, String> sizes = new LinkedHashMap<>(given);
            if (given.isEmpty()) {
                sizes.put("batch", "1");
            }
            OnnxGraph onnx = OnnxGraph.of(read, shapes(read, sizes, values));
            return new PartitionSubject(network.label(), cuttable(onnx, insideOperators), onnx, true, scratch);
        } catch (RuntimeException e) {
            scratch.close();
            throw e;
        }
    }

    private static LayerGraph cuttable(OnnxGraph onnx, boolean insideOperators) {
        return insideOperators ? onnx.layerGraph() : MergedOperators.leftWhole(onnx);
    }

    private static Map<String, List<String>> values(Map<String, String> given) {
        Map<String, List<String>> values = new LinkedHashMap<>();
        given.forEach((input, text) -> {
            if (!text.startsWith("@")) {
                values.put(
                        input,
                        Arrays.stream(text.split(",", -1)).map(String::strip).toList());
                return;
            }
            Path file = Path.of(text.substring(1));
            try {
                if (Files.size(file) > MAX_VALUES_BYTES) {
                    throw new InputException(
                            VALUE, "", file + " has more than " + (MAX_VALUES_BYTES >> 20) + " MiB", "");
                }
                values.put(
                        input,
                        Files.readAllLines(file).stream()
                                .map(String::strip)
                                .filter(line -> !line.isEmpty())
                                .toList());
            } catch (IOException e) {
                throw new InputException(
                        VALUE, "", "'" + input + "=" + text + "': " + file + " cannot be read: " + e, "a text file");
            }
        });
        return values;
    }

    private static InputShapes shapes(OnnxModel model, Map<String, String> given, Map<String, List<String>> values) {
        Map<String, List<Long>> whole = new LinkedHashMap<>();
        Map<String, Long> dimensions = new LinkedHashMap<>();
        given.forEach((input, text) -> {
            List<Long> sizes = sizes(input, text);
            if (model.inputNames().contains(input)) {
                whole.put(input, sizes);
            } else if (sizes.size() == 1) {
                dimensions.put(input, sizes.getFirst());
            } else {
                throw new InputException(
                        INPUT,
                        "",
                        "the model has no input '" + input + "'",
                        Names.suggest("input", model.inputNames(), input));
            }
        });
        InputShapes shapes = new InputShapes(whole, dimensions, values);
        List<InputShapes.Open> missing = shapes.missing(model);
        if (!missing.isEmpty()) {
            throw new InputException(
                    model.file().toString(),
                    missing.stream().map(PartitionSubject::question).toList());
        }
        return shapes;
    }

    private static List<Long> sizes(String input, String text) {
        List<Long> sizes = new ArrayList<>();
        for (String piece : text.split(",", -1)) {
            long size;
            try {
                size = Long.parseLong(piece.strip());
            } catch (NumberFormatException e) {
                size = 0;
            }
            if (size < 1) {
                throw new InputException(
                        INPUT,
                        "",
                        "'" + input + "=" + text + "': '" + piece + "' is no size",
                        "whole numbers from 1 on, for example " + input + "=1,3,224,224");
            }
            sizes.add(size);
        }
        return sizes;
    }

    private static String question(InputShapes.Open open) {
        String where = "input '" + open.input() + "'";
        if (open.shape().isEmpty()) {
            return where + ": the model does not say its shape\nMaybe: " + INPUT + " " + open.input() + "=1,128";
        }
        String dimensions = open.missing().stream()
                .map(i -> i
                        + (open.shape().get(i).equals("?")
                                ? ""
                                : " ('" + open.shape().get(i) + "')"))
                .collect(Collectors.joining(", "));
        List<String> example = new ArrayList<>(open.shape());
        open.missing().forEach(i -> example.set(i, "1"));
        boolean named =
                open.missing().stream().noneMatch(i -> open.shape().get(i).equals("?"));
        return where + ": of its shape " + String.join(",", open.shape()) + " dimension"
                + (open.missing().size() == 1
                        ? " " + dimensions + " is open, and has"
                        : "s " + dimensions + " are open, and have")
                + " no value\nMaybe: "
                + (named
                        ? open.missing().stream()
                                        .map(i -> INPUT + " " + open.shape().get(i) + "=1")
                                        .distinct()
                                        .collect(Collectors.joining(" "))
                                + "; or the whole shape, "
                        : "")
                + INPUT + " " + open.input() + "=" + String.join(",", example);
    }

    /** What it is called. */
    public String name() {
        return name;
    }

    /** Its layers, with the cuts that may be used. */
    public LayerGraph graph() {
        return graph;
    }

    /** The model behind the layers; null where there is none. */
    public @Nullable OnnxGraph onnx() {
        return onnx;
    }

    /** Whether its weights are made up. */
    public boolean generated() {
        return generated;
    }

    /** How many cuts that a rule allows were left out because the runtime would merge operators across them. */
    public int cutsLeftOut(CutRule rule) {
        return onnx == null
                ? 0
                : onnx.layerGraph().cuts(rule).size() - graph.cuts(rule).size();
    }

    /** Gives work a folder that is gone afterwards. */
    public static <T> T inScratch(Function<Path, T> work) {
        try (Scratch scratch = Scratch.make()) {
            return work.apply(scratch.folder());
        }
    }

    /** The names of the tensors that cross a cut. */
    public List<String> crossing(int after) {
        return graph.cuts().stream()
                .filter(cut -> cut.after() == after)
                .findFirst()
                .map(Cut::tensors)
                .orElse(List.of());
    }

    /** Removes what was made up. */
    @Override
    public void close() {
        if (scratch != null) {
            ScratchFolders.in(null);
            scratch.close();
        }
    }
}
