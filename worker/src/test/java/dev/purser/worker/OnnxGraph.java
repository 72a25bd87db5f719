package dev.purser.worker;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Writes ONNX files: as much of the format (protocol buffers, onnx.proto of opset 19) as small networks need. */
final class OnnxGraph {
    static final int FLOAT = 1;
    static final int UINT8 = 2;
    static final int INT8 = 3;
    static final int UINT16 = 4;
    static final int INT16 = 5;
    static final int INT32 = 6;
    static final int INT64 = 7;
    static final int STRING = 8;
    static final int BOOL = 9;
    static final int FLOAT16 = 10;
    static final int DOUBLE = 11;
    static final int UINT32 = 12;
    static final int UINT64 = 13;

    private final Message graph = new Message();

    OnnxGraph(String name) {
        graph.text(2, name);
    }

    /** An input; -1 for a dimension that may vary. */
    OnnxGraph input(String name, int type, long... shape) {
        graph.message(11, value(name, type, shape));
        return this;
    }

    /** An input of which no shape is declared. */
    OnnxGraph free(String name, int type) {
        graph.message(
                11, new Message().text(1, name).message(2, new Message().message(1, new Message().number(1, type))));
        return this;
    }

    OnnxGraph output(String name, int type, long... shape) {
        graph.message(12, value(name, type, shape));
        return this;
    }

    private static Message value(String name, int type, long... shape) {
        Message dimensions = new Message();
        for (int i = 0; i < shape.length; i++) {
            Message dimension = new Message();
            if (shape[i] < 0) {
                dimension.text(2, i == 0 ? "batch" : name + "_" + i);
            } else {
                dimension.number(1, shape[i]);
            }
            dimensions.message(1, dimension);
        }
        Message tensor = new Message().number(1, type).message(2, dimensions);
        return new Message().text(1, name).message(2, new Message().message(1, tensor));
    }

    OnnxGraph weights(String name, long[] shape, float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return constant(name, FLOAT, shape, bytes);
    }

    OnnxGraph longs(String name, long[] shape, long... values) {
        ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(values);
        return constant(name, INT64, shape, bytes);
    }

    OnnxGraph texts(String name, long[] shape, byte[]... values) {
        Message tensor = new Message();
        for (long dimension : shape) {
            tensor.number(1, dimension);
        }
        tensor.number(2, STRING);
        for (byte[] value : values) {
            tensor.bytes(6, value);
        }
        graph.message(5, tensor.text(8, name));
        return this;
    }

    private OnnxGraph constant(String name, int type, long[] shape, ByteBuffer bytes) {
        Message tensor = new Message();
        for (long dimension : shape) {
            tensor.number(1, dimension);
        }
        graph.message(5, tensor.number(2, type).text(8, name).bytes(9, bytes.array()));
        return this;
    }

    /** An operator with its attributes: names and whole numbers, or arrays of them, by turns. */
    OnnxGraph node(String operator, String[] inputs, String output, Object... attributes) {
        return node(operator, inputs, new String[] {output}, attributes);
    }

    /** As above, with several results. An attribute may be a graph too. */
    OnnxGraph node(String operator, String[] inputs, String[] outputs, Object... attributes) {
        Message node = new Message();
        for (String input : inputs) {
            node.text(1, input);
        }
        for (String output : outputs) {
            node.text(2, output);
        }
        node.text(3, outputs[0]).text(4, operator);
        for (int i = 0; i < attributes.length; i += 2) {
            Message attribute = new Message().text(1, (String) attributes[i]);
            if (attributes[i + 1] instanceof OnnxGraph body) {
                attribute.message(6, body.graph).number(20, 5);
            } else if (attributes[i + 1] instanceof long[] many) {
                for (long number : many) {
                    attribute.number(8, number);
                }
                attribute.number(20, 7);
            } else {
                attribute.number(3, ((Number) attributes[i + 1]).longValue()).number(20, 2);
            }
            node.message(5, attribute);
        }
        graph.message(1, node);
        return this;
    }

    byte[] bytes() {
        Message opset = new Message().text(1, "").number(2, 19);
        return new Message()
                .number(1, 8)
                .text(2, "purser")
                .message(7, graph)
                .message(8, opset)
                .toByteArray();
    }

    Path write(Path file) {
        try {
            return Files.write(file, bytes());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** A message of protocol buffers. */
    private static final class Message {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Message number(int field, long value) {
            varint((long) field << 3);
            varint(value);
            return this;
        }

        Message text(int field, String value) {
            return bytes(field, value.getBytes(StandardCharsets.UTF_8));
        }

        Message message(int field, Message value) {
            return bytes(field, value.toByteArray());
        }

        Message bytes(int field, byte[] value) {
            varint((long) field << 3 | 2);
            varint(value.length);
            out.writeBytes(value);
            return this;
        }

        private void varint(long value) {
            long rest = value;
            while ((rest & ~0x7fL) != 0) {
                out.write((int) (rest & 0x7f | 0x80));
                rest >>>= 7;
            }
            out.write((int) rest);
        }

        byte[] toByteArray() {
            return out.toByteArray();
        }
    }

    /** One dimension after another. */
    static long[] shape(long... dimensions) {
        return Arrays.copyOf(dimensions, dimensions.length);
    }
}
