package dev.purser.local;

import dev.purser.core.policy.ServiceCatalog;
import dev.purser.local.Answer.Place;
import dev.purser.local.LocalSettings.BackOff;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How the starts of one fleet or function went, and when the next one may be; only touched inside the engine. */
final class Launches {
    /** Weight of the last measured start in the estimate of the next. */
    private static final double WEIGHT = 0.3;

    private final Place place;
    private final int owner;
    private final String name;
    private final BackOff backOff;
    private final int maxFailedStarts;

    private long started;
    private long failed;
    private int failuresInARow;
    private int failedStartsInARow;
    private long retryNanos;
    private @Nullable String lastFailure;
    private double nanos;

    /**
     * @param part which part of a function, counted from 0
     * @param expectedNanos a start's time before one was measured
     */
    Launches(Place place, int owner, int part, ServiceCatalog catalog, LocalSettings settings, long expectedNanos) {
        this.place = place;
        this.owner = owner;
        name = place == Place.INSTANCE ? catalog.fleetName(owner) : catalog.partName(owner, part);
        backOff = settings.backOff();
        maxFailedStarts = settings.maxFailedStarts();
        nanos = expectedNanos;
    }

    void ready(long tookNanos) {
        nanos = started == 0 ? tookNanos : nanos + WEIGHT * (tookNanos - nanos);
        started++;
        failedStartsInARow = 0;
        if (place == Place.FUNCTION) {
            failuresInARow = 0;
        }
    }

    void startFailed(String cause, long now) {
        failedStartsInARow++;
        fail(cause, now);
    }

    /**
     * A worker was lost after it had been ready.
     *
     * @param heldNanos how long it had been
     */
    void lost(String cause, long heldNanos, long now) {
        if (place == Place.FUNCTION) {
            // the next sandbox is started for another request, which may be a better one
            failed++;
            lastFailure = cause;
            return;
        }
        if (heldNanos > backOff.max().toNanos()) {
            failuresInARow = 0;
        }
        fail(cause, now);
    }

    private void fail(String cause, long now) {
        failed++;
        failuresInARow++;
        lastFailure = cause;
        retryNanos = now + wait(failuresInARow);
    }

    private long wait(int failures) {
        return backOff.after(failures).toNanos();
    }

    /** How long from now the next start is to wait; 0 for not. */
    long waitNanos(long now) {
        return failuresInARow == 0 ? 0 : Math.max(0, retryNanos - now);
    }

    /** Whether starts fail again and again. */
    boolean broken() {
        return failedStartsInARow >= maxFailedStarts;
    }

    @Nullable
    String lastFailure() {
        return lastFailure;
    }

    /** How long a start takes, as measured, or as expected before. */
    long nanos() {
        return Math.round(nanos);
    }

    boolean any() {
        return started + failed > 0;
    }

    LocalState.Launches state(long now) {
        return new LocalState.Launches(
                place,
                owner,
                name,
                started,
                failed,
                failuresInARow,
                Duration.ofNanos(waitNanos(now)),
                lastFailure,
                broken());
    }
}
