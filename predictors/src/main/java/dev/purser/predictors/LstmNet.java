package dev.purser.predictors;

import dev.purser.core.policy.StateExchange;
import dev.purser.core.policy.Stateful;

/**
 * The forward pass of small LSTM networks (Hochreiter and Schmidhuber 1997) on plain arrays, for use in a decision: one or
 * more LSTM layers side by side, each fed one number at a time, whose hidden states are added up and go through a linear
 * layer, perhaps with a tanh behind it. {@link NetTraining} trains such networks with a library, whose output this agrees
 * with.
 *
 * <p>{@code i, f, o = sigmoid(W x + U h + b); g = tanh(W x + U h + b); c = f c + i g; h = o tanh(c)}, gates in the order i,
 * f, g, o.
 */
final class LstmNet implements Stateful {
    /** More than any of the published predictors; keeps a network's file to some megabytes. */
    static final int MOST_HIDDEN = 512;

    static final int MOST_OUTPUTS = 100_000;

    /**
     * What a network looks like.
     *
     * @param branches LSTM layers side by side, 1 or more
     * @param hidden hidden units of each
     * @param outputs numbers that come out
     * @param tanh whether they go through a tanh
     */
    record Shape(int branches, int hidden, int outputs, boolean tanh) {}

    private final Shape shape;
    /** For each branch the weights of its input, and the biases, by gate. */
    private final float[][] input;

    private final float[][] bias;
    /** For each branch the weights of the hidden state, a row of all gates for each unit of it, so that loops vectorise. */
    private final float[][] recurrent;
    /** A row of all outputs for each hidden unit. */
    private final float[] head;

    private final float[] headBias;

    /** A network whose weights are all 0. */
    LstmNet(Shape shape) {
        this.shape = shape;
        int gates = 4 * shape.hidden();
        input = new float[shape.branches()][gates];
        bias = new float[shape.branches()][gates];
        recurrent = new float[shape.branches()][gates * shape.hidden()];
        head = new float[shape.hidden() * shape.outputs()];
        headBias = new float[shape.outputs()];
    }

    Shape shape() {
        return shape;
    }

    /**
     * Sets a branch's weights.
     *
     * @param inputWeights one for each gate
     * @param recurrentWeights a row of the hidden units for each gate
     * @param biases one for each gate
     */
    void setBranch(int branch, float[] inputWeights, float[] recurrentWeights, float[] biases) {
        System.arraycopy(inputWeights, 0, input[branch], 0, input[branch].length);
        System.arraycopy(biases, 0, bias[branch], 0, bias[branch].length);
        transpose(recurrentWeights, 4 * shape.hidden(), shape.hidden(), recurrent[branch]);
    }

    /**
     * Sets the linear layer's weights.
     *
     * @param weights a row of the hidden units for each output
     * @param biases one for each output
     */
    void setHead(float[] weights, float[] biases) {
        transpose(weights, shape.outputs(), shape.hidden(), head);
        System.arraycopy(biases, 0, headBias, 0, headBias.length);
    }

    private static void transpose(float[] from, int rows, int columns, float[] into) {
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                into[c * rows + r] = from[r * columns + c];
            }
        }
    }

    /** Where a pass through the network stands. */
    static final class Pass implements Stateful {
        private final float[][] h;
        private final float[][] c;
        private final float[] gates;

        Pass(Shape shape) {
            h = new float[shape.branches()][shape.hidden()];
            c = new float[shape.branches()][shape.hidden()];
            gates = new float[4 * shape.hidden()];
        }

        /** Forgets everything. */
        void reset() {
            for (int b = 0; b < h.length; b++) {
                java.util.Arrays.fill(h[b], 0);
                java.util.Arrays.fill(c[b], 0);
            }
        }

        @Override
        public void exchange(StateExchange state) {
            for (int b = 0; b < h.length; b++) {
                state.floats("h" + b, h[b]);
                state.floats("c" + b, c[b]);
            }
        }
    }

    /** Feeds a number to a branch. */
    void step(Pass pass, int branch, float x) {
        int n = shape.hidden();
        float[] gates = pass.gates;
        float[] in = input[branch];
        float[] b = bias[branch];
        for (int i = 0; i < gates.length; i++) {
            gates[i] = b[i] + in[i] * x;
        }
        float[] h = pass.h[branch];
        float[] c = pass.c[branch];
        add(recurrent[branch], h, gates);
        for (int i = 0; i < n; i++) {
            float keep = sigmoid(gates[n + i]) * c[i] + sigmoid(gates[i]) * tanh(gates[2 * n + i]);
            c[i] = keep;
            h[i] = sigmoid(gates[3 * n + i]) * tanh(keep);
        }
    }

    /**
     * What comes out now.
     *
     * @param into one place for each output
     */
    void read(Pass pass, float[] into) {
        System.arraycopy(headBias, 0, into, 0, into.length);
        float[] sum = pass.h[0];
        if (shape.branches() > 1) {
            sum = sum.clone();
            for (int b = 1; b < shape.branches(); b++) {
                for (int i = 0; i < sum.length; i++) {
                    sum[i] += pass.h[b][i];
                }
            }
        }
        add(head, sum, into);
        if (shape.tanh()) {
            for (int i = 0; i < into.length; i++) {
                into[i] = tanh(into[i]);
            }
        }
    }

    /** into += matrix' x, by rows. */
    private static void add(float[] matrix, float[] x, float[] into) {
        int width = into.length;
        for (int j = 0; j < x.length; j++) {
            float factor = x[j];
            int row = j * width;
            for (int i = 0; i < width; i++) {
                into[i] += matrix[row + i] * factor;
            }
        }
    }

    private static float sigmoid(float x) {
        return (float) (1 / (1 + Math.exp(-x)));
    }

    private static float tanh(float x) {
        return (float) Math.tanh(x);
    }

    @Override
    public void exchange(StateExchange state) {
        for (int b = 0; b < shape.branches(); b++) {
            state.floats("input" + b, input[b]);
            state.floats("bias" + b, bias[b]);
            state.floats("recurrent" + b, recurrent[b]);
        }
        state.floats("head", head);
        state.floats("headBias", headBias);
    }
}
