package dev.purser.local;

import dev.purser.core.engine.Controller;
import dev.purser.core.engine.ControllerSettings;
import dev.purser.core.engine.DecisionLog;
import dev.purser.core.engine.PolicySet;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.workload.RequestClass;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.ModelMetadata;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * An application served on this machine: what a library user holds. The engine and its policies decide which variant
 * answers each request and which workers there are; real models answer.
 */
@SuppressWarnings({"DoNotCallSuggester", "UnusedMethod"}) // the platform follows
public final class LocalDeployment implements AutoCloseable {
    private final ServiceCatalog catalog;

    private LocalDeployment(ServiceCatalog catalog) {
        this.catalog = catalog;
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
     * @throws dev.purser.core.InputException if a variant has no model, or its files are not there, with all of them
     */
    public static LocalDeployment start(
            ServiceCatalog catalog,
            PolicySet policies,
            LocalSettings settings,
            ControllerSettings controller,
            DecisionLog log) {
        throw new UnsupportedOperationException("to come");
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
        throw new UnsupportedOperationException("to come");
    }

    /**
     * The index of a new class of requests. Classes are never forgotten, so whoever adds them for clients keeps and uses
     * them again.
     *
     * @return completes with the index, or exceptionally with an {@link dev.purser.core.InputException} where nothing can
     *     keep its SLO, or there are too many classes
     */
    public CompletableFuture<Integer> addRequestClass(RequestClass requestClass) {
        throw new UnsupportedOperationException("to come");
    }

    /**
     * What a variant takes and gives. Where no worker of it was ever ready, one is started to ask: that takes as long as a
     * cold start, once.
     *
     * @param variant its index in the pool
     * @throws dev.purser.worker.protocol.ProtocolException (503) if its model cannot be loaded
     */
    public ModelMetadata metadata(int variant) {
        throw new UnsupportedOperationException("to come");
    }

    /**
     * Looks at the engine between two events, or gives it feedback.
     *
     * @param question must be quick, and keep nothing of the engine
     */
    public <T> CompletableFuture<T> query(Function<Controller, T> question) {
        throw new UnsupportedOperationException("to come");
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
        throw new UnsupportedOperationException("to come");
    }

    /** What runs now; not to be asked from inside {@link #query}. */
    public LocalState state() {
        throw new UnsupportedOperationException("to come");
    }

    /** Requests that have not ended. */
    public int openRequests() {
        throw new UnsupportedOperationException("to come");
    }

    /**
     * Takes no further requests (they fail with status 503) and waits for those that are open to end. Those that have not
     * ended when the grace is over fail with that cause.
     *
     * @param grace how long to wait, at least 0
     * @return how many requests failed because the grace was over
     */
    public int drain(Duration grace) {
        throw new UnsupportedOperationException("to come");
    }

    /** Fails what is open, ends the engine (its ledger is complete then) and terminates all workers. */
    @Override
    public void close() {
        throw new UnsupportedOperationException("to come");
    }
}
