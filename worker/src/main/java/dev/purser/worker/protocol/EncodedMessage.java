package dev.purser.worker.protocol;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A request or response as it goes over the wire.
 *
 * @param body the HTTP body; not copied
 * @param jsonLength how many bytes of the body are JSON, for the header {@link InferenceCodec#HEADER}; -1 where the whole
 *     body is JSON and that header must be left out
 */
@SuppressWarnings("ArrayRecordComponent")
public record EncodedMessage(byte[] body, int jsonLength) {
    /** The value for the header Content-Type. */
    public String contentType() {
        return jsonLength < 0 ? "application/json" : "application/octet-stream";
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof EncodedMessage message
                && message.jsonLength == jsonLength
                && Arrays.equals(message.body, body);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(body) + jsonLength;
    }

    @Override
    public String toString() {
        return "EncodedMessage[" + body.length + " bytes, jsonLength=" + jsonLength + "]";
    }
}
