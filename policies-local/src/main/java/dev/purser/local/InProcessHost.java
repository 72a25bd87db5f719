package dev.purser.local;

import dev.purser.core.model.ModelSource;
import dev.purser.core.model.Variant;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.worker.FirstInference;
import dev.purser.worker.ModelFiles;
import dev.purser.worker.RuntimeSettings;
import dev.purser.worker.ServedModel;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferResponse;
import dev.purser.worker.protocol.ModelMetadata;
import dev.purser.worker.protocol.ProtocolException;
import dev.purser.worker.protocol.RequestedOutput;
import dev.purser.worker.protocol.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Workers in this process: each has a model of its own, loaded when it starts, and platform threads that run it, for a
 * running model keeps its thread.
 */
final class InProcessHost implements Host {
    private static final Logger LOG = LoggerFactory.getLogger(InProcessHost.class);
    private static final Duration CLOSE = Duration.ofSeconds(10);

    private final ServiceCatalog catalog;
    private final LocalSettings settings;
    private final ModelFiles files;
    private final ConcurrentMap<Network, ModelMetadata> metadata = new ConcurrentHashMap<>();
    private final Set<Loading> all = ConcurrentHashMap.newKeySet();

    InProcessHost(ServiceCatalog catalog, LocalSettings settings, ModelFiles files) {
        this.catalog = catalog;
        this.settings = settings;
        this.files = files;
    }

    @Override
    public Handle start(Order order, Listener listener) {
        Loading loading = new Loading(order, listener);
        all.add(loading);
        Thread.ofPlatform().daemon().name("purser load " + order.name()).start(loading::load);
        return loading;
    }

    @Override
    public Thread slotThread(String name, Runnable run) {
        return Thread.ofPlatform().daemon().name(name).unstarted(run);
    }

    @Override
    public @Nullable ModelMetadata knownMetadata(int variant, int part) {
        return metadata.get(new Network(variant, part));
    }

    @Override
    public void close() {
        long deadline = System.nanoTime() + CLOSE.toNanos();
        for (Loading loading : all) {
            loading.stop();
        }
        try {
            for (Loading loading : all) {
                loading.await(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A model from the moment it is asked for until it is freed. */
    private final class Loading implements Handle {
        private final Order order;
        private final Listener listener;
        private final AtomicBoolean over = new AtomicBoolean();
        private final CountDownLatch freed = new CountDownLatch(1);
        private @Nullable ServedModel model;

        Loading(Order order, Listener listener) {
            this.order = order;
            this.listener = listener;
        }

        void load() {
            try {
                long start = System.nanoTime();
                Variant variant =
                        catalog.workload().application().pool().variants().get(order.variant());
                ModelSource source = Host.source(variant, order.part());
                ServedModel loaded = ServedModel.load(
                        Host.name(variant, order.part()),
                        null,
                        source,
                        settings.modelDirectory(),
                        RuntimeSettings.ofThreads(order.threads())
                                .withParallel(order.slots())
                                .withMaxBatch(LocalPlatform.MAX_ROWS),
                        files);
                synchronized (this) {
                    model = loaded;
                }
                long read = System.nanoTime();
                FirstInference.of(loaded);
                long inferred = System.nanoTime();
                metadata.put(new Network(order.variant(), order.part()), loaded.metadata());
                if (over.get()) {
                    free();
                } else {
                    Map<String, Double> steps = new LinkedHashMap<>();
                    steps.put("modelLoad", (read - start) / 1e6);
                    steps.put("firstInference", (inferred - read) / 1e6);
                    listener.ready(
                            new Loaded(order.name(), loaded, settings.inferenceTimeout()), steps, inferred - start);
                }
            } catch (RuntimeException | Error e) {
                // a model that cannot be loaded must not end more than itself
                free();
                if (over.compareAndSet(false, true)) {
                    listener.failed(String.valueOf(e.getMessage()));
                }
            }
        }

        @Override
        public @Nullable Long pid() {
            return null;
        }

        @Override
        public void stop() {
            if (over.compareAndSet(false, true)) {
                freeLater();
            }
        }

        @Override
        public void kill(String cause) {
            if (over.compareAndSet(false, true)) {
                freeLater();
                Thread.startVirtualThread(() -> listener.failed(cause));
            }
        }

        /** Waits for inferences that run, so not on the caller's thread. */
        private void freeLater() {
            synchronized (this) {
                if (model == null) {
                    return;
                }
            }
            Thread.ofPlatform().daemon().name("purser free " + order.name()).start(this::free);
        }

        private void free() {
            ServedModel loaded;
            synchronized (this) {
                loaded = model;
                model = null;
            }
            try {
                if (loaded != null) {
                    loaded.close();
                }
            } catch (RuntimeException e) {
                LOG.warn("{} could not be freed", order.name(), e);
            } finally {
                all.remove(this);
                freed.countDown();
            }
        }

        @Override
        public void await(Duration atMost) throws InterruptedException {
            if (!freed.await(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
                LOG.warn("{} is still busy", order.name());
            }
        }
    }

    /** A model in this process. */
    private record Loaded(String worker, ServedModel model, Duration timeout) implements Backend {
        @Override
        public InferResponse infer(InferRequest request) throws WorkerTimeoutException {
            List<Tensor> outputs;
            try {
                outputs = model.infer(request.inputs(), names(request.outputs()), timeout);
            } catch (ProtocolException e) {
                if (e.status() == ServedModel.TOO_LONG) {
                    throw new WorkerTimeoutException(
                            "worker " + worker + " did not answer within " + LocalPlatform.words(timeout));
                }
                throw e;
            }
            return new InferResponse(model.metadata().name(), null, request.id(), Map.of(), outputs);
        }

        private static List<String> names(List<RequestedOutput> outputs) {
            if (outputs.isEmpty()) {
                return List.of();
            }
            List<String> names = new ArrayList<>(outputs.size());
            for (RequestedOutput output : outputs) {
                names.add(output.name());
            }
            return names;
        }

        @Override
        public boolean isBatchable() {
            return model.isBatchable();
        }

        @Override
        public ModelMetadata metadata() {
            return model.metadata();
        }
    }
}
