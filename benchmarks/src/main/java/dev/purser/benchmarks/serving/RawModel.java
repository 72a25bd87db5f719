package dev.purser.benchmarks.serving;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * ONNX Runtime called from Java with nothing around it: what the least possible server does for a request. One input and
 * one output of floats, the first dimension the rows; one thread.
 */
final class RawModel implements AutoCloseable {
    private final OrtSession session;
    private final String input;
    private final long[] shape;
    private final String output;

    RawModel(Path file) {
        try {
            OrtSession.SessionOptions options = new OrtSession.SessionOptions();
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            session = OrtEnvironment.getEnvironment().createSession(file.toString(), options);
            input = session.getInputNames().iterator().next();
            output = session.getOutputNames().iterator().next();
            shape = ((TensorInfo)
                            session.getInputInfo().values().iterator().next().getInfo())
                    .getShape();
        } catch (OrtException e) {
            throw new IllegalStateException("cannot load " + file, e);
        }
    }

    String input() {
        return input;
    }

    String output() {
        return output;
    }

    /** The shape of so many rows. */
    long[] shape(int rows) {
        long[] result = shape.clone();
        result[0] = rows;
        return result;
    }

    /** A row's elements. */
    int rowLength() {
        return Math.toIntExact(Arrays.stream(shape).skip(1).reduce(1, Math::multiplyExact));
    }

    /** Rows to ask with, the same each time. */
    float[] sample(int rows) {
        SplittableRandom random = new SplittableRandom(1);
        float[] result = new float[rows * rowLength()];
        for (int i = 0; i < result.length; i++) {
            result[i] = (float) random.nextGaussian();
        }
        return result;
    }

    /** Memory outside the heap, from which ONNX Runtime reads without a copy. */
    static ByteBuffer direct(int floats) {
        return ByteBuffer.allocateDirect(floats * Float.BYTES).order(ByteOrder.nativeOrder());
    }

    /**
     * Runs it.
     *
     * @param rows direct memory, from its position to its limit
     * @param shape of the rows
     */
    float[] run(ByteBuffer rows, long[] shape) {
        try (OnnxTensor tensor = OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), rows.asFloatBuffer(), shape);
                OrtSession.Result result = session.run(Map.of(input, tensor))) {
            FloatBuffer values = ((OnnxTensor) result.get(0)).getFloatBuffer();
            float[] copy = new float[values.remaining()];
            values.get(copy);
            return copy;
        } catch (OrtException e) {
            throw new IllegalStateException("inference failed", e);
        }
    }

    /** What it says of the sample. */
    float[] answer() {
        float[] sample = sample(1);
        ByteBuffer rows = direct(sample.length);
        rows.asFloatBuffer().put(sample);
        return run(rows, shape(1));
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("cannot close the session", e);
        }
    }
}
