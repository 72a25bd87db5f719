package dev.purser.partitioner;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.InputException;
import dev.purser.core.json.Json;
import dev.purser.core.partition.Cut;
import dev.purser.core.partition.Layer;
import dev.purser.core.partition.LayerGraph;
import dev.purser.core.partition.Spatial;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A layer graph in JSON: {@code model}, {@code layers} and, where they were computed, {@code cuts}. Sizes are for a batch of
 * one. What the file says of its cuts must be what follows from its layers; what it says beyond is not looked at, but must
 * be known.
 */
public final class LayerGraphFile {
    /** The largest file that is read, in bytes. */
    public static final long MAXIMUM_BYTES = 256L << 20;

    private record Document(
            String model,
            @Nullable String note,
            @Nullable List<Integer> inputShape,
            @Nullable Integer dtypeBytes,
            @Nullable Integer layerCount,
            @Nullable JsonNode totals,
            @Nullable List<Integer> singleCuts,
            List<LayerRow> layers,
            @Nullable JsonNode edges,
            @Nullable List<CutRow> cuts) {}

    private record LayerRow(
            int i,
            String name,
            String type,
            @JsonProperty(defaultValue = "[]") List<Integer> inputs,
            @Nullable List<Integer> outShape,
            @Nullable Long params,
            @Nullable Long trainableParams,
            long paramBytes,
            long outBytes,
            long macs,
            @Nullable Long flops,
            @Nullable Attributes attrs,
            @Nullable Integer kerasIndex) {}

    private record Attributes(
            @Nullable List<Integer> kernel,
            @Nullable List<Integer> strides,
            @Nullable String padding,
            @Nullable List<List<Integer>> pad,
            @Nullable Boolean bias,
            @Nullable Boolean scale,
            @Nullable String fn) {}

    private record CutRow(int after, List<Integer> tensors, long bytes, boolean single) {}

    private LayerGraphFile() {}

    /**
     * Reads one.
     *
     * @throws InputException when the file cannot be used; the message names field and value
     */
    public static LayerGraph read(Path file) {
        String where = file.toString();
        try {
            if (Files.isRegularFile(file) && Files.size(file) > MAXIMUM_BYTES) {
                throw new InputException(
                        where,
                        "",
                        "has " + Files.size(file) + " bytes, more than the " + MAXIMUM_BYTES + " allowed",
                        "");
            }
        } catch (IOException e) {
            throw new InputException(where, "", "cannot be read: " + e, "");
        }
        Document document = Json.read(file, Document.class);
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i < document.layers().size(); i++) {
            LayerRow row = document.layers().get(i);
            if (row.i() != i) {
                throw new InputException(
                        where, "layers[" + i + "].i", "is " + row.i(), "layers in their order, counted from 0");
            }
            try {
                layers.add(new Layer(
                        row.name(),
                        type(row),
                        row.inputs(),
                        row.paramBytes(),
                        row.outBytes(),
                        row.macs(),
                        spatial(row, layers)));
            } catch (IllegalArgumentException e) {
                throw new InputException(where, "layers[" + i + "]", String.valueOf(e.getMessage()), "");
            }
        }
        LayerGraph graph;
        try {
            graph = LayerGraph.of(document.model(), layers);
        } catch (IllegalArgumentException e) {
            throw new InputException(where, "layers", String.valueOf(e.getMessage()), "");
        }
        if (document.cuts() != null) {
            check(where, graph, document.cuts());
        }
        return graph;
    }

    private static void check(String where, LayerGraph graph, List<CutRow> rows) {
        for (int i = 0; i < rows.size(); i++) {
            CutRow row = rows.get(i);
            if (row.after() == 0) {
                continue;
            }
            Cut cut = graph.cuts().stream()
                    .filter(candidate -> candidate.after() == row.after())
                    .findFirst()
                    .orElseThrow(() -> new InputException(
                            where,
                            "cuts",
                            "there is one after layer " + row.after() + ", where no tensor crosses",
                            ""));
            if (cut.bytes() != row.bytes()
                    || cut.tensors().size() != row.tensors().size()) {
                throw new InputException(
                        where,
                        "cuts[" + i + "]",
                        "says that " + row.tensors().size() + " tensors of " + row.bytes() + " bytes cross after layer "
                                + row.after(),
                        "by the layers' inputs and outBytes it is "
                                + cut.tensors().size() + " of " + cut.bytes());
            }
        }
    }

    /** With the activation inside it, as in {@code Conv2D+relu}. */
    private static String type(LayerRow row) {
        Attributes attributes = row.attrs();
        if (attributes == null || attributes.fn() == null || attributes.fn().equals("none")) {
            return row.type();
        }
        boolean inside = attributes.kernel() != null || row.type().equals("Dense");
        return inside ? row.type() + "+" + attributes.fn() : row.type();
    }

    private static @Nullable Spatial spatial(LayerRow row, List<Layer> before) {
        List<Integer> shape = row.outShape();
        if (shape == null || shape.size() != 3) {
            return null;
        }
        int height = shape.get(0);
        int width = shape.get(1);
        int channels = shape.get(2);
        Attributes attributes = row.attrs();
        if (attributes == null) {
            return Spatial.pointwise(height, width, channels);
        }
        List<List<Integer>> pad = attributes.pad();
        if (pad != null
                && pad.size() == 2
                && pad.get(0).size() == 2
                && pad.get(1).size() == 2) {
            return new Spatial(
                    height,
                    width,
                    channels,
                    1,
                    1,
                    1,
                    1,
                    pad.get(0).get(0),
                    pad.get(0).get(1),
                    pad.get(1).get(0),
                    pad.get(1).get(1));
        }
        List<Integer> kernel = attributes.kernel();
        if (kernel == null || kernel.size() != 2) {
            return Spatial.pointwise(height, width, channels);
        }
        List<Integer> strides = attributes.strides() == null ? List.of(1, 1) : attributes.strides();
        int rows = 0;
        int columns = 0;
        if ("same".equals(attributes.padding()) && !row.inputs().isEmpty()) {
            int input = row.inputs().getFirst();
            Spatial in = input >= 0 && input < before.size() ? before.get(input).spatial() : null;
            if (in != null) {
                rows = Math.max(0, (height - 1) * strides.get(0) + kernel.get(0) - in.height());
                columns = Math.max(0, (width - 1) * strides.get(1) + kernel.get(1) - in.width());
            }
        }
        // of an odd padding the greater half lies below and to the right
        return new Spatial(
                height,
                width,
                channels,
                kernel.get(0),
                kernel.get(1),
                strides.get(0),
                strides.get(1),
                rows / 2,
                rows - rows / 2,
                columns / 2,
                columns - columns / 2);
    }
}
