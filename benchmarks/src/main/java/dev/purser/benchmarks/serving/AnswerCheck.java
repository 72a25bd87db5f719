package dev.purser.benchmarks.serving;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.purser.worker.protocol.EncodedMessage;
import dev.purser.worker.protocol.InferenceCodec;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;

/** Compares a server's answer with what is expected. */
final class AnswerCheck {
    /** Of a softmax's outputs, which JSON may round and another order of additions may change. */
    static final double TOLERANCE = 1e-5;

    private AnswerCheck() {}

    /**
     * Asks once.
     *
     * @return the largest difference of an output from what is expected; infinite where there are more or fewer
     */
    static double difference(URI target, EncodedMessage request, String output, float[] expected) {
        try {
            HttpURLConnection connection = (HttpURLConnection) target.toURL().openConnection();
            connection.setRequestMethod("POST");
            connection.setDoOutput(true);
            connection.setRequestProperty("Content-Type", request.contentType());
            if (request.jsonLength() >= 0) {
                connection.setRequestProperty(InferenceCodec.HEADER, Integer.toString(request.jsonLength()));
            }
            try (OutputStream body = connection.getOutputStream()) {
                body.write(request.body());
            }
            if (connection.getResponseCode() != 200) {
                throw new IllegalStateException(target + " answered with status " + connection.getResponseCode() + ": "
                        + (connection.getErrorStream() == null
                                ? ""
                                : new String(connection.getErrorStream().readAllBytes(), UTF_8)));
            }
            byte[] body = connection.getInputStream().readAllBytes();
            String length = connection.getHeaderField(InferenceCodec.HEADER);
            float[] answer = InferenceCodec.readResponse(
                            body, length == null ? -1 : InferenceCodec.jsonLength(length, body.length))
                    .output(output)
                    .floats();
            return difference(answer, expected);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static double difference(float[] answer, float[] expected) {
        if (answer.length != expected.length) {
            return Double.POSITIVE_INFINITY;
        }
        double worst = 0;
        for (int i = 0; i < answer.length; i++) {
            double difference = Math.abs((double) answer[i] - expected[i]);
            // also what is not a number is wrong
            worst = difference <= worst ? worst : Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference;
        }
        return worst;
    }
}
