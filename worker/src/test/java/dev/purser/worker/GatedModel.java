package dev.purser.worker;

import dev.purser.worker.protocol.Datatype;
import dev.purser.worker.protocol.ModelMetadata;
import dev.purser.worker.protocol.Tensor;
import dev.purser.worker.protocol.TensorMetadata;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/** A model that answers with its input, each time a test lets it. */
final class GatedModel implements ServedModel {
    final Semaphore gate;
    final AtomicInteger running = new AtomicInteger();
    final AtomicInteger most = new AtomicInteger();

    GatedModel(int permits) {
        gate = new Semaphore(permits);
    }

    @Override
    public ModelMetadata metadata() {
        TensorMetadata x = new TensorMetadata("x", Datatype.FP32, List.of(-1L));
        return new ModelMetadata("m", List.of("1"), ModelMetadata.ONNX, List.of(x), List.of(x));
    }

    @Override
    public boolean isBatchable() {
        return true;
    }

    @Override
    public int maxBatch() {
        return 64;
    }

    @Override
    public List<Tensor> infer(List<Tensor> inputs, List<String> outputs, Duration atMost) {
        return infer(inputs, outputs);
    }

    @Override
    public List<Tensor> infer(List<Tensor> inputs, List<String> outputs) {
        most.accumulateAndGet(running.incrementAndGet(), Math::max);
        try {
            gate.acquireUninterruptibly();
            if (inputs.get(0).floats()[0] < 0) {
                throw new IllegalStateException("a fault of the model");
            }
            return inputs;
        } finally {
            running.decrementAndGet();
        }
    }

    @Override
    public void close() {}
}
