package dev.purser.benchmarks;

import dev.purser.core.engine.Attempt;
import dev.purser.core.engine.Controller;
import dev.purser.core.engine.ControllerSettings;
import dev.purser.core.engine.DecisionLog;
import dev.purser.core.engine.Platform;
import dev.purser.core.engine.PolicySet;
import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Dispatcher;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.ProvisioningView;
import dev.purser.core.policy.QueueOrder;
import dev.purser.core.policy.RequestView;
import dev.purser.core.policy.ResourceProvisioner;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.policy.ServingView;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.workload.Workload;
import dev.purser.core.workload.Workloads;
import dev.purser.spi.PolicyRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A controller of Paragon's workload 1 with the stack {@code paragon}, at work: 300 requests a second were served for a
 * while, and half the slots are busy. The platform does nothing; whoever measures plays it.
 */
final class ServingWorld {
    private static final double RATE = 300;
    private static final int INTERVALS = 90;

    /** A request as a dispatcher sees it. */
    record Request(long number, int requestClass, long arrivalNanos, int variant) implements RequestView {}

    private final ServiceCatalog catalog;
    private final Controller controller;
    private final Dispatcher dispatcher;
    private final ResourceProvisioner provisioner;
    private final Idle platform = new Idle();
    private @Nullable ServingView serving;
    private @Nullable ProvisioningView provisioning;
    private long now;

    ServingWorld() {
        Workload workload = Workloads.load("paragon-workload-1");
        catalog = new ServiceCatalog(workload, PriceBooks.load(workload.priceBook()));
        PolicyRegistry registry = PolicyRegistry.load();
        PolicySet paragon = registry.create(registry.stack("paragon"), catalog, 1);
        dispatcher = paragon.dispatcher();
        provisioner = paragon.provisioner();
        PolicySet watched = new PolicySet(paragon.selector(), new Watch(), this::plan, paragon.coldStartManager());
        controller = new Controller(
                catalog,
                watched,
                platform,
                () -> now,
                (request, outcome, variant) -> {},
                ControllerSettings.defaults().withInitialRate(RATE),
                DecisionLog.small());
        controller.start();
        readyAll();
        serveForAWhile();
    }

    private Plan plan(ProvisioningView view) {
        provisioning = view;
        return provisioner.plan(view);
    }

    private void readyAll() {
        List<Long> pending = List.copyOf(platform.launched());
        platform.launched().clear();
        pending.forEach(instance -> controller.events().instanceReady(instance, now));
    }

    /** Intervals, each with its requests, answered at once; then some that stay. */
    private void serveForAWhile() {
        for (int i = 0; i < INTERVALS; i++) {
            for (int r = 0; r < RATE * 10; r++) {
                controller.requestArrived(r % catalog.requestClasses());
                controller.events().attemptEnded(platform.attempt(), Attempt.ANSWERED, false, 0);
                now += (long) (1e9 / RATE);
            }
            controller.events().timerFired();
            readyAll();
        }
        for (int c = 0; c < catalog.requestClasses(); c++) {
            int variant = catalog.namedVariant(c);
            int fleet = catalog.cheapestFleet(variant);
            int share = serving().freeSlots(fleet) / 4;
            for (int i = 0; i < share; i++) {
                controller.requestArrived(c);
            }
        }
    }

    /** Lets time pass. */
    void after(long nanos) {
        now += nanos;
    }

    ServiceCatalog catalog() {
        return catalog;
    }

    Controller controller() {
        return controller;
    }

    Dispatcher dispatcher() {
        return dispatcher;
    }

    ResourceProvisioner provisioner() {
        return provisioner;
    }

    ServingView serving() {
        return Objects.requireNonNull(serving);
    }

    ProvisioningView provisioning() {
        return Objects.requireNonNull(provisioning);
    }

    /** Passes on, and keeps the view, which the controller shows to its policies alone. */
    private final class Watch implements Dispatcher {
        @Override
        public QueueOrder queueOrder() {
            return dispatcher.queueOrder();
        }

        @Override
        public Dispatch dispatch(RequestView request, ServingView view) {
            serving = view;
            return dispatcher.dispatch(request, view);
        }
    }

    /** A platform that does nothing but list the instances that it should launch, and remember the last attempt. */
    static final class Idle implements Platform {
        private final List<Long> launched = new ArrayList<>();
        private long attempt;

        List<Long> launched() {
            return launched;
        }

        long attempt() {
            return attempt;
        }

        @Override
        public void launch(long instance, int fleet) {
            launched.add(instance);
        }

        @Override
        public void terminate(long instance) {}

        @Override
        public long launchNanos(int fleet) {
            return 100_000_000_000L;
        }

        @Override
        public void execute(long ofAttempt, int size, long instance) {
            attempt = ofAttempt;
        }

        @Override
        public void invoke(long ofAttempt, int pool) {
            attempt = ofAttempt;
        }

        @Override
        public void keepAlive(int pool, long idleNanos) {}

        @Override
        public void prewarm(int pool, int count) {}

        @Override
        public void setTimer(long atNanos) {}
    }
}
