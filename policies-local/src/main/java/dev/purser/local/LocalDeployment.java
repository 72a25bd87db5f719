package dev.purser.local;

import dev.purser.core.InputException;
import dev.purser.core.engine.Controller;
import dev.purser.core.engine.ControllerSettings;
import dev.purser.core.engine.DecisionLog;
import dev.purser.core.engine.Outcome;
import dev.purser.core.engine.PolicySet;
import dev.purser.core.engine.RunResult;
import dev.purser.core.live.LiveController;
import dev.purser.core.model.ChainPart;
import dev.purser.core.model.ModelPool;
import dev.purser.core.model.ModelSource;
import dev.purser.core.model.Variant;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.workload.Application;
import dev.purser.core.workload.RequestClass;
import dev.purser.core.workload.Workload;
import dev.purser.local.LocalSettings.Mode;
import dev.purser.worker.ModelFiles;
import dev.purser.worker.RowMixing;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.ModelMetadata;
import dev.purser.worker.protocol.ProtocolException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An application served on this machine: what a library user holds. The engine and its policies decide which variant
 * answers each request and which workers there are; real models answer.
 */
public final class LocalDeployment implements AutoCloseable {
    /** How many classes of requests there can be: the engine looks through them when a slot becomes free. */
    public static final int MAX_REQUEST_CLASSES = 1024;

    private static final Logger LOG = LoggerFactory.getLogger(LocalDeployment.class);
    private static final Duration LAST_EVENTS = Duration.ofSeconds(5);

    /** How long whoever has a deployment may take to begin to shut it down when the process is told to end. */
    private static final Duration NOTICE = Duration.ofSeconds(1);

    private static final Reason SHUTTING_DOWN = Reason.of("shutting-down", "the deployment takes no further requests");

    private final ServiceCatalog catalog;
    private final LocalSettings settings;
    private final Host host;
    private final LocalPlatform platform;
    private final LiveController<Call> live;
    private final Reason tooMany;

    /** Requests that have ended in the engine and whose answers are to be handed on outside it. */
    private final Queue<Call> ended = new ConcurrentLinkedQueue<>();

    /** Requests that have not ended, for whoever counts them. */
    private final AtomicInteger open = new AtomicInteger();

    /** Requests whose caller has not got the answer yet: it may send the next one before this one is counted off. */
    private final AtomicInteger undelivered = new AtomicInteger();

    private final ReentrantLock openLock = new ReentrantLock();
    private final Condition noneOpen = openLock.newCondition();
    private final ReentrantLock metadataLock = new ReentrantLock();
    private final Thread shutdownHook;
    private volatile boolean shuttingDown;
    private boolean closed;

    private LocalDeployment(
            ServiceCatalog catalog,
            PolicySet policies,
            LocalSettings settings,
            ControllerSettings controller,
            DecisionLog log,
            Host host) {
        this.catalog = catalog;
        this.settings = settings;
        this.host = host;
        tooMany = Reason.of(
                "open-requests",
                "{observed} requests are open, and the limit is {limit}",
                settings.maxOpenRequests(),
                settings.maxOpenRequests());
        platform = new LocalPlatform(catalog, settings, host, this::deliver);
        live = new LiveController<>(
                catalog,
                policies,
                platform,
                (call, end) -> {
                    platform.ended(call);
                    call.end(end);
                    ended.add(call);
                },
                // the platform itself spaces the launches that fail; and what serves goes on, whatever a policy does
                controller.withLaunchRetry(Duration.ZERO).withMaxPolicyFailures(Long.MAX_VALUE),
                log);
        shutdownHook = new Thread(this::processEnds, "purser shutdown");
    }

    /**
     * Starts serving. Returns when the first plan is made; its workers become ready later, and requests wait for them.
     *
     * @param catalog profiles, prices and SLOs; this deployment's own from now on
     * @param policies the decisions
     * @param settings how workers run
     * @param controller how the engine works
     * @param log keeps the decisions
     * @return a deployment to be closed
     * @throws InputException if variants have no model, or files of theirs are not there, with all of them
     */
    public static LocalDeployment start(
            ServiceCatalog catalog,
            PolicySet policies,
            LocalSettings settings,
            ControllerSettings controller,
            DecisionLog log) {
        ModelFiles files = ModelFiles.in(settings.cacheDirectory());
        requireModels(catalog, settings, files);
        Host host = settings.mode() == Mode.PROCESS
                ? new ProcessHost(catalog, settings, files)
                : new InProcessHost(catalog, settings, files);
        return start(catalog, policies, settings, controller, log, host);
    }

