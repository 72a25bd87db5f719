package dev.purser.worker.protocol;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an inference gave.
 *
 * @param modelName the model that answered
 * @param modelVersion its version; null where it has none
 * @param id the request's id; null where it had none
 * @param parameters of the response as a whole: a String, Boolean, Long or Double each
 * @param outputs the outputs, in the order asked for
 */
public record InferResponse(
        String modelName,
        @Nullable String modelVersion,
        @Nullable String id,
        Map<String, Object> parameters,
        List<Tensor> outputs) {

    public InferResponse {
        parameters = Map.copyOf(parameters);
        outputs = List.copyOf(outputs);
    }

    /**
     * An output by its name.
     *
     * @param name as in the model's metadata
     * @return the output
     * @throws ProtocolException (502) when the response has none of that name
     */
    public Tensor output(String name) {
        for (Tensor output : outputs) {
            if (output.name().equals(name)) {
                return output;
            }
        }
        throw new ProtocolException(
                502,
                "the response of model '" + Text.brief(modelName) + "' has no output '" + Text.brief(name)
                        + "'; it has "
                        + outputs.stream().map(Tensor::name).map(Text::brief).toList());
    }
}
