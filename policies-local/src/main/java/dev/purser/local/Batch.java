package dev.purser.local;

import dev.purser.core.engine.PlatformEvents;
import dev.purser.core.engine.Ticket;
import dev.purser.local.Backend.WorkerTimeoutException;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferResponse;
import dev.purser.worker.protocol.ProtocolException;
import dev.purser.worker.protocol.RequestedOutput;
import dev.purser.worker.protocol.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Requests that one slot serves together. It is made inside the engine, run by the slot's thread, and reported back to
 * the engine as it is.
 *
 * <p>Requests go to the model as one where it may be batched and they fit together: the same inputs, alike but for the number of rows, and the
 * same wishes. Those that do not go one group after the other. Where the model will not have a group, each of its
 * requests goes alone, so that a bad one fails by itself. So does one that lost a worker before: it may be what kills
 * them.
 */
class Batch implements Consumer<PlatformEvents> {
    final LocalWorker worker;
    /** Its number with the first request's row. */
    final long attempt;

    final int[] rows;
    final Call[] calls;
    /** What runs it; null until it is handed over. */
    @Nullable
    Slot slot;

    /** Whether its one request waited for the worker to start. */
    final boolean cold;

    /** By request: an {@link InferResponse}, a {@link ProtocolException}, or null where the worker was lost before. */
    final @Nullable Object[] results;

    long startedNanos;
    long endedNanos;
    /** What happened to the worker; null where it goes on. */
    @Nullable
    String lost;

    private final LocalPlatform platform;

    Batch(LocalPlatform platform, LocalWorker worker, long attempt, int size, boolean cold) {
        this.platform = platform;
        this.worker = worker;
        this.attempt = attempt;
        this.cold = cold;
        rows = new int[size];
        calls = new Call[size];
        results = new Object[size];
    }

    @Override
    public void accept(PlatformEvents events) {
        platform.finished(this, events);
    }

    /** The attempt with one of its requests. */
    long ticket(int i) {
        return Ticket.at(attempt, rows[i]);
    }

    /** Runs it; never throws. */
    void run(Backend backend) {
        startedNanos = System.nanoTime();
        try {
            if (calls.length > 1 && backend.isBatchable()) {
                together(backend);
            } else {
                for (int i = 0; i < calls.length; i++) {
                    single(backend, i);
                }
            }
        } catch (WorkerTimeoutException e) {
            ProtocolException late = new ProtocolException(504, String.valueOf(e.getMessage()));
            for (int i = 0; i < results.length; i++) {
                results[i] = results[i] == null ? late : results[i];
            }
            lost = late.getMessage();
        } catch (IOException e) {
            lost = String.valueOf(e.getMessage());
        }
        endedNanos = System.nanoTime();
    }

    /** Whether each of its requests has a result. */
    boolean isComplete() {
        for (Object result : results) {
            if (result == null) {
                return false;
            }
        }
        return true;
    }

    private void single(Backend backend, int i) throws IOException {
        try {
            results[i] = infer(backend, calls[i].request);
        } catch (ProtocolException e) {
            results[i] = e;
        } catch (RuntimeException | Error e) {
            // whatever a model does, its slot goes on
            results[i] = new ProtocolException(500, "the model failed: " + e);
        }
    }

    /** Runs the model for one request. */
    InferResponse infer(Backend backend, InferRequest request) throws IOException {
        return backend.infer(request);
    }

