package dev.purser.core.partition;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A model as its layers, in an order in which each comes after those that it reads, and the places where it may be cut.
 *
 * @param name the model's name
 * @param layers its layers, at least two and at most {@link #MAXIMUM_LAYERS}; layer 0 stands for the model's inputs, the
 *     last one for its result
 * @param cuts where it may be cut, in order, each after a layer from 1 to the last but one
 */
public record LayerGraph(String name, List<Layer> layers, List<Cut> cuts) {
    /** How many layers a graph may have. */
    public static final int MAXIMUM_LAYERS = 100_000;

    /**
     * How many tensor names all cuts together may have where they are derived from the layers. A graph whose layers are
     * read much later, each, would need a number that grows with the square of its layers.
     */
    private static final int MAXIMUM_CROSSINGS = 10_000_000;

    /** Checks that layers come in order and that cuts lie between them. */
    public LayerGraph {
        layers = List.copyOf(layers);
        cuts = List.copyOf(cuts);
        if (layers.size() < 2 || layers.size() > MAXIMUM_LAYERS) {
            throw new IllegalArgumentException("the graph has " + layers.size()
                    + " layers, but must have 2 (the inputs, and one layer) to " + MAXIMUM_LAYERS);
        }
        Set<String> names = new HashSet<>();
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);
            if (!names.add(layer.name())) {
                throw new IllegalArgumentException("two layers are called '" + layer.name() + "'");
            }
            for (int input : layer.inputs()) {
                if (input < 0 || input >= i) {
                    throw new IllegalArgumentException("layer " + i + " (" + layer.name() + ") reads layer " + input
                            + ", but a layer can only read those before it");
                }
            }
        }
        int before = 0;
        for (Cut cut : cuts) {
            if (cut.after() <= before || cut.after() > layers.size() - 2) {
                throw new IllegalArgumentException("there is a cut after layer " + cut.after()
                        + ", but cuts must come in order, each after a layer from 1 to " + (layers.size() - 2));
            }
            before = cut.after();
        }
    }

    /**
     * A graph whose layers have one output tensor each, called as the layer, with every boundary between two layers as a
     * cut. What the model's input is still needed for later crosses the cuts in between like any tensor.
     *
     * @throws IllegalArgumentException if so many tensors cross so many boundaries that they cannot be listed
     */
    public static LayerGraph of(String name, List<Layer> layers) {
        int n = layers.size();
        int[] lastReader = new int[n];
        Arrays.setAll(lastReader, i -> i);
        long crossings = 0;
        for (int i = 0; i < n; i++) {
            for (int input : layers.get(i).inputs()) {
                if (input >= 0 && input < n) {
                    lastReader[input] = Math.max(lastReader[input], i);
                }
            }
        }
        for (int i = 0; i < n; i++) {
            crossings += lastReader[i] - i;
        }
        if (crossings > MAXIMUM_CROSSINGS) {
            throw new IllegalArgumentException("tensors cross the boundaries of " + name + " " + crossings
                    + " times, more than the " + MAXIMUM_CROSSINGS + " that can be listed");
        }
        List<Cut> cuts = new ArrayList<>();
        List<Integer> open = new ArrayList<>();
        for (int i = 0; i < n - 1; i++) {
            int boundary = i;
            open.add(i);
            open.removeIf(producer -> lastReader[producer] <= boundary);
            if (i > 0 && !open.isEmpty()) {
                cuts.add(new Cut(
                        i,
                        open.stream()
                                .map(producer -> layers.get(producer).name())
                                .toList(),
                        open.stream()
                                .mapToLong(producer -> layers.get(producer).outBytes())
                                .sum()));
            }
        }
        return new LayerGraph(name, layers, cuts);
    }

    /** The cuts that a rule allows, in order. */
    public List<Cut> cuts(CutRule rule) {
        return rule == CutRule.ANY ? cuts : cuts.stream().filter(Cut::single).toList();
    }

    /** The index of the last layer. */
    public int last() {
        return layers.size() - 1;
    }

    /** Bytes of all weights. */
    public long paramBytes() {
        return layers.stream().mapToLong(Layer::paramBytes).sum();
    }

    /** Multiply-accumulate operations of all layers for a batch of one. */
    public long macs() {
        return layers.stream().mapToLong(Layer::macs).sum();
    }
}
