package dev.purser.worker;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtException.OrtErrorCode;
import dev.purser.worker.protocol.ProtocolException;
import dev.purser.worker.protocol.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What ONNX Runtime says against an inference, in words for whoever sent the inputs: where a node of the network does not
 * take what it is given, the inputs were no such as the network takes, whatever it declares.
 */
final class RuntimeRefusal {
    /** The longest message of the runtime that is passed on. */
    private static final int MESSAGE_LIMIT = 400;

    private static final Pattern NODE = Pattern.compile(
            "Non-zero status code returned while running (\\S+) node\\. Name:'([^']*)' Status Message: (.*)",
            Pattern.DOTALL);

    /** A place in the runtime's source, with the function that it is in and the condition that did not hold. */
    private static final Pattern PLACE = Pattern.compile(
            "\\S*/\\S+\\.(?:cc|cpp|cxx|h|hpp|cu|inl)(?::\\d+)?\\s*(?:.*?\\bwas false\\.?|[^:.]*?::.*\\)(?:\\s*const)?)?\\s*",
            Pattern.DOTALL);

    /** The same in short, with a name of a function and nothing else. */
    private static final Pattern SHORT_PLACE =
            Pattern.compile("\\b\\w+\\.(?:cc|cpp|cxx|h|hpp|cu|inl):\\d+\\s+(?:[\\w~]+\\s+)?");

    private static final Pattern PREFIX = Pattern.compile("^Error code - \\S+ - message: ");

    private RuntimeRefusal() {}

    static ProtocolException of(String model, List<Tensor> inputs, OrtException e) {
        String said = message(e);
        if (said.contains("allocate memory") || said.contains("bad_alloc")) {
            return new ProtocolException(
                    500, "model '" + model + "' needs more memory than there is for " + named(inputs));
        }
        Matcher node = NODE.matcher(said);
        if (node.find()) {
            return new ProtocolException(
                    400,
                    "model '" + model + "' does not take " + named(inputs) + ": " + node.group(1) + " node '"
                            + node.group(2) + "': " + words(node.group(3)));
        }
        return e.getCode() == OrtErrorCode.ORT_INVALID_ARGUMENT
                ? new ProtocolException(
                        400, "model '" + model + "' does not take " + named(inputs) + ": " + words(said))
                : new ProtocolException(500, "model '" + model + "' failed: " + words(said));
    }

    private static String message(OrtException e) {
        return PREFIX.matcher(String.valueOf(e.getMessage())).replaceFirst("");
    }

    /** What the runtime says, without its own places, and not too long. */
    static String words(OrtException e) {
        return words(message(e));
    }

    private static String named(List<Tensor> inputs) {
        return inputs.stream()
                .limit(10)
                .map(input ->
                        "input '" + input.name() + "' of " + input.datatype() + " " + Arrays.toString(input.shape()))
                .collect(Collectors.joining(", "));
    }

    static String words(String message) {
        String placeless = PLACE.matcher(message).replaceAll("");
        String words = SHORT_PLACE.matcher(placeless).replaceAll("").strip().replaceAll("\\s+", " ");
        if (words.isEmpty()) {
            return "it fits none of what the node works on";
        }
        return words.length() <= MESSAGE_LIMIT ? words : words.substring(0, MESSAGE_LIMIT) + "...";
    }
}
