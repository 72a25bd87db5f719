package dev.purser.server.replay;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What a load generator wants to know of a response: who answered. The tensors are passed over without being kept, for a
 * generator that decoded them would spend more than the server.
 *
 * @param model the model that answered
 * @param variant the variant that the server chose; null where it does not say
 * @param platform what ran it; null where the server does not say
 * @param cold whether the request waited for a cold start
 * @param inferenceMs for how long a worker served it; null where the server does not say
 */
record ResponseHead(
        String model,
        @Nullable String variant,
        @Nullable String platform,
        boolean cold,
        @Nullable Double inferenceMs) {
    static final String VARIANT = "variant";
    static final String PLATFORM = "platform";
    static final String COLD_START = "cold_start";
    static final String INFERENCE_MS = "inference_ms";

    private static final JsonFactory JSON = new JsonFactory();

    /**
     * Reads a response.
     *
     * @param body the HTTP body
     * @param jsonLength how much of it is JSON; -1 for all
     * @throws IOException when it is not a response of the protocol
     */
    static ResponseHead read(byte[] body, int jsonLength) throws IOException {
        String model = null;
        String variant = null;
        String platform = null;
        boolean cold = false;
        Double inferenceMs = null;
        boolean outputs = false;
        try (JsonParser parser = JSON.createParser(body, 0, jsonLength < 0 ? body.length : jsonLength)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("the answer is not a JSON object");
            }
            for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
                JsonToken value = parser.nextToken();
                switch (field) {
                    case "model_name" -> model = parser.getText();
                    case "outputs" -> {
                        outputs = value == JsonToken.START_ARRAY;
                        parser.skipChildren();
                    }
                    case "parameters" -> {
                        for (String name = value == JsonToken.START_OBJECT ? parser.nextFieldName() : null;
                                name != null;
                                name = parser.nextFieldName()) {
                            JsonToken parameter = parser.nextToken();
                            switch (name) {
                                case VARIANT -> variant = parser.getText();
                                case PLATFORM -> platform = parser.getText();
                                case COLD_START -> cold = parameter == JsonToken.VALUE_TRUE;
                                case INFERENCE_MS ->
                                    inferenceMs = parameter.isNumeric() ? parser.getDoubleValue() : null;
                                default -> parser.skipChildren();
                            }
                        }
                    }
                    default -> parser.skipChildren();
                }
            }
        }
        if (model == null || !outputs) {
            throw new IOException("the answer has no " + (model == null ? "model_name" : "outputs"));
        }
        return new ResponseHead(model, variant, platform, cold, inferenceMs);
    }
}