    private void together(Backend backend) throws IOException {
        List<int[]> groups = new ArrayList<>(1);
        boolean backwards = false;
        int[] group = new int[calls.length];
        boolean[] taken = new boolean[calls.length];
        for (int i = 0; i < calls.length; i++) {
            if (taken[i]) {
                continue;
            }
            int size = 0;
            group[size++] = i;
            taken[i] = true;
            if (calls[i].losses > 0) {
                // every second time from behind: each neighbour of one that kills workers gets its turn before it
                backwards |= calls[i].losses % 2 == 0;
            } else if (isStackable(calls[i].request)) {
                for (int k = i + 1; k < calls.length; k++) {
                    if (!taken[k] && calls[k].losses == 0 && fitTogether(calls[i].request, calls[k].request)) {
                        group[size++] = k;
                        taken[k] = true;
                    }
                }
            }
            groups.add(Arrays.copyOf(group, size));
        }
        for (int g = 0; g < groups.size(); g++) {
            run(backend, groups.get(backwards ? groups.size() - 1 - g : g));
        }
    }

    private void run(Backend backend, int[] group) throws IOException {
        if (group.length == 1 || !runAsOne(backend, group)) {
            for (int i : group) {
                single(backend, i);
            }
        }
    }

    /** False where the model would not have it, or gave something else than a row for a row. */
    private boolean runAsOne(Backend backend, int[] group) throws IOException {
        InferRequest first = calls[group[0]].request;
        try {
            long[] counts = new long[group.length];
            List<Tensor> inputs = new ArrayList<>(first.inputs().size());
            for (int input = 0; input < first.inputs().size(); input++) {
                List<Tensor> parts = new ArrayList<>(group.length);
                for (int g = 0; g < group.length; g++) {
                    Tensor part = calls[group[g]].request.inputs().get(input);
                    counts[g] = part.rows();
                    parts.add(part);
                }
                inputs.add(Tensor.concat(parts));
            }
            InferResponse response = backend.infer(new InferRequest(null, Map.of(), inputs, first.outputs(), true));
            List<List<Tensor>> outputs = new ArrayList<>(group.length);
            for (int g = 0; g < group.length; g++) {
                outputs.add(new ArrayList<>(response.outputs().size()));
            }
            for (Tensor output : response.outputs()) {
                if (output.rank() == 0 || output.rows() != inputs.getFirst().rows()) {
                    return false;
                }
                List<Tensor> parts = output.split(counts);
                for (int g = 0; g < group.length; g++) {
                    outputs.get(g).add(parts.get(g));
                }
            }
            for (int g = 0; g < group.length; g++) {
                results[group[g]] = new InferResponse(
                        response.modelName(),
                        response.modelVersion(),
                        calls[group[g]].request.id(),
                        response.parameters(),
                        outputs.get(g));
            }
            return true;
        } catch (RuntimeException | Error e) {
            return false;
        }
    }

    /** Whether all its inputs have the same number of rows, at least one. */
    private static boolean isStackable(InferRequest request) {
        List<Tensor> inputs = request.inputs();
        for (int i = 0; i < inputs.size(); i++) {
            Tensor input = inputs.get(i);
            if (input.rank() == 0
                    || input.dimension(0) == 0
                    || input.dimension(0) != inputs.getFirst().dimension(0)) {
                return false;
            }
        }
        return !inputs.isEmpty();
    }

    private static boolean sameOutputs(List<RequestedOutput> a, List<RequestedOutput> b) {
        if (a.size() != b.size()) {
            return false;
        }
        for (int i = 0; i < a.size(); i++) {
            if (!a.get(i).name().equals(b.get(i).name())) {
                return false;
            }
        }
        return true;
    }

    private static boolean fitTogether(InferRequest a, InferRequest b) {
        if (a.inputs().size() != b.inputs().size() || !sameOutputs(a.outputs(), b.outputs()) || !isStackable(b)) {
            return false;
        }
        for (int i = 0; i < a.inputs().size(); i++) {
            Tensor one = a.inputs().get(i);
            Tensor other = b.inputs().get(i);
            if (one.datatype() != other.datatype()
                    || one.rank() != other.rank()
                    || !one.name().equals(other.name())) {
                return false;
            }
            for (int d = 1; d < one.rank(); d++) {
                if (one.dimension(d) != other.dimension(d)) {
                    return false;
                }
            }
        }
        return true;
    }
}
