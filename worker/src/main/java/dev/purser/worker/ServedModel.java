package dev.purser.worker;

import dev.purser.core.InputException;
import dev.purser.core.model.ModelSource;
import dev.purser.worker.protocol.ModelMetadata;
import dev.purser.worker.protocol.ProtocolException;
import dev.purser.worker.protocol.Tensor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A model that is loaded in this process. It may be used from any number of threads at once. */
public interface ServedModel extends AutoCloseable {
    /** The status of an inference that was ended because it took too long. */
    int TOO_LONG = 504;

    /**
     * Loads a model.
     *
     * @param name its name, for its metadata
     * @param version its version; null where it has none
     * @param source where its network is
     * @param base the directory that relative paths start from; null for the working directory
     * @param settings how it is run
     * @param files finds its files, and keeps native libraries
     * @return the model
     * @throws InputException when a file is missing or is not what it should be
     */
    static ServedModel load(
            String name,
            @Nullable String version,
            ModelSource source,
            @Nullable Path base,
            RuntimeSettings settings,
            ModelFiles files) {
        Path onnx = files.find(source.onnx(), base, "onnx");
        OnnxModel network = OnnxModel.load(name, version, onnx, settings, files, source.batchable());
        if (source.text() == null) {
            return network;
        }
        try {
            return TextEmbeddingModel.of(
                    network, source.text(), files.find(source.text().tokenizer(), base, "tokenizer"), files);
        } catch (RuntimeException | Error e) {
            network.close();
            throw e;
        }
    }

    /** Its name, inputs and outputs. */
    ModelMetadata metadata();

    /**
     * Whether rows of several requests may go through it together: each then gets the answer that it would get alone.
     */
    boolean isBatchable();

    /** The most rows of one inference. */
    int maxBatch();

    /**
     * Runs the model; blocks until the result is there.
     *
     * @param inputs all inputs of the metadata, in any order
     * @param outputs the outputs that are wanted, in order; empty for all
     * @return the outputs asked for
     * @throws ProtocolException (400) when inputs or outputs are not those of the model; (500) when the inference fails
     * @throws IllegalStateException when the model is closed
     */
    List<Tensor> infer(List<Tensor> inputs, List<String> outputs);

    /**
     * Runs the model, and ends it between two of its operators once it takes too long: a loop, for example, that does not end.
     *
     * @param inputs as above
     * @param outputs as above
     * @param atMost how long it may take, above 0; null for any time
     * @return the outputs asked for
     * @throws ProtocolException as above; with status {@value #TOO_LONG} when it was ended
     * @throws IllegalStateException when the model is closed
     */
    List<Tensor> infer(List<Tensor> inputs, List<String> outputs, @Nullable Duration atMost);

    /** Waits for inferences that run, and frees the model. */
    @Override
    void close();
}
