package dev.purser.benchmarks.serving;

import dev.purser.worker.protocol.EncodedMessage;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferenceCodec;
import dev.purser.worker.protocol.Tensor;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The request that a model is asked again and again, and what ONNX Runtime says to it. */
final class Question {
    private final EncodedMessage request;
    private final String output;
    private final float[] expected;

    /**
     * A row of the model's sample.
     *
     * @param json whether it is asked in JSON through and through; in binary otherwise
     */
    Question(Path file, boolean json) {
        try (RawModel model = new RawModel(file)) {
            output = model.output();
            expected = model.answer();
            Tensor input = Tensor.floats(model.input(), model.shape(1), model.sample(1));
            request = InferenceCodec.writeRequest(
                    new InferRequest(null, Map.of(), List.of(input), List.of(), !json), !json);
        }
    }

    /** As a client sends it. */
    EncodedMessage request() {
        return request;
    }

    /** How far a server's answer is off: fast and wrong is not fast. */
    double difference(URI target) {
        return AnswerCheck.difference(target, request, output, expected);
    }
}
