package dev.purser.server.gateway;

import dev.purser.core.engine.Controller;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.workload.RequestClass;
import dev.purser.local.Answer;
import dev.purser.local.LocalDeployment;
import dev.purser.local.LocalState;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.ModelMetadata;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** What answers a gateway's requests: the part of a deployment that it needs. */
interface Backend {

    /** Profiles, prices and SLOs. */
    ServiceCatalog catalog();

    /** Serves a request; completes with its end and never exceptionally. */
    CompletableFuture<Answer> infer(int requestClass, InferRequest request);

    /** The index of a new class; exceptionally with an InputException where nothing can keep its SLO. */
    CompletableFuture<Integer> addRequestClass(RequestClass requestClass);

    /** What a variant takes and gives; may take as long as a cold start, once. */
    ModelMetadata metadata(int variant);

    /** Looks at the engine between two events. */
    <T> CompletableFuture<T> query(Function<Controller, T> question);

    /** Whether requests need not wait for the first workers. */
    boolean ready();

    /** What runs now. */
    LocalState state();

    /** A deployment on this machine. */
    static Backend of(LocalDeployment deployment) {
        return new Backend() {
            @Override
            public ServiceCatalog catalog() {
                return deployment.catalog();
            }

            @Override
            public CompletableFuture<Answer> infer(int requestClass, InferRequest request) {
                return deployment.infer(requestClass, request);
            }

            @Override
            public CompletableFuture<Integer> addRequestClass(RequestClass requestClass) {
                return deployment.addRequestClass(requestClass);
            }

            @Override
            public ModelMetadata metadata(int variant) {
                return deployment.metadata(variant);
            }

            @Override
            public <T> CompletableFuture<T> query(Function<Controller, T> question) {
                return deployment.query(question);
            }

            @Override
            public boolean ready() {
                return deployment.ready();
            }

            @Override
            public LocalState state() {
                return deployment.state();
            }
        };
    }
}
