package dev.purser.local;

import dev.purser.worker.protocol.Datatype;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferResponse;
import dev.purser.worker.protocol.ModelMetadata;
import dev.purser.worker.protocol.Tensor;
import dev.purser.worker.protocol.TensorMetadata;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** Workers that do what a test says, by name; each computes {@code y = x + 1} where the test says nothing. */
class FakeHost implements Host {
    static final String POISON = "poison";
    private static final long LOAD_NANOS = 7_000_000;

    final List<FakeWorker> started = new CopyOnWriteArrayList<>();
    final List<String> stopped = new CopyOnWriteArrayList<>();

    @Override
    public Handle start(Order order, Listener listener) {
        FakeWorker worker = new FakeWorker(order, listener);
        started.add(worker);
        Thread.startVirtualThread(() -> starting(worker));
        return worker;
    }

    /** Brings a worker up; tests override it. */
    void starting(FakeWorker worker) {
        worker.ready();
    }

    @Override
    public Thread slotThread(String name, Runnable run) {
        return Thread.ofVirtual().name(name).unstarted(run);
    }

    @Override
    public @Nullable ModelMetadata knownMetadata(int variant, int part) {
        return null;
    }

    @Override
    public void close() {}

    /** A request for {@code y = x + 1} with a row for each number. */
    static InferRequest request(String id, float... numbers) {
        return new InferRequest(
                id, Map.of(), List.of(Tensor.floats("x", new long[] {numbers.length, 1}, numbers)), List.of(), true);
    }

    static InferResponse plusOne(InferRequest request) {
        Tensor x = request.inputs().getFirst();
        float[] values = x.floats();
        for (int i = 0; i < values.length; i++) {
            values[i]++;
        }
        return new InferResponse("fake", null, request.id(), Map.of(), List.of(Tensor.floats("y", x.shape(), values)));
    }

    /** A worker, and what it was asked. */
    class FakeWorker implements Handle, Backend {
        final Order order;
        final List<InferRequest> asked = new CopyOnWriteArrayList<>();
        private final Listener listener;
        private final AtomicBoolean over = new AtomicBoolean();

        FakeWorker(Order order, Listener listener) {
            this.order = order;
            this.listener = listener;
        }

        void ready() {
            listener.ready(this, Map.of("modelLoad", 7.0), LOAD_NANOS);
        }

        void fail(String cause) {
            if (over.compareAndSet(false, true)) {
                listener.failed(cause);
            }
        }

        @Override
        public InferResponse infer(InferRequest request) throws IOException {
            asked.add(request);
            return answer(this, request);
        }

        @Override
        public ModelMetadata metadata() {
            return FakeHost.this.metadata(this);
        }

        @Override
        public @Nullable Long pid() {
            return null;
        }

        @Override
        public void stop() {
            over.set(true);
            stopped.add(order.name());
        }

        @Override
        public void kill(String cause) {
            Thread.startVirtualThread(() -> fail(cause));
        }

        @Override
        public void await(Duration atMost) {}
    }

    /** What a worker says it takes and gives; tests override it. */
    ModelMetadata metadata(FakeWorker worker) {
        List<TensorMetadata> one = new ArrayList<>();
        one.add(new TensorMetadata("x", Datatype.FP32, List.of(-1L, 1L)));
        return new ModelMetadata("fake", List.of(), "fake", one, one);
    }

    /** What a worker says to a request; tests override it. */
    InferResponse answer(FakeWorker worker, InferRequest request) throws IOException {
        if (POISON.equals(request.id()) || hasPoison(request)) {
            throw new IOException("it died");
        }
        return plusOne(request);
    }

    private static boolean hasPoison(InferRequest request) {
        for (float number : request.inputs().getFirst().floats()) {
            if (number == 666) {
                return true;
            }
        }
        return false;
    }
}
