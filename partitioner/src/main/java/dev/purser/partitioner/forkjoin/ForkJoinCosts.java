package dev.purser.partitioner.forkjoin;

import dev.purser.core.partition.Layer;
import dev.purser.core.partition.LayerGraph;
import dev.purser.core.partition.Spatial;
import dev.purser.core.partition.Split;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * What a group of layers takes that functions compute side by side, by Gillis' model (ICDCS'21 and its release): tensors
 * travel as base64 in JSON between the function that runs the chain and its workers.
 *
 * <pre>
 *   encode(in) of all workers + max(decode(in) + compute + encode(out)) + round trips + decode(out) of all workers
 * </pre>
 *
 * <p>A tile of the output needs a tile of the input that grows from layer to layer by the windows; only the outer sides are
 * padded. Weights are copied to every tile. Two readings of ours, as in the recorded reference: sizes in the round trip's
 * regression are bytes, since only then its figures make sense; and a pooling that is flattened at once is not counted.
 */
final class ForkJoinCosts {
    private static final double ENCODE = 0.22;
    private static final double DECODE = 0.16;
    private static final double CALL_MILLIS_PER_BYTE = 7.41129460162582e-05;
    private static final double RETURN_MILLIS_PER_BYTE = 5.593645614280851e-05;
    private static final int BYTES = 4;

    /** One of the functions: its time, and the elements that it takes and gives. */
    record Share(double compute, double in, double out) {
        double millis() {
            return DECODE * in / 1024 + compute + ENCODE * out / 1024;
        }
    }

    private final LayerGraph graph;
    private final Operators[] operators;
    private final RoundTrips roundTrips = new RoundTrips();

    ForkJoinCosts(LayerGraph graph) {
        this.graph = graph;
        operators = new Operators[graph.layers().size()];
        Arrays.fill(operators, Operators.FREE);
        for (int i = 1; i < operators.length; i++) {
            Layer layer = graph.layers().get(i);
            Operators operator = Operators.of(layer.type());
            if (operator == null) {
                throw new UnsupportedOperationException("layer " + i + " (" + layer.name() + ") is a " + layer.type()
                        + ", of which Gillis published no time");
            }
            operators[i] = operator;
            if (operator != Operators.GEMM
                    && operator != Operators.WHOLE_MAP
                    && !operator.joinsPrevious()
                    && (layer.spatial() == null || source(i).spatial() == null)) {
                throw new UnsupportedOperationException("layer " + i + " (" + layer.name() + ", a " + layer.type()
                        + ") has no known map, so that it cannot be cut into tiles");
            }
        }
    }

    Operators operator(int layer) {
        return operators[layer];
    }

    private Layer layer(int i) {
        return graph.layers().get(i);
    }

    /** The layer whose output a layer reads, seen through padding. */
    private int input(int i, int which) {
        int source = layer(i).inputs().get(which);
        while (source > 0 && operators[source] == Operators.PAD) {
            source = layer(source).inputs().getFirst();
        }
        return source;
    }

    private Layer source(int i) {
        return layer(i).inputs().isEmpty() ? layer(0) : layer(input(i, 0));
    }

    private static double elements(Layer layer) {
        return layer.outBytes() / (double) BYTES;
    }

    /** Whether a layer's map can be cut into tiles. */
    boolean tiles(int layer) {
        return operators[layer] != Operators.GEMM
                && operators[layer] != Operators.WHOLE_MAP
                && layer(layer).spatial() != null;
    }

    private boolean padded(int i) {
        Spatial window = Objects.requireNonNull(layer(i).spatial());
        return window.padTop() + window.padBottom() + window.padLeft() + window.padRight() > 0
                || operators[layer(i).inputs().getFirst()] == Operators.PAD;
    }

    /** The layers from one to another in one function. */
    double whole(int from, int to) {
        double millis = 0;
        for (int i = from; i <= to; i++) {
            // a pooling that is flattened at once, and what follows a fully connected layer, are not counted
            boolean flattened = operators[i] == Operators.POOL && i < to && flattens(i + 1);
            Spatial in = source(i).spatial();
            if (operators[i] == Operators.GEMM) {
                millis += Operators.GEMM.millis((double) layer(i).macs());
            } else if (!flattened && in != null && layer(i).spatial() != null) {
                millis += millis(i, in.height(), in.width(), true, true, true, true);
            }
        }
        return millis;
    }

    private boolean flattens(int i) {
        return operators[i] == Operators.FREE && layer(i).spatial() == null;
    }

    private double millis(
            int i, double height, double width, boolean top, boolean left, boolean bottom, boolean right) {
        Spatial map = Objects.requireNonNull(layer(i).spatial());
        Spatial in = Objects.requireNonNull(source(i).spatial());
        return switch (operators[i]) {
            case CONV -> {
                int padHeight = padded(i) ? map.kernelHeight() / 2 : 0;
                int padWidth = padded(i) ? map.kernelWidth() / 2 : 0;
                double rows = (height + padHeight * sides(top, bottom) - map.kernelHeight()) / map.strideHeight() + 1;
                double columns = (width + padWidth * sides(left, right) - map.kernelWidth()) / map.strideWidth() + 1;
                double perPosition = (double) layer(i).macs() / ((long) map.height() * map.width());
                double millis = Operators.CONV.millis(rows * columns * perPosition);
                yield layer(i).type().endsWith("+relu")
                        ? millis
                                + Operators.RELU.millis(
                                        rows(i, height, top, bottom) * columns(i, width, left, right) * map.channels())
                        : millis;
            }
            case POOL, RELU, NORM, ADD -> operators[i].millis(height * width * in.channels());
            case GEMM, PAD, FREE, WHOLE_MAP -> 0;
        };
    }

