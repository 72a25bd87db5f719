package dev.purser.worker;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.purser.worker.protocol.ProtocolException;
import dev.purser.worker.protocol.Tensor;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Texts on their way into ONNX Runtime and out of it. The runtime's Java interface passes them in the JVM's own variant of
 * UTF-8, in which characters beyond the first 65,536 (emoji, rare Chinese ones) and zero characters are other bytes: a
 * network would get something else, and what it gives would be cut off. So such texts go in as the constant of a network that
 * is made for them; of what comes out the runtime itself is asked whether it is such, and then it is refused.
 */
final class NativeTexts {
    private static final int STRING = 8;

    /** Texts that both kinds of UTF-8 have the same bytes for. */
    private static final String SAME = "[\\x{1}-\\x{D7FF}\\x{E000}-\\x{FFFF}]*";

    /** Tells which texts are such; there is one for the process, made when it is first needed. */
    private static @Nullable OrtSession same;

    private NativeTexts() {}

    /** A tensor of the runtime's with these texts. */
    static OnnxTensor in(OrtEnvironment environment, long[] shape, String[] texts) throws OrtException {
        for (String text : texts) {
            if (!isSame(text)) {
                return constant(environment, shape, List.of(texts));
            }
        }
        return OnnxTensor.createTensor(environment, texts, shape);
    }

    private static boolean isSame(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0 || Character.isSurrogate(c)) {
                return false;
            }
        }
        return true;
    }

    /**
     * The texts of a tensor of the runtime's.
     *
     * @throws ProtocolException (500) when there is one that the runtime does not hand over as it is
     */
    static Tensor out(OrtEnvironment environment, String model, String name, OnnxTensor tensor) throws OrtException {
        long[] shape = tensor.getInfo().getShape();
        List<String> texts = new ArrayList<>();
        flatten(tensor.getValue(), texts);
        if (!texts.isEmpty()) {
            boolean[] plain = plain(same(environment), tensor, texts.size());
            for (int i = 0; i < plain.length; i++) {
                if (!plain[i]) {
                    throw new ProtocolException(
                            500,
                            "model '" + model + "' gives in element " + i + " of output '" + name
                                    + "' a text that ONNX Runtime cannot hand to Java: it has a character beyond U+FFFF (such as"
                                    + " an emoji) or a zero character, or is no valid UTF-8");
                }
            }
        }
        return Tensor.strings(name, shape, texts);
    }

    /** The runtime gives texts as a String, or as arrays of arrays of them. */
    private static void flatten(Object value, List<String> texts) {
        if (value instanceof Object[] array) {
            for (Object element : array) {
                flatten(element, texts);
            }
        } else {
            texts.add((String) value);
        }
    }

    private static boolean[] plain(OrtSession session, OnnxTensor tensor, int count) throws OrtException {
        boolean[] results = new boolean[count];
        try (OrtSession.Result result = session.run(Map.of("x", tensor))) {
            ByteBuffer flags = ((OnnxTensor) result.get(0)).getByteBuffer();
            for (int i = 0; i < count; i++) {
                results[i] = flags.get(i) != 0;
            }
        }
        return results;
    }

    private static synchronized OrtSession same(OrtEnvironment environment) throws OrtException {
        OrtSession made = same;
        if (made == null) {
            Message pattern = new Message().text(1, "pattern").text(4, SAME).number(20, 3);
            made = session(
                    environment,
                    new Message()
                            .message(1, node("RegexFullMatch", "x").message(5, pattern))
                            .text(2, "plain")
                            .message(11, value("x", STRING))
                            .message(12, value("y", 9)));
            same = made;
        }
        return made;
    }

    private static OnnxTensor constant(OrtEnvironment environment, long[] shape, List<String> texts)
            throws OrtException {
        Message graph = new Message()
                .message(1, node("Identity", "c"))
                .text(2, "texts")
                .message(5, constant(shape, texts))
                .message(12, value("y", STRING));
        try (OrtSession session = session(environment, graph)) {
            // the one value of the result is handed on, so that the result must not be closed
            return (OnnxTensor) session.run(Map.of()).get(0);
        }
    }

    private static OrtSession session(OrtEnvironment environment, Message graph) throws OrtException {
        Message model = new Message()
                .number(1, 9)
                .message(7, graph)
                .message(8, new Message().text(1, "").number(2, 20));
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.NO_OPT);
            return environment.createSession(model.bytes(), options);
        }
    }

    private static Message node(String operator, String... inputs) {
        Message node = new Message();
        for (String input : inputs) {
            node.text(1, input);
        }
        return node.text(2, "y").text(4, operator);
    }

    private static Message constant(long[] shape, List<String> texts) {
        Message tensor = new Message();
        for (long size : shape) {
            tensor.number(1, size);
        }
        tensor.number(2, STRING);
        for (String text : texts) {
            tensor.text(6, text);
        }
        return tensor.text(8, "c");
    }

    private static Message value(String name, int type) {
        Message tensor = new Message().number(1, type);
        return new Message().text(1, name).message(2, new Message().message(1, tensor));
    }

    /** A message of protocol buffers, in which networks are written. */
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
            return bytes(field, value.bytes());
        }

        private Message bytes(int field, byte[] value) {
            varint((long) field << 3 | 2);
            varint(value.length);
            out.writeBytes(value);
            return this;
        }

        private void varint(long value) {
            long rest = value;
            while ((rest & ~0x7FL) != 0) {
                out.write((int) ((rest & 0x7F) | 0x80));
                rest >>>= 7;
            }
            out.write((int) rest);
        }

        byte[] bytes() {
            return out.toByteArray();
        }
    }
}