    /**
     * A workload as this machine serves it: what is not said of its models, whether requests may share an inference, is
     * read from their networks. A catalog that is made of it plans no batches for those that get each request alone.
     *
     * @param workload the workload
     * @param settings where its models' files are
     * @return a workload whose models all say it; those without a file stay as they are
     */
    public static Workload asServed(Workload workload, LocalSettings settings) {
        ModelFiles files = ModelFiles.in(settings.cacheDirectory());
        Application application = workload.application();
        ModelPool pool = application.pool();
        List<Variant> variants = new ArrayList<>();
        for (Variant variant : pool.variants()) {
            ModelSource source = variant.model();
            if (source == null || source.batchable() != null) {
                variants.add(variant);
                continue;
            }
            try {
                variants.add(variant.withModel(
                        source.withBatchable(RowMixing.isBatchable(source, settings.modelDirectory(), files))));
            } catch (InputException e) {
                // that there is no such file is for the start to say, with all others
                variants.add(variant);
            }
        }
        return new Workload(
                workload.name(),
                workload.description(),
                new Application(
                        application.name(), new ModelPool(pool.name(), pool.source(), variants), application.classes()),
                workload.instanceTypes(),
                workload.functions(),
                workload.priceBook());
    }

    static LocalDeployment start(
            ServiceCatalog catalog,
            PolicySet policies,
            LocalSettings settings,
            ControllerSettings controller,
            DecisionLog log,
            Host host) {
        LocalDeployment deployment = new LocalDeployment(catalog, policies, settings, controller, log, host);
        Runtime.getRuntime().addShutdownHook(deployment.shutdownHook);
        try {
            deployment.live.start();
            deployment
                    .query(live -> {
                        deployment.platform.firstPlanMade();
                        return true;
                    })
                    .join();
            return deployment;
        } catch (CompletionException e) {
            deployment.close();
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private static void requireModels(ServiceCatalog catalog, LocalSettings settings, ModelFiles files) {
        String pool = catalog.workload().application().pool().name();
        List<String> problems = new ArrayList<>();
        List<Variant> variants = catalog.workload().application().pool().variants();
        for (Variant variant : variants) {
            ModelSource source = variant.model();
            List<ChainPart> chain = variant.chain();
            if (chain != null) {
                requireParts(variant, chain, settings, files, problems);
                if (variant.vm().isEmpty()) {
                    continue;
                }
            }
            if (source == null) {
                problems.add("variant '" + variant.name() + "' has no model, so it can only be simulated\n"
                        + "Maybe: give it \"model\": {\"onnx\": \"FILE.onnx\"}");
                continue;
            }
            try {
                files.find(source.onnx(), settings.modelDirectory(), "onnx");
                if (source.text() != null) {
                    files.find(source.text().tokenizer(), settings.modelDirectory(), "tokenizer");
                }
            } catch (InputException e) {
                problems.add("variant '" + variant.name() + "': " + e.getMessage());
            }
        }
        if (!problems.isEmpty()) {
            throw new InputException("pool " + pool, problems);
        }
    }

    private static void requireParts(
            Variant variant, List<ChainPart> chain, LocalSettings settings, ModelFiles files, List<String> problems) {
        for (ChainPart part : chain) {
            String where = "variant '" + variant.name() + "', part '" + part.name() + "'";
            ModelSource source = part.model();
            if (source == null) {
                problems.add(where + " has no model, so it can only be simulated\n"
                        + "Maybe: give it \"model\": {\"onnx\": \"FILE.onnx\"}");
                continue;
            }
            try {
                files.find(source.onnx(), settings.modelDirectory(), "onnx");
            } catch (InputException e) {
                problems.add(where + ": " + e.getMessage());
            }
        }
    }

    /**
     * Serves a request; from any thread.
     *
     * @param requestClass the index of its class in the catalog
     * @param request what the model is asked
     * @return completes with the request's end, and never exceptionally; what depends on it must be quick, for the thread
     *     that completes it serves others
     */
    public CompletableFuture<Answer> infer(int requestClass, InferRequest request) {
        if (requestClass < 0 || requestClass >= catalog.requestClasses()) {
            throw new IllegalArgumentException(
                    "request class " + requestClass + ", but there are " + catalog.requestClasses());
        }
        if (open.incrementAndGet() > settings.maxOpenRequests()) {
            open.decrementAndGet();
            return CompletableFuture.completedFuture(
                    new Answer(Outcome.REFUSED, -1, tooMany, null, 0, 0, 0, null, tooMany.words(), 429));
        }
        undelivered.incrementAndGet();
        if (shuttingDown) {
            open.decrementAndGet();
            undelivered.decrementAndGet();
            return CompletableFuture.completedFuture(
                    new Answer(Outcome.REFUSED, -1, SHUTTING_DOWN, null, 0, 0, 0, null, SHUTTING_DOWN.words(), 503));
        }
        Call call = new Call(request);
        live.submit(requestClass, call);
        deliver();
        return call.future;
    }

    /** Hands on the answers of requests that ended, outside the engine: what depends on them must not hold it up. */
    private void deliver() {
        for (Call call = ended.poll(); call != null; call = ended.poll()) {
            open.decrementAndGet();
            call.deliver();
            if (undelivered.decrementAndGet() == 0 && shuttingDown) {
                openLock.lock();
                try {
                    noneOpen.signalAll();
                } finally {
                    openLock.unlock();
                }
            }
        }
    }

    /**
     * The index of a new class of requests. Classes are never forgotten, so whoever adds them for clients keeps and uses
     * them again.
     *
     * @return completes with the index, or exceptionally with an {@link InputException} where nothing can keep its SLO, or
     *     there are {@value #MAX_REQUEST_CLASSES} classes
     */
    public CompletableFuture<Integer> addRequestClass(RequestClass requestClass) {
        return query(controller -> {
            if (catalog.requestClasses() >= MAX_REQUEST_CLASSES) {
                throw new InputException(
                        "request class '" + requestClass.name() + "'",
                        "",
                        "there are " + MAX_REQUEST_CLASSES + " classes of requests, which is the limit",
                        "ask for one of the promises that were asked for before");
            }
            return catalog.addRequestClass(requestClass);
        });
    }

    /**
     * What a variant takes and gives; one that is split takes what its first part does, and gives what its last part does.
     * Where no worker of it was ever ready, one is started to ask: that takes as long as a cold start, once.
     *
     * @param variant its index in the pool
     * @throws ProtocolException (503) if its model cannot be loaded
     */
    public ModelMetadata metadata(int variant) {
        Variant asked = catalog.workload().application().pool().variants().get(variant);
        List<ChainPart> chain = asked.chain();
        if (asked.model() != null || chain == null) {
            return metadata(variant, Host.WHOLE);
        }
        ModelMetadata first = metadata(variant, 0);
        ModelMetadata last = metadata(variant, chain.size() - 1);
        return new ModelMetadata(asked.name(), first.versions(), first.platform(), first.inputs(), last.outputs());
    }

    private ModelMetadata metadata(int variant, int part) {
        ModelMetadata known = host.knownMetadata(variant, part);
        if (known != null) {
            return known;
        }
        metadataLock.lock();
        try {
            known = host.knownMetadata(variant, part);
            if (known != null) {
                return known;
            }
            Backend running =
                    query(controller -> platform.anyBackend(variant, part)).join();
            return running == null ? metadataOfAnother(variant, part) : running.metadata();
        } catch (IOException e) {
            throw new ProtocolException(503, "model " + catalog.variantName(variant) + ": " + e.getMessage());
        } finally {
            metadataLock.unlock();
        }
    }

    private ModelMetadata metadataOfAnother(int variant, int part) throws IOException {
        if (shuttingDown) {
            throw new IOException(SHUTTING_DOWN.words());
        }
        CompletableFuture<Backend> started = new CompletableFuture<>();
        String name = catalog.variantName(variant) + (part == Host.WHOLE ? "" : " part " + (part + 1)) + " metadata";
        Host.Handle handle = host.start(new Host.Order(variant, part, name, 1, 1, true), new Host.Listener() {
            @Override
            public void ready(Backend backend, Map<String, Double> initMs, long loadNanos) {
                started.complete(backend);
            }

            @Override
            public void failed(String cause) {
                started.completeExceptionally(new IOException(cause));
            }
        });
        try {
            return started.orTimeout(settings.launchTimeout().toMillis(), TimeUnit.MILLISECONDS)
                    .join()
                    .metadata();
        } catch (CompletionException e) {
            throw e.getCause() instanceof IOException cause ? cause : new IOException("it did not start in time", e);
        } finally {
            handle.stop();
        }
    }

    /**
     * Looks at the engine between two events, or gives it feedback.
     *
     * @param question must be quick, and keep nothing of the engine
     */
    public <T extends @Nullable Object> CompletableFuture<T> query(Function<Controller, T> question) {
        CompletableFuture<T> answer = live.query(question);
        deliver();
        return answer;
    }

    /** Profiles, prices and SLOs. */
    public ServiceCatalog catalog() {
        return catalog;
    }

    /**
     * Whether requests need not wait for workers to start: those of the first plan are ready or have failed, and the
     * deployment is not shutting down.
     */
    public boolean ready() {
        return !shuttingDown && platform.firstStarting() == 0;
    }

    /** What runs now; not to be asked from inside {@link #query}. */
    public LocalState state() {
        return query(platform::state).join();
    }

    /** Requests that have not ended. */
    public int openRequests() {
        return open.get();
    }

    /**
     * Takes no further requests (they are refused with status 503) and waits for those that are open to end. Those that
     * have not ended when the grace is over fail with that cause.
     *
     * @param grace how long to wait, at least 0
     * @return how many requests failed because the grace was over
     */
    public int drain(Duration grace) {
        shuttingDown = true;
        await(grace);
        int left = undelivered.get();
        if (left > 0) {
            String cause = "the deployment was shut down, and the request had not ended after a grace of "
                    + LocalPlatform.words(grace);
            LOG.warn("{} requests had not ended after a grace of {}, and fail", left, LocalPlatform.words(grace));
            long deadline = System.nanoTime() + LAST_EVENTS.toNanos();
            while (undelivered.get() > 0 && System.nanoTime() < deadline) {
                // some are on their way from one place to another: they are met the next time
                query(controller -> {
                            platform.abandon(controller, cause);
                            return true;
                        })
                        .join();
                await(Duration.ofMillis(10));
            }
        }
        return left;
    }

    private void await(Duration atMost) {
        long left = atMost.toNanos();
        openLock.lock();
        try {
            while (undelivered.get() > 0 && left > 0) {
                left = noneOpen.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            // whoever is in a hurry gets the rest of the grace cut off
            Thread.currentThread().interrupt();
        } finally {
            openLock.unlock();
        }
    }

    /**
     * The process is about to end. Workers end with it in any case; here they end before it, as soon as whoever shuts the
     * deployment down has drained it.
     */
    private void processEnds() {
        long deadline = System.nanoTime() + NOTICE.toNanos();
        while (!shuttingDown && System.nanoTime() < deadline) {
            LockSupport.parkNanos(NOTICE.toNanos() / 100);
        }
        while (shuttingDown && undelivered.get() > 0) {
            LockSupport.parkNanos(NOTICE.toNanos() / 100);
        }
        host.close();
        platform.clear();
    }

    /** Fails what is open and terminates all workers. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        try {
            stop();
        } catch (IllegalStateException e) {
            LOG.error("The engine could not be closed", e);
        }
    }

    /**
     * Fails what is open, ends the engine and terminates all workers; to be called once.
     *
     * @return what the deployment came to
     * @throws IllegalStateException if it was stopped or closed before, or requests could not be ended
     */
    public synchronized RunResult stop() {
        if (closed) {
            throw new IllegalStateException("the deployment was stopped before");
        }
        closed = true;
        drain(Duration.ZERO);
        try {
            query(controller -> {
                        platform.stopAll();
                        return true;
                    })
                    .join();
            return live.close();
        } catch (CompletionException e) {
            throw new IllegalStateException(e.getCause());
        } finally {
            stopWorkers();
        }
    }

    private void stopWorkers() {
        platform.close();
        try {
            Runtime.getRuntime().removeShutdownHook(shutdownHook);
        } catch (IllegalStateException e) {
            LOG.debug("the process is ending anyway");
        }
    }
}
