package dev.purser.core.engine;

import dev.purser.core.model.VmProfile;
import dev.purser.core.policy.ServiceCatalog;
import java.util.Arrays;

/**
 * The instances, as columns of primitives, in one doubly linked list for each fleet and number of busy slots. Finding
 * the busiest instance with a free slot is one bit operation; the tail of the idle list has been idle longest.
 *
 * <p>An instance is pending, ready, draining (it ends with its last request) or leaving (as draining, but the provider ends
 * it); or it is being prepared to stand by, or stands by, stopped.
 */
final class FleetTable {
    static final int NONE = -1;

    /** List numbers beyond the busy counts. */
    private static final int PENDING = VmProfile.MAX_SLOTS + 1;

    private static final int DRAINING = PENDING + 1;
    private static final int LEAVING = PENDING + 2;
    private static final int PREPARING = PENDING + 3;
    private static final int STANDBY = PENDING + 4;
    private static final int LISTS = PENDING + 5;

    private final ServiceCatalog catalog;
    private final int[] head;
    private final int[] tail;
    /** Bit b is set where the fleet has a ready instance with b busy slots. */
    private final long[] occupied;

    private final int[] ready;
    private final int[] pending;
    private final int[] draining;
    private final int[] busy;
    private final int[] noticed;
    private final int[] throttled;
    private final int[] preparing;
    private final int[] standby;

    private final long[] changed;
    private final long[] busyIntegral;
    private final long[] slotIntegral;
    private final double[] utilisation;

    private int[] fleet = new int[16];
    private int[] list = new int[16];
    private int[] busySlots = new int[16];
    private long[] number = new long[16];
    /** Since when the instance is paid for as it is: running, or stopped. */
    private long[] since = new long[16];
    /** When the provider takes the instance back; 0 where it has not said so. */
    private long[] noticedFor = new long[16];

    private boolean[] isThrottled = new boolean[16];
    private long[] idleSince = new long[16];
    private int[] previous = new int[16];
    private int[] next = new int[16];
    private int free = NONE;
    private int rows;
    private long started;
    private int alive;

    FleetTable(ServiceCatalog catalog) {
        this.catalog = catalog;
        int fleets = catalog.fleets();
        head = new int[fleets * LISTS];
        tail = new int[fleets * LISTS];
        Arrays.fill(head, NONE);
        Arrays.fill(tail, NONE);
        occupied = new long[fleets];
        ready = new int[fleets];
        pending = new int[fleets];
        draining = new int[fleets];
        busy = new int[fleets];
        noticed = new int[fleets];
        throttled = new int[fleets];
        preparing = new int[fleets];
        standby = new int[fleets];
        changed = new long[fleets];
        busyIntegral = new long[fleets];
        slotIntegral = new long[fleets];
        utilisation = new double[fleets];
    }

    /**
     * A new pending instance.
     *
     * @param toStandBy whether it is to stand by when it is there
     */
    int launch(int ofFleet, long now, boolean toStandBy) {
        int row = free;
        if (row != NONE) {
            free = next[row];
        } else {
            row = rows++;
            if (row == fleet.length) {
                grow();
            }
        }
        fleet[row] = ofFleet;
        busySlots[row] = 0;
        number[row] = started++;
        since[row] = now;
        noticedFor[row] = 0;
        isThrottled[row] = false;
        alive++;
        if (toStandBy) {
            preparing[ofFleet]++;
            link(row, PREPARING);
        } else {
            pending[ofFleet]++;
            link(row, PENDING);
        }
        return row;
    }

    private void grow() {
        int size = fleet.length * 2;
        fleet = Arrays.copyOf(fleet, size);
        list = Arrays.copyOf(list, size);
        busySlots = Arrays.copyOf(busySlots, size);
        number = Arrays.copyOf(number, size);
        since = Arrays.copyOf(since, size);
        noticedFor = Arrays.copyOf(noticedFor, size);
        isThrottled = Arrays.copyOf(isThrottled, size);
        idleSince = Arrays.copyOf(idleSince, size);
        previous = Arrays.copyOf(previous, size);
        next = Arrays.copyOf(next, size);
    }

    void ready(int row, long now) {
        int f = fleet[row];
        integrate(f, now);
        unlink(row);
        pending[f]--;
        ready[f]++;
        idleSince[row] = now;
        link(row, 0);
    }

    /** Whether an instance was launched to stand by, and is not there yet. */
    boolean isPreparing(int row) {
        return list[row] == PREPARING;
    }

    /** Whether an instance was launched, and is not there yet. */
    boolean isPending(int row) {
        return list[row] == PENDING || list[row] == PREPARING;
    }

