package dev.purser.worker.protocol;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Tensors of every datatype and shape, drawn from a seed; their values can all be written as JSON. */
final class RandomTensors {
    private final Random random;

    RandomTensors(long seed) {
        random = new Random(seed);
    }

    long[] shape() {
        long[] shape = new long[random.nextInt(5)];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = random.nextInt(12) == 0 ? 0 : 1 + random.nextInt(4);
        }
        return shape;
    }

    Datatype datatype() {
        return Datatype.values()[random.nextInt(Datatype.values().length)];
    }

    Tensor next(String name) {
        return next(name, datatype(), shape());
    }

    Tensor next(String name, Datatype datatype, long[] shape) {
        int elements = 1;
        for (long dimension : shape) {
            elements *= (int) dimension;
        }
        if (datatype == Datatype.BYTES) {
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < elements; i++) {
                texts.add(text());
            }
            return Tensor.strings(name, shape, texts);
        }
        ByteBuffer bytes = ByteBuffer.allocate(elements * datatype.width()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < elements; i++) {
            switch (datatype) {
                case BOOL -> bytes.put((byte) random.nextInt(2));
                case FP16 -> bytes.putShort(Float.floatToFloat16((float) random.nextGaussian() * 100));
                case FP32 -> bytes.putFloat(finite(Float.intBitsToFloat(random.nextInt())));
                case FP64 -> bytes.putDouble(finite(Double.longBitsToDouble(random.nextLong())));
                default -> {
                    byte[] any = new byte[datatype.width()];
                    random.nextBytes(any);
                    bytes.put(any);
                }
            }
        }
        return Tensor.of(name, datatype, shape, bytes.flip());
    }

    private float finite(float value) {
        return Float.isFinite(value) ? value : random.nextFloat();
    }

    private double finite(double value) {
        return Double.isFinite(value) ? value : random.nextDouble();
    }

    String text() {
        StringBuilder text = new StringBuilder();
        int length = random.nextInt(6);
        for (int i = 0; i < length; i++) {
            int c = random.nextInt(4) == 0 ? random.nextInt(0x1_0000, 0x1_ffff) : random.nextInt(0xd7ff);
            text.appendCodePoint(c);
        }
        return text.toString();
    }

    int draw(int bound) {
        return random.nextInt(bound);
    }
}
