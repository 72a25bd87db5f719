package dev.purser.local;

import dev.purser.core.engine.Ticket;
import dev.purser.core.live.ObjectStore;
import dev.purser.worker.protocol.EncodedMessage;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferResponse;
import dev.purser.worker.protocol.InferenceCodec;
import dev.purser.worker.protocol.ProtocolException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One part of a chain with its request. It does what the handler of such a function does: fetches what the part before has
 * left, runs the model, and leaves what the next part needs; its time is that of all three.
 *
 * <p>An object is a request of the inference protocol with its tensors in binary, behind the length of its JSON part as four
 * bytes.
 */
final class PartBatch extends Batch {
    final ChainRun run;
    private final ObjectStore store;
    private final @Nullable String input;
    private final boolean last;

    /** What it leaves for the next part; null for the last, or where it failed. */
    @Nullable
    String output;

    PartBatch(LocalPlatform platform, ObjectStore store, LocalWorker worker, long attempt, boolean cold, ChainRun run) {
        super(platform, worker, attempt, 1, cold);
        this.run = run;
        this.store = store;
        input = run.left;
        last = run.isLast();
        rows[0] = Ticket.row(attempt);
        calls[0] = run.call;
    }

    @Override
    InferResponse infer(Backend backend, InferRequest request) throws IOException {
        InferRequest fetched = input == null ? request : fetch(input);
        InferResponse response = backend.infer(new InferRequest(
                last ? request.id() : null, Map.of(), fetched.inputs(), last ? request.outputs() : List.of(), true));
        if (last) {
            return response;
        }
        leave(response);
        // the tensors are in the store, and need not be held
        return new InferResponse(
                response.modelName(), response.modelVersion(), response.id(), response.parameters(), List.of());
    }

    private InferRequest fetch(String key) {
        try {
            byte[] object = store.get(key);
            store.delete(key);
            int jsonLength = ByteBuffer.wrap(object).getInt();
            return InferenceCodec.readRequest(Arrays.copyOfRange(object, Integer.BYTES, object.length), jsonLength);
        } catch (IOException e) {
            throw new ProtocolException(503, "what the part before has left cannot be fetched: " + e.getMessage());
        }
    }

    private void leave(InferResponse response) {
        if (response.outputs().isEmpty()) {
            throw new ProtocolException(502, "it gave nothing for the next part");
        }
        EncodedMessage message = InferenceCodec.writeRequest(
                new InferRequest(null, Map.of(), response.outputs(), List.of(), true), true);
        String key = UUID.randomUUID().toString();
        try {
            store.put(
                    key,
                    ByteBuffer.allocate(Integer.BYTES)
                            .putInt(message.jsonLength())
                            .flip(),
                    ByteBuffer.wrap(message.body()));
        } catch (IOException e) {
            throw new ProtocolException(503, "what it gave cannot be left for the next part: " + e.getMessage());
        }
        output = key;
    }
}