    /** Stops an instance that serves nothing: it stands by. */
    void stop(int row, long now) {
        int f = fleet[row];
        integrate(f, now);
        uncount(row);
        unlink(row);
        isThrottled[row] = false;
        standby[f]++;
        alive--;
        since[row] = now;
        link(row, STANDBY);
    }

    /** An instance of a fleet that stands by; NONE where none does. */
    int firstStandby(int ofFleet) {
        return head[ofFleet * LISTS + STANDBY];
    }

    /** Starts an instance that stands by: it is a new one, but for its place. */
    void start(int row, long now) {
        int f = fleet[row];
        unlink(row);
        standby[f]--;
        pending[f]++;
        alive++;
        number[row] = started++;
        since[row] = now;
        link(row, PENDING);
    }

    /** An instance that stands by, or is being prepared to, where a fleet has more than it wants; NONE where it has none. */
    int dispensableStandby(int ofFleet) {
        int base = ofFleet * LISTS;
        return head[base + PREPARING] == NONE ? head[base + STANDBY] : head[base + PREPARING];
    }

    /** The provider will take an instance back. */
    void notice(int row, long at) {
        if (isReady(row) && noticedFor[row] == 0) {
            noticed[fleet[row]]++;
        }
        noticedFor[row] = at;
    }

    /** When the provider takes an instance back; 0 where it has not said so. */
    long noticedFor(int row) {
        return noticedFor[row];
    }

    /** Takes an instance that the provider takes back out of service. */
    void leave(int row, long now) {
        integrate(fleet[row], now);
        uncount(row);
        unlink(row);
        link(row, LEAVING);
    }

    boolean isLeaving(int row) {
        return list[row] == LEAVING;
    }

    /** Whether an instance serves and may be given work. */
    boolean isReady(int row) {
        return list[row] >= 0 && list[row] < PENDING;
    }

    void throttle(int row, boolean newThrottled) {
        if (isThrottled[row] != newThrottled) {
            isThrottled[row] = newThrottled;
            if (isReady(row)) {
                throttled[fleet[row]] += newThrottled ? 1 : -1;
            }
        }
    }

    /** Takes an instance out of its state's counts. */
    private void uncount(int row) {
        int f = fleet[row];
        switch (list[row]) {
            case PENDING -> pending[f]--;
            case DRAINING -> draining[f]--;
            case PREPARING -> preparing[f]--;
            case STANDBY -> standby[f]--;
            case LEAVING -> {}
            default -> {
                ready[f]--;
                busy[f] -= busySlots[row];
                noticed[f] -= noticedFor[row] == 0 ? 0 : 1;
                throttled[f] -= isThrottled[row] ? 1 : 0;
            }
        }
    }

    /** The busiest ready instance of a fleet with a free slot, one at full speed if there is any; or NONE. */
    int busiestWithFreeSlot(int ofFleet) {
        int slots = catalog.slots(ofFleet);
        long candidates = occupied[ofFleet] & ((1L << slots) - 1);
        if (throttled[ofFleet] > 0) {
            for (long left = candidates; left != 0; left &= ~Long.highestOneBit(left)) {
                int row = head[ofFleet * LISTS + 63 - Long.numberOfLeadingZeros(left)];
                while (row != NONE && isThrottled[row]) {
                    row = next[row];
                }
                if (row != NONE) {
                    return row;
                }
            }
        }
        return candidates == 0 ? NONE : head[ofFleet * LISTS + 63 - Long.numberOfLeadingZeros(candidates)];
    }

    void occupy(int row, long now) {
        int f = fleet[row];
        integrate(f, now);
        busy[f]++;
        unlink(row);
        link(row, ++busySlots[row]);
    }

    void release(int row, long now) {
        busySlots[row]--;
        if (list[row] == DRAINING || list[row] == LEAVING) {
            return;
        }
        int f = fleet[row];
        integrate(f, now);
        busy[f]--;
        unlink(row);
        if (busySlots[row] == 0) {
            idleSince[row] = now;
        }
        link(row, busySlots[row]);
    }

    /** Takes an instance out of service; it ends when its last request does. */
    void drain(int row, long now) {
        int f = fleet[row];
        integrate(f, now);
        uncount(row);
        draining[f]++;
        unlink(row);
        link(row, DRAINING);
    }

    /** Puts a draining instance of a fleet back to service, and returns it. */
    int undrain(int ofFleet, long now) {
        int row = head[ofFleet * LISTS + DRAINING];
        integrate(ofFleet, now);
        unlink(row);
        draining[ofFleet]--;
        ready[ofFleet]++;
        busy[ofFleet] += busySlots[row];
        throttled[ofFleet] += isThrottled[row] ? 1 : 0;
        link(row, busySlots[row]);
        return row;
    }

