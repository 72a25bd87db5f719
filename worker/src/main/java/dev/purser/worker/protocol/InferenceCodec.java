package dev.purser.worker.protocol;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Requests and responses of an inference as HTTP bodies: JSON, or JSON followed by tensors in binary. Tensors that arrive
 * in binary are views of the body that was given, which must not be changed afterwards.
 *
 * <p>Reading checks everything that can be checked without the model: syntax, depth and length of JSON, required fields,
 * names, datatypes, shapes against the number of elements or bytes, and numbers against their datatype. How long a body
 * may be is up to the caller; what is read takes at most eight times the body's memory.
 */
public final class InferenceCodec {
    /** The HTTP header that says how many bytes of the body are JSON, where tensors follow in binary. */
    public static final String HEADER = "Inference-Header-Content-Length";

    private InferenceCodec() {}

    /**
     * Reads a request.
     *
     * @param body the HTTP body
     * @param jsonLength the value of {@link #HEADER}; -1 where the request has no such header
     * @return the request
     * @throws ProtocolException (400) when it is not one
     */
    public static InferRequest readRequest(byte[] body, int jsonLength) {
        return new MessageReader(body, jsonLength, MessageReader.Kind.REQUEST).request();
    }

    /**
     * Reads a response.
     *
     * @param body the HTTP body
     * @param jsonLength the value of {@link #HEADER}; -1 where the response has no such header
     * @return the response
     * @throws ProtocolException (400) when it is not one
     */
    public static InferResponse readResponse(byte[] body, int jsonLength) {
        return new MessageReader(body, jsonLength, MessageReader.Kind.RESPONSE).response();
    }

    /**
     * Reads the value of {@link #HEADER}.
     *
     * @param value the header's value
     * @param bodyLength the length of the body in bytes
     * @return the length of the JSON
     * @throws ProtocolException (400) when it is not a number of 0 to the body's length
     */
    public static int jsonLength(String value, int bodyLength) {
        int length;
        try {
            length = Integer.parseInt(value.strip());
        } catch (NumberFormatException e) {
            length = -1;
        }
        if (length < 0 || length > bodyLength) {
            throw ProtocolException.bad("the header " + HEADER + " is '" + Text.brief(value)
                    + "', but it must be the length of the JSON, 0 to the " + bodyLength + " bytes of the body");
        }
        return length;
    }

    /**
     * Writes a request.
     *
     * @param request the request
     * @param binaryInputs whether its inputs go in binary, which is faster and exact for every value
     * @return the body
     * @throws ProtocolException (400) when an input cannot be JSON: a number that is not finite, bytes that are not UTF-8
     */
    public static EncodedMessage writeRequest(InferRequest request, boolean binaryInputs) {
        return encode(request.inputs(), name -> binaryInputs, generator -> {
            if (request.id() != null) {
                generator.writeStringField("id", request.id());
            }
            if (!request.parameters().isEmpty() || request.binaryOutput()) {
                generator.writeObjectFieldStart("parameters");
                if (request.binaryOutput()) {
                    generator.writeBooleanField(MessageReader.BINARY_DATA_OUTPUT, true);
                }
                ProtocolJson.writeParameters(generator, request.parameters());
                generator.writeEndObject();
            }
            if (!request.outputs().isEmpty()) {
                generator.writeArrayFieldStart("outputs");
                for (RequestedOutput output : request.outputs()) {
                    generator.writeStartObject();
                    generator.writeStringField("name", output.name());
                    if (output.binaryData() != null) {
                        generator.writeObjectFieldStart("parameters");
                        generator.writeBooleanField(MessageReader.BINARY_DATA, output.binaryData());
                        generator.writeEndObject();
                    }
                    generator.writeEndObject();
                }
                generator.writeEndArray();
            }
            generator.writeFieldName("inputs");
        });
    }

    /**
     * Writes a response.
     *
     * @param response the response
     * @param binary whether an output goes in binary, by its name; usually {@link InferRequest#wantsBinary}
     * @return the body
     * @throws ProtocolException (500) when an output cannot be JSON: a number that is not finite, bytes that are not UTF-8
     */
    public static EncodedMessage writeResponse(InferResponse response, Predicate<String> binary) {
        try {
            return encode(response.outputs(), binary, generator -> {
                generator.writeStringField("model_name", response.modelName());
                if (response.modelVersion() != null) {
                    generator.writeStringField("model_version", response.modelVersion());
                }
                if (response.id() != null) {
                    generator.writeStringField("id", response.id());
                }
                if (!response.parameters().isEmpty()) {
                    generator.writeObjectFieldStart("parameters");
                    ProtocolJson.writeParameters(generator, response.parameters());
                    generator.writeEndObject();
                }
                generator.writeFieldName("outputs");
            });
        } catch (ProtocolException e) {
            throw new ProtocolException(500, e.getMessage());
        }
    }

    private static EncodedMessage encode(List<Tensor> tensors, Predicate<String> binary, ProtocolJson.Writing head) {
        List<Tensor> behind = new ArrayList<>(tensors.size());
        int binaryBytes = 0;
        for (Tensor tensor : tensors) {
            if (binary.test(tensor.name())) {
                behind.add(tensor);
                binaryBytes = Math.addExact(binaryBytes, tensor.byteSize());
            }
        }
        Body out = new Body(256 + 64 * tensors.size() + binaryBytes);
        try (JsonGenerator generator = ProtocolJson.FACTORY.createGenerator(out)) {
            generator.writeStartObject();
            head.to(generator);
            generator.writeStartArray();
            for (Tensor tensor : tensors) {
                boolean isBehind = !behind.isEmpty() && binary.test(tensor.name());
                TensorJson.write(generator, tensor, isBehind);
            }
            generator.writeEndArray();
            generator.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (behind.isEmpty()) {
            return new EncodedMessage(out.toByteArray(), -1);
        }
        int jsonLength = out.size();
        for (Tensor tensor : behind) {
            out.append(tensor.raw());
        }
        return new EncodedMessage(out.toByteArray(), jsonLength);
    }

    /** A growing body that takes buffers without a copy in between. */
    private static final class Body extends ByteArrayOutputStream {
        Body(int size) {
            super(size);
        }

        void append(ByteBuffer bytes) {
            int length = bytes.limit();
            if (bytes.hasArray()) {
                write(bytes.array(), bytes.arrayOffset(), length);
            } else {
                byte[] copy = new byte[length];
                bytes.get(0, copy);
                write(copy, 0, length);
            }
        }
    }
}
