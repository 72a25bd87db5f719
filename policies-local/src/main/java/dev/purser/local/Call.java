package dev.purser.local;

import dev.purser.core.engine.Outcome;
import dev.purser.core.live.CallListener;
import dev.purser.core.policy.Reason;
import dev.purser.local.Answer.Served;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferResponse;
import dev.purser.worker.protocol.ProtocolException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A request on its way: what it asks, where its answer goes, and what is known of its end. Written inside the engine. */
final class Call {
    private static final Reason UNDECIDED = Reason.of("undecided", "no policy decided on the request");

    final InferRequest request;
    final CompletableFuture<Answer> future = new CompletableFuture<>();
    private final long arrived = System.nanoTime();

    /** What serves it now. */
    @Nullable
    Batch batch;

    /** Where it is in a chain; null where it is in none. */
    @Nullable
    ChainRun chain;

    /** How many workers it has lost. */
    int losses;

    private @Nullable LocalWorker worker;
    /** The chain that it has been through. */
    private @Nullable ChainRun ran;

    private int batchSize;
    private boolean cold;
    private long queuedNanos;
    private long inferenceNanos;
    private @Nullable InferResponse response;
    private @Nullable String cause;
    private int status;
    private @Nullable Answer answer;

    Call(InferRequest request) {
        this.request = request;
    }

    private void served(Batch by) {
        batch = null;
        worker = by.worker;
        batchSize = by.calls.length;
        cold = by.cold;
        queuedNanos = by.startedNanos - arrived;
        inferenceNanos = by.endedNanos - by.startedNanos;
        if (by instanceof PartBatch part) {
            ran = part.run;
            cold = part.run.coldParts > 0;
            inferenceNanos = part.run.inferenceNanos;
            queuedNanos = by.endedNanos - arrived - inferenceNanos;
        }
    }

    /** A model answered it. */
    void answered(Batch by, InferResponse with) {
        served(by);
        response = with;
        status = 200;
        cause = null;
    }

    /** A model or its worker said no. */
    void failed(Batch by, ProtocolException why) {
        served(by);
        failed(why.status(), why.getMessage());
    }

    /** What to say if it ends now. */
    void failed(int httpStatus, String why) {
        status = httpStatus;
        cause = why;
    }

    void end(CallListener.End end) {
        answer = answer(end);
    }

    private Answer answer(CallListener.End end) {
        Reason reason = reason(end);
        if (end.outcome() == Outcome.REFUSED) {
            boolean decided =
                    end.dispatch() == null || end.dispatch() instanceof dev.purser.core.policy.Dispatch.Refuse;
            return decided
                    ? unserved(end, reason, reason.words(), 429)
                    : unserved(end, reason, "no worker was free for it within the time that requests may wait", 504);
        }
        if (end.outcome() == Outcome.FAILED && cause == null) {
            return unserved(end, reason, "a policy could not decide on it; the log says why", 500);
        }
        LocalWorker by = worker;
        Served served = by == null || end.dispatch() == null
                ? null
                : ran == null
                        ? new Served(
                                by.place,
                                by.name,
                                cold,
                                batchSize,
                                end.dispatch().reason())
                        : new Served(
                                by.place,
                                ran.names(),
                                cold,
                                batchSize,
                                end.dispatch().reason(),
                                ran.parts,
                                ran.coldParts);
        return new Answer(
                end.outcome(),
                end.variant(),
                reason,
                served,
                end.latencyNanos(),
                served == null ? end.latencyNanos() : Math.max(0, queuedNanos),
                served == null ? 0 : inferenceNanos,
                response,
                cause,
                status);
    }

    private static Answer unserved(CallListener.End end, Reason reason, String cause, int status) {
        return new Answer(
                end.outcome(),
                end.variant(),
                reason,
                null,
                end.latencyNanos(),
                end.latencyNanos(),
                0,
                null,
                cause,
                status);
    }

    private static Reason reason(CallListener.End end) {
        boolean refusedLater = end.outcome() == Outcome.REFUSED && end.dispatch() != null;
        if (end.selection() != null && !refusedLater) {
            return end.selection().reason();
        }
        return end.dispatch() == null ? UNDECIDED : end.dispatch().reason();
    }

    /** Hands the answer on; from outside the engine. */
    void deliver() {
        future.complete(answer);
    }
}
