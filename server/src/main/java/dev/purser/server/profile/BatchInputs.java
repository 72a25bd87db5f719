package dev.purser.server.profile;

import dev.purser.core.InputException;
import dev.purser.server.inputs.ModelInputs;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.ModelMetadata;
import dev.purser.worker.protocol.ProtocolException;
import dev.purser.worker.protocol.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What is measured with: a few batches of each size, in turn. */
final class BatchInputs {
    /** Batches of a size: enough that no branch or cache learns one of them by heart. */
    private static final int VARIETY = 8;

    private final Map<Integer, List<List<Tensor>>> batches = new HashMap<>();

    BatchInputs(ModelMetadata model, ProfilePlan plan) {
        for (int size : plan.batches()) {
            List<List<Tensor>> ofSize = new ArrayList<>();
            for (int i = 0; i < VARIETY; i++) {
                // also where a file is given: it checks that the model takes batches
                ofSize.add(ModelInputs.synthesise(model, size, plan.textWords(), (long) size * VARIETY + i)
                        .inputs());
            }
            batches.put(size, ofSize);
        }
        if (plan.input() != null) {
            List<InferRequest> rows = ModelInputs.read(plan.input(), model);
            batches.replaceAll((size, made) -> fromFile(plan, rows, size));
        }
    }

    private static List<List<Tensor>> fromFile(ProfilePlan plan, List<InferRequest> rows, int size) {
        List<List<Tensor>> ofSize = new ArrayList<>();
        int next = 0;
        for (int i = 0; i < VARIETY; i++) {
            List<Tensor> joined = new ArrayList<>();
            for (int input = 0; input < rows.getFirst().inputs().size(); input++) {
                List<Tensor> parts = new ArrayList<>();
                for (int row = 0; row < size; row++) {
                    parts.add(rows.get((next + row) % rows.size()).inputs().get(input));
                }
                try {
                    joined.add(Tensor.concat(parts));
                } catch (ProtocolException e) {
                    throw new InputException(
                            String.valueOf(plan.input()), "", e.getMessage(), "profile it with --batches 1");
                }
            }
            next += size;
            ofSize.add(joined);
        }
        return ofSize;
    }

    /** The n-th batch of a size. */
    List<Tensor> batch(int size, int n) {
        List<List<Tensor>> ofSize = batches.getOrDefault(size, List.of());
        return ofSize.get(Math.floorMod(n, ofSize.size()));
    }
}
