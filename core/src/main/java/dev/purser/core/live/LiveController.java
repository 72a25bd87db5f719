package dev.purser.core.live;

import dev.purser.core.engine.Clock;
import dev.purser.core.engine.Controller;
import dev.purser.core.engine.ControllerSettings;
import dev.purser.core.engine.DecisionLog;
import dev.purser.core.engine.Outcome;
import dev.purser.core.engine.PlatformEvents;
import dev.purser.core.engine.PolicySet;
import dev.purser.core.engine.RequestListener;
import dev.purser.core.engine.RunResult;
import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.workload.RequestClass;
import java.util.Arrays;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ObjIntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a controller in real time. Events are posted from any thread to a mailbox and taken one after the other; the
 * thread that finds the mailbox empty empties it, so that at no load a request costs no switch of threads, and at full
 * load one thread works through the events of all.
 *
 * @param <C> what a request carries: its input, and where its answer goes
 */
public final class LiveController<C> {
    private static final Logger LOG = LoggerFactory.getLogger(LiveController.class);

    private final Queue<Runnable> mailbox = new ConcurrentLinkedQueue<>();
    private final AtomicInteger posted = new AtomicInteger();
    private final Clock clock;
    private final ServiceCatalog catalog;
    private final Controller controller;
    private final CallListener<C> listener;

    /** What each open request carries and what was decided, by row. */
    private @Nullable Object[] calls = new Object[64];

    private @Nullable Selection[] selections = new Selection[64];
    private @Nullable Dispatch[] dispatches = new Dispatch[64];

    private @Nullable C arriving;
    private int arrivingRow = -1;
    private long lastArrival;

    /**
     * @param catalog profiles, prices and SLOs; this deployment's own
     * @param policies the decisions
     * @param platform takes the commands
     * @param listener is told of each request's end
     * @param settings how the controller works
     * @param log keeps the decisions
     */
    public LiveController(
            ServiceCatalog catalog,
            PolicySet policies,
            LivePlatform<C> platform,
            CallListener<C> listener,
            ControllerSettings settings,
            DecisionLog log) {
        this.catalog = catalog;
        this.listener = listener;
        long start = System.nanoTime();
        clock = () -> System.nanoTime() - start;
        controller = new Controller(catalog, policies, platform, clock, new Ends(), settings, log);
        platform.attach(this);
    }

    /** Makes the first plan, and returns when it has been made; called once. */
    public void start() {
        query(live -> {
                    live.start();
                    return true;
                })
                .join();
    }

    /** The time that the engine sees, in nanoseconds since this was made. */
    public long nanos() {
        return clock.nanos();
    }

    /**
     * A request arrived. Its listener may be called before this returns, and from any thread.
     *
     * @param requestClass the index of its class in the catalog
     * @param call what it carries
     */
    public void submit(int requestClass, C call) {
        long arrived = clock.nanos();
        post(() -> arrive(requestClass, arrived, call));
    }

    private void arrive(int requestClass, long arrived, C call) {
        // two threads may post in another order than they read the clock
        lastArrival = Math.max(lastArrival, arrived);
        arriving = call;
        arrivingRow = -1;
        try {
            controller.requestArrived(requestClass, lastArrival);
        } catch (RuntimeException | Error e) {
            LOG.error("A request could not be dealt with, and fails", e);
            if (arrivingRow >= 0) {
                controller.withdraw(arrivingRow);
            }
        }
    }

    /**
     * The index of a class of requests, which is added to the catalog where it is new.
     *
     * @return completes with the index, or exceptionally with an {@link dev.purser.core.InputException} where nothing can
     *     keep its SLO
     */
    public CompletableFuture<Integer> addRequestClass(RequestClass requestClass) {
        return query(live -> catalog.addRequestClass(requestClass));
    }

    /** What a request carries; only from inside the engine, while the request is open. */
    @SuppressWarnings("unchecked") // only what was submitted is kept
    public C call(int row) {
        return (C) Objects.requireNonNull(calls[row]);
    }

    /** The request that is served in the same batch after this one, -1 after the last; only from inside the engine. */
    public int nextInBatch(int row) {
        return controller.nextInBatch(row);
    }

    /**
     * Visits what every open request carries, and its row; only from inside the engine.
     *
     * @param visitor may end the requests
     */
    @SuppressWarnings("unchecked") // only what was submitted is kept
    public void forEachOpen(ObjIntConsumer<C> visitor) {
        for (int row = 0; row < calls.length; row++) {
            C call = (C) calls[row];
            if (call != null) {
                visitor.accept(call, row);
            }
        }
    }

    /**
     * The platform reports what happened; from any thread. The report is made inside the engine, where the platform can
     * first see whether its instance or request still is what it was.
     */
    public void report(Consumer<PlatformEvents> event) {
        post(() -> event.accept(controller.events()));
    }

    /**
     * Looks at the controller from inside the engine, between two events.
     *
     * @param question must be quick, and keep nothing that it was not given as a value
     */
    public <T> CompletableFuture<T> query(Function<Controller, T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        post(() -> {
            try {
                answer.complete(question.apply(controller));
            } catch (Throwable e) {
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }

    /**
     * Ends the deployment when no request is open: instances are terminated and paid for up to now.
     *
     * @return what it came to
     * @throws java.util.concurrent.CompletionException of an {@link IllegalStateException} if requests have not ended
     */
    public RunResult close() {
        return query(Controller::close).join();
    }

    private void post(Runnable event) {
        mailbox.add(event);
        if (posted.getAndIncrement() > 0) {
            return;
        }
        do {
            Runnable next = mailbox.poll();
            try {
                if (next != null) {
                    next.run();
                }
            } catch (Throwable e) {
                // whatever it was, the events behind it must be dealt with
                LOG.error("An event could not be dealt with", e);
            }
        } while (posted.decrementAndGet() > 0);
    }

    private final class Ends implements RequestListener {
        @Override
        public void arrived(int row) {
            if (row >= calls.length) {
                int size = calls.length * 2;
                calls = Arrays.copyOf(calls, size);
                selections = Arrays.copyOf(selections, size);
                dispatches = Arrays.copyOf(dispatches, size);
            }
            calls[row] = arriving;
            arrivingRow = row;
            arriving = null;
            selections[row] = null;
            dispatches[row] = null;
        }

        @Override
        public void decided(int row, @Nullable Selection selection, @Nullable Dispatch dispatch) {
            selections[row] = selection;
            dispatches[row] = dispatch;
        }

        @Override
        public void ended(int row, Outcome outcome, int variant) {
            C call = call(row);
            calls[row] = null;
            if (row == arrivingRow) {
                arrivingRow = -1;
            }
            listener.ended(
                    call,
                    new CallListener.End(
                            outcome,
                            variant,
                            selections[row],
                            dispatches[row],
                            clock.nanos() - controller.arrivalNanos(row)));
        }
    }
}