    /** Forgets an instance, in whatever state it is. */
    void remove(int row, long now) {
        integrate(fleet[row], now);
        uncount(row);
        if (list[row] != STANDBY) {
            alive--;
        }
        unlink(row);
        list[row] = NONE;
        next[row] = free;
        free = row;
    }

    /**
     * Which instance a fleet gives up first: one that has no CPU credits left, the newest pending one, the one idle longest,
     * the least busy one. Those that the provider takes back are not given up.
     */
    int dispensable(int ofFleet) {
        int row = throttled[ofFleet] == 0 ? NONE : leastBusy(ofFleet, true);
        if (row == NONE) {
            row = head[ofFleet * LISTS + PENDING];
        }
        if (row == NONE) {
            row = leastBusy(ofFleet, false);
        }
        if (row != NONE) {
            return row;
        }
        throw new IllegalStateException("fleet " + ofFleet + " has no instance to give up");
    }

    private int leastBusy(int ofFleet, boolean ofThrottled) {
        for (long left = occupied[ofFleet]; left != 0; left &= left - 1) {
            int row = tail[ofFleet * LISTS + Long.numberOfTrailingZeros(left)];
            while (row != NONE && (noticedFor[row] != 0 || (ofThrottled && !isThrottled[row]))) {
                row = previous[row];
            }
            if (row != NONE) {
                return row;
            }
        }
        return NONE;
    }

    int idleFor(int ofFleet, long since) {
        int count = 0;
        for (int row = tail[ofFleet * LISTS]; row != NONE && idleSince[row] <= since; row = previous[row]) {
            count++;
        }
        return count;
    }

    private void integrate(int f, long now) {
        long elapsed = now - changed[f];
        busyIntegral[f] += busy[f] * elapsed;
        slotIntegral[f] += (long) ready[f] * catalog.slots(f) * elapsed;
        changed[f] = now;
    }

    /** Busy share of a fleet's ready slots in the last whole interval; 0 with none ready. */
    double utilisation(int f) {
        return utilisation[f];
    }

    void endInterval(long now) {
        for (int f = 0; f < busy.length; f++) {
            integrate(f, now);
            utilisation[f] = slotIntegral[f] == 0 ? 0 : (double) busyIntegral[f] / slotIntegral[f];
            busyIntegral[f] = 0;
            slotIntegral[f] = 0;
        }
    }

    private void link(int row, int toList) {
        int f = fleet[row];
        int at = f * LISTS + toList;
        list[row] = toList;
        previous[row] = NONE;
        next[row] = head[at];
        if (head[at] == NONE) {
            tail[at] = row;
        } else {
            previous[head[at]] = row;
        }
        head[at] = row;
        if (toList < PENDING) {
            occupied[f] |= 1L << toList;
        }
    }

    private void unlink(int row) {
        int f = fleet[row];
        int at = f * LISTS + list[row];
        int before = previous[row];
        int after = next[row];
        if (before == NONE) {
            head[at] = after;
        } else {
            next[before] = after;
        }
        if (after == NONE) {
            tail[at] = before;
        } else {
            previous[after] = before;
        }
        if (head[at] == NONE && list[row] < PENDING) {
            occupied[f] &= ~(1L << list[row]);
        }
    }

    int fleet(int row) {
        return fleet[row];
    }

    boolean isDraining(int row) {
        return list[row] == DRAINING;
    }

    boolean exists(int row) {
        return row >= 0 && row < rows && list[row] != NONE;
    }

    int busySlots(int row) {
        return busySlots[row];
    }

    long number(int row) {
        return number[row];
    }

    /** Since when the instance is paid for as it is: running, or stopped. */
    long since(int row) {
        return since[row];
    }

    boolean isStandby(int row) {
        return list[row] == STANDBY;
    }

    int readyInstances(int f) {
        return ready[f];
    }

    int pendingInstances(int f) {
        return pending[f];
    }

    int noticedInstances(int f) {
        return noticed[f];
    }

    int throttledInstances(int f) {
        return throttled[f];
    }

    /** Stopped instances. */
    int standbyInstances(int f) {
        return standby[f];
    }

    /** Instances that will stand by. */
    int preparingInstances(int f) {
        return preparing[f];
    }

    int drainingInstances(int f) {
        return draining[f];
    }

    int busySlotsOf(int f) {
        return busy[f];
    }

    /** Instances launched so far; the next one gets this number. */
    long started() {
        return started;
    }

    /** Instances that exist now, pending and draining ones included and stopped ones not. */
    int alive() {
        return alive;
    }

    int rows() {
        return rows;
    }
}
