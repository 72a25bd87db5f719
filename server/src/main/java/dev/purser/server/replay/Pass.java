package dev.purser.server.replay;

import com.google.common.base.Throwables;
import com.google.common.util.concurrent.Uninterruptibles;
import dev.purser.core.engine.Outcome;
import dev.purser.server.replay.Connections.Answer;
import dev.purser.sim.RequestStream;
import dev.purser.worker.protocol.MetadataCodec;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One pass over a trace. One thread keeps the times: it sleeps until shortly before the next request and watches the
 * clock for the rest. Each request then has a virtual thread of its own.
 */
final class Pass {
    /** How long the clock is watched instead of slept: sleeps overrun by about as much. */
    private static final long SPIN_NANOS = 70_000;

    /** From the start of the pass to that of the trace. */
    private static final long LEAD_NANOS = 20_000_000;

    private static final long REPORT_NANOS = Duration.ofSeconds(1).toNanos();
    private static final Duration GRACE = Duration.ofSeconds(2);
    private static final int OK = 200;
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int UNAVAILABLE = 503;

    private final Connections connections;
    private final Messages messages;
    private final Tally tally;
    private final ReplayLoad load;
    private final long timeoutNanos;
    private final int inFlight;
    private final Semaphore permits;
    private final Thread pacer;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private long start;
    private volatile boolean stopping;
    private volatile boolean abandoning;

    /**
     * @param inFlight the most requests under way at the same time
     * @param timeout how long to wait for one of them to end when there are so many
     */
    Pass(Connections connections, Messages messages, Tally tally, ReplayLoad load, Duration timeout, int inFlight) {
        this.connections = connections;
        this.messages = messages;
        this.tally = tally;
        this.load = load;
        this.inFlight = inFlight;
        timeoutNanos = timeout.toNanos();
        permits = new Semaphore(inFlight);
        pacer = Thread.ofPlatform().daemon().name("replay-pacer").unstarted(this::sendAll);
    }

    /** Sends everything, and waits until it has ended. */
    ReplayResult run() {
        start = System.nanoTime() + LEAD_NANOS;
        pacer.start();
        while (!joined()) {
            tally.report(elapsed());
        }
        tally.report(elapsed());
        Throwable thrown = failure.get();
        if (thrown != null) {
            Throwables.throwIfUnchecked(thrown);
            throw new IllegalStateException(thrown);
        }
        return tally.result(stopping, elapsed());
    }

    private boolean joined() {
        Uninterruptibles.joinUninterruptibly(pacer, REPORT_NANOS, TimeUnit.NANOSECONDS);
        return !pacer.isAlive();
    }

    /** Since the start of the trace. */
    private long elapsed() {
        return System.nanoTime() - start;
    }

    /** Sends nothing more; what is under way has a little time to end. From any thread. */
    void stop() {
        stopping = true;
        pacer.interrupt();
    }

    private void fail(Throwable thrown) {
        failure.compareAndSet(null, thrown);
        stop();
    }

    private void sendAll() {
        try (RequestStream requests = RequestStream.open(load.classes(), load.trace(), load.seed())) {
            long number = 0;
            for (long at = requests.next(); at != RequestStream.END; at = requests.next()) {
                int requestClass = requests.requestClass();
                if (!sleepUntil(at)) {
                    break;
                }
                dispatch(number++, at, requestClass);
            }
        } catch (InterruptedException e) {
            // stopped while every connection was in use
        } catch (RuntimeException | Error e) {
            fail(e);
        }
        awaitEnd();
    }

    /** False where the replay was stopped. */
    private boolean sleepUntil(long at) {
        for (long left = at - elapsed(); left > SPIN_NANOS; left = at - elapsed()) {
            LockSupport.parkNanos(left - SPIN_NANOS);
            if (stopping) {
                return false;
            }
        }
        while (elapsed() < at) {
            Thread.onSpinWait();
        }
        return !stopping;
    }

    private void dispatch(long number, long at, int requestClass) throws InterruptedException {
        boolean waits = !permits.tryAcquire();
        if (waits && !permits.tryAcquire(at + timeoutNanos - elapsed(), TimeUnit.NANOSECONDS)) {
            tally.unsent();
            long now = elapsed();
            end(number, requestClass, at, now, Outcome.FAILED, 0, "was not sent: all connections were in use");
            return;
        }
        Thread.ofVirtual().start(() -> {
            try {
                send(number, at, requestClass, waits);
            } catch (RuntimeException | Error e) {
                fail(e);
            } finally {
                permits.release();
            }
        });
    }

    private void send(long number, long at, int requestClass, boolean waited) {
        long sent = elapsed();
        tally.sending(sent - at, waited);
        Answer answer;
        try {
            answer = connections.send("POST", messages.path(requestClass), messages.message(requestClass, number));
        } catch (IOException e) {
            if (abandoning) {
                tally.abandoned();
            } else {
                end(number, requestClass, at, sent, Outcome.FAILED, 0, e.getMessage());
            }
            return;
        }
        int status = answer.status();
        if (status == OK) {
            long now = elapsed();
            try {
                ResponseHead head = ResponseHead.read(answer.body(), answer.jsonLength());
                tally.ended(new ReplayedRequest(
                        number,
                        requestClass,
                        at,
                        sent,
                        now,
                        Outcome.ANSWERED,
                        status,
                        head.variant() == null ? head.model() : head.variant(),
                        head.platform(),
                        head.cold(),
                        head.inferenceMs(),
                        null));
            } catch (IOException e) {
                end(
                        number,
                        requestClass,
                        at,
                        sent,
                        Outcome.FAILED,
                        status,
                        "not a response of the protocol: " + e.getMessage());
            }
        } else {
            Outcome outcome = status == TOO_MANY_REQUESTS || status == UNAVAILABLE ? Outcome.REFUSED : Outcome.FAILED;
            end(number, requestClass, at, sent, outcome, status, MetadataCodec.readError(answer.body()));
        }
    }

    private void end(
            long number, int requestClass, long at, long sent, Outcome outcome, int status, @Nullable String problem) {
        tally.ended(new ReplayedRequest(
                number, requestClass, at, sent, elapsed(), outcome, status, null, null, false, null, problem));
    }

    private void awaitEnd() {
        if (!stopping) {
            permits.acquireUninterruptibly(inFlight);
        } else if (!Uninterruptibles.tryAcquireUninterruptibly(permits, inFlight, GRACE)) {
            abandoning = true;
            connections.close();
            permits.acquireUninterruptibly(inFlight);
        }
    }
}