    /** Rows of the output of a layer for rows of its input: whole ones, as the map has where it is not a tile. */
    private double rows(int i, double height, boolean top, boolean bottom) {
        Spatial map = Objects.requireNonNull(layer(i).spatial());
        int pad = padded(i) ? map.kernelHeight() / 2 : 0;
        return Math.floor((height + pad * sides(top, bottom) - map.kernelHeight()) / map.strideHeight() + 1);
    }

    private double columns(int i, double width, boolean left, boolean right) {
        Spatial map = Objects.requireNonNull(layer(i).spatial());
        int pad = padded(i) ? map.kernelWidth() / 2 : 0;
        return Math.floor((width + pad * sides(left, right) - map.kernelWidth()) / map.strideWidth() + 1);
    }

    private static int sides(boolean one, boolean other) {
        return (one ? 1 : 0) + (other ? 1 : 0);
    }

    /** A group in one function. */
    Share undivided(int from, int to) {
        return new Share(whole(from, to), elements(source(from)), elements(layer(to)));
    }

    /** The shares of a group whose last map is cut into tiles, row by row. */
    List<Share> tiles(int from, int to, int rows, int columns) {
        List<Share> shares = new ArrayList<>();
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                shares.add(tile(from, to, rows, columns, i, j));
            }
        }
        return shares;
    }

    private Share tile(int from, int to, int rows, int columns, int row, int column) {
        boolean top = row == 0;
        boolean bottom = row == rows - 1;
        boolean left = column == 0;
        boolean right = column == columns - 1;
        Spatial last = Objects.requireNonNull(layer(to).spatial());
        int[] height = new int[to - from + 1];
        int[] width = new int[to - from + 1];
        height[to - from] = Math.ceilDiv(last.height(), rows);
        width[to - from] = Math.ceilDiv(last.width(), columns);
        double out = (double) height[to - from] * width[to - from] * last.channels();
        double compute = 0;
        int inHeight = 0;
        int inWidth = 0;
        int channels = 0;
        for (int i = to; i >= from; i--) {
            if (operators[i] == Operators.PAD) {
                continue;
            }
            Spatial map = Objects.requireNonNull(layer(i).spatial());
            int padHeight = padded(i) ? map.kernelHeight() / 2 : 0;
            int padWidth = padded(i) ? map.kernelWidth() / 2 : 0;
            int h = (height[i - from] - 1) * map.strideHeight() + map.kernelHeight() - padHeight * sides(top, bottom);
            int w = (width[i - from] - 1) * map.strideWidth() + map.kernelWidth() - padWidth * sides(left, right);
            compute += millis(i, h, w, top, left, bottom, right);
            for (int which = 0; which < layer(i).inputs().size(); which++) {
                int source = input(i, which);
                if (source >= from) {
                    height[source - from] = Math.max(height[source - from], h);
                    width[source - from] = Math.max(width[source - from], w);
                } else {
                    inHeight = Math.max(inHeight, h);
                    inWidth = Math.max(inWidth, w);
                    channels = Objects.requireNonNull(layer(source).spatial()).channels();
                }
            }
        }
        return new Share(compute, (double) inHeight * inWidth * channels, out);
    }

    /** The shares of a fully connected layer whose outputs are divided, with what follows it. */
    List<Share> outputs(int from, int to, int number) {
        Layer layer = layer(from);
        long outputs = layer.outBytes() / BYTES;
        double each = (double) Math.ceilDiv(outputs, number);
        double inputs = layer.macs() / (double) outputs;
        Share share = new Share(Operators.GEMM.millis(inputs * each) + whole(from + 1, to), inputs, each);
        return java.util.Collections.nCopies(number, share);
    }

    /** What a group takes, in milliseconds. */
    double millis(List<Share> shares, Split split) {
        List<Share> workers = shares.subList(split.masterTakesOne() ? 1 : 0, shares.size());
        if (workers.isEmpty()) {
            return shares.getFirst().compute();
        }
        double coding = 0;
        double longest = 0;
        for (Share worker : workers) {
            coding += ENCODE * worker.in() / 1024 + DECODE * worker.out() / 1024;
            longest = Math.max(longest, worker.millis());
        }
        Share first = workers.getFirst();
        return coding
                + longest
                + roundTrips.millis(workers.size())
                + CALL_MILLIS_PER_BYTE * BYTES * first.in()
                + RETURN_MILLIS_PER_BYTE * BYTES * first.out();
    }

    /** Bytes of the weights of the layers from one to another. */
    long weights(int from, int to) {
        long bytes = 0;
        for (int i = from; i <= to; i++) {
            bytes += layer(i).paramBytes();
        }
        return bytes;
    }
}
