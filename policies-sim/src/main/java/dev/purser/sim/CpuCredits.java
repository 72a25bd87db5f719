package dev.purser.sim;

import java.util.Arrays;

/**
 * The CPU credits of one burstable instance, and what it is serving: how fast that goes depends on the credits that are
 * left. As Amazon EC2 documents it for T2 and T3: credits are earned at the rate of the baseline, spent at the rate of the
 * load, and kept up to what a day earns. Without credits a standard instance falls back to its baseline; an unlimited one
 * runs on surplus credits, which earnings pay back, and which are billed beyond a day's earnings and when it stops.
 *
 * <p>A service uses its slot's share of the processors. Time is in nanoseconds, credits in nanoseconds of one virtual
 * processor (a credit is 60 s of it).
 */
final class CpuCredits {
    private static final double DAY = 86_400e9;
    /** An instance counts as recovered when it can run at full speed for this long. */
    private static final double RECOVERED = 60e9;
    /** Rounding leaves less than this of a service or of a balance. */
    private static final double NOTHING = 1;

    private final int vcpus;
    private final double baseline;
    private final int slots;
    private final boolean unlimited;
    private final double most;
    private double balance;
    private double billed;
    private long updated;
    private boolean reportedThrottled;

    private int busy;
    private final int[] request;
    private final double[] left;
    private final long[] tag;

    CpuCredits(int vcpus, double baseline, int slots, boolean unlimited, double launchCredits, long now) {
        this.vcpus = vcpus;
        this.baseline = baseline;
        this.slots = slots;
        this.unlimited = unlimited;
        most = baseline * vcpus * DAY;
        balance = Math.min(most, launchCredits * 60e9);
        updated = now;
        request = new int[slots];
        left = new double[slots];
        tag = new long[slots];
        Arrays.fill(tag, -1);
    }

    /** Virtual processors in use if nothing slows it down. */
    private double demand() {
        return (double) busy / slots * vcpus;
    }

    private boolean isThrottled() {
        return !unlimited && balance < NOTHING && demand() > baseline * vcpus;
    }

    /** How fast each service goes: 1 at full speed. */
    double speed() {
        return isThrottled() ? baseline * vcpus / demand() : 1;
    }

    /** Takes the time since the last change into account. */
    void advance(long now) {
        double elapsed = now - updated;
        updated = now;
        double speed = speed();
        for (int i = 0; i < busy; i++) {
            left[i] -= elapsed * speed;
        }
        balance += elapsed * (baseline * vcpus - demand() * speed);
        if (balance > most) {
            balance = most;
        } else if (balance < 0 && !unlimited) {
            balance = 0;
        } else if (balance < -most) {
            billed += -most - balance;
            balance = -most;
        }
    }

    /** When the credits will be used up if the load stays as it is; {@link Long#MAX_VALUE} where they will not. */
    long exhaustedAt() {
        double loss = demand() - baseline * vcpus;
        return unlimited || balance < NOTHING || loss <= 0
                ? Long.MAX_VALUE
                : updated + (long) Math.ceil(balance / loss);
    }

    /** Begins a service; returns its place. */
    int begin(int row, double nanos) {
        request[busy] = row;
        left[busy] = nanos;
        tag[busy] = -1;
        return busy++;
    }

    int busy() {
        return busy;
    }

    int request(int place) {
        return request[place];
    }

    /** When a service ends at the speed of now. */
    long endsAt(int place) {
        return updated + Math.max(0, (long) Math.ceil(left[place] / speed() - 1e-6));
    }

    void tag(int place, long newTag) {
        tag[place] = newTag;
    }

    /** The place of the service that an event belongs to; -1 where the event is out of date. */
    int placeOf(long eventTag) {
        for (int i = 0; i < busy; i++) {
            if (tag[i] == eventTag) {
                return i;
            }
        }
        return -1;
    }

    void end(int place) {
        busy--;
        request[place] = request[busy];
        left[place] = left[busy];
        tag[place] = tag[busy];
    }

    /** The instance is gone, and what it served with it. */
    void abandon(long now) {
        advance(now);
        busy = 0;
    }

    /** What is to be billed if the instance stops now. */
    long surplusVcpuMillis(long now) {
        advance(now);
        return Math.round((billed + Math.max(0, -balance)) / 1e6);
    }

    /** Whether it now counts as throttled and did not, or the other way round. */
    boolean changesReport() {
        boolean throttled = reportedThrottled ? balance < RECOVERED * vcpus : isThrottled();
        boolean changes = throttled != reportedThrottled;
        reportedThrottled = throttled;
        return changes;
    }

    boolean isReportedThrottled() {
        return reportedThrottled;
    }
}
