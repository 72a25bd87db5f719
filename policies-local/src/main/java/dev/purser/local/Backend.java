package dev.purser.local;

import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferResponse;
import dev.purser.worker.protocol.ModelMetadata;
import java.io.IOException;

/** A model that is loaded somewhere and can be asked, from as many threads as its worker has slots. */
interface Backend {

    /**
     * Runs the model; blocks.
     *
     * @throws dev.purser.worker.protocol.ProtocolException what the model or its worker says against it
     * @throws WorkerTimeoutException if the worker took too long
     * @throws IOException if the worker is gone or cannot be understood
     */
    InferResponse infer(InferRequest request) throws IOException;

    /**
     * What the model takes and gives; blocks.
     *
     * @throws IOException if the worker is gone or cannot be understood
     */
    ModelMetadata metadata() throws IOException;

    /** Whether rows of several requests may go through the model together without changing each other's answers. */
    default boolean isBatchable() {
        return true;
    }

    /** A worker did not answer in time. */
    final class WorkerTimeoutException extends IOException {
        private static final long serialVersionUID = 1L;

        WorkerTimeoutException(String message) {
            super(message);
        }
    }
}
