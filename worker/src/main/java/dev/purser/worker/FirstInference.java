package dev.purser.worker;

import dev.purser.worker.protocol.ProtocolException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The first inference of a network, which takes longer than those after it, on inputs that are made up. Not every network
 * takes such inputs: a part of a split one may take indices, shapes or tensors whose sizes depend on one another. That is no
 * reason not to serve it.
 */
public final class FirstInference {
    private static final Logger LOG = LoggerFactory.getLogger(FirstInference.class);

    private FirstInference() {}

    /** Makes it; what the network has against the inputs is logged. */
    public static void of(ServedModel model) {
        try {
            var unused = model.infer(SyntheticInputs.of(model.metadata(), 1), List.of());
        } catch (ProtocolException e) {
            LOG.info(
                    "Model {} does not take made-up inputs, so that its first request takes longer: {}",
                    model.metadata().name(),
                    e.getMessage());
        }
    }
}
