package dev.purser.worker.protocol;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an inference is asked for.
 *
 * @param id comes back in the response; null where the sender gave none
 * @param parameters of the request as a whole: a String, Boolean, Long or Double each, without those of the binary
 *     extension
 * @param inputs at least one, no two of the same name
 * @param outputs the outputs that are wanted; empty for all
 * @param binaryOutput whether outputs are wanted in binary that do not say so themselves
 */
public record InferRequest(
        @Nullable String id,
        Map<String, Object> parameters,
        List<Tensor> inputs,
        List<RequestedOutput> outputs,
        boolean binaryOutput) {

    public InferRequest {
        parameters = Map.copyOf(parameters);
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    /**
     * A request for all outputs, in binary.
     *
     * @param inputs at least one
     * @return a request without id and parameters
     */
    public static InferRequest of(Tensor... inputs) {
        return new InferRequest(null, Map.of(), List.of(inputs), List.of(), true);
    }

    /**
     * Whether an output is wanted in binary.
     *
     * @param output its name
     * @return false where it is wanted as JSON
     */
    public boolean wantsBinary(String output) {
        for (RequestedOutput requested : outputs) {
            if (requested.name().equals(output) && requested.binaryData() != null) {
                return requested.binaryData();
            }
        }
        return binaryOutput;
    }
}
