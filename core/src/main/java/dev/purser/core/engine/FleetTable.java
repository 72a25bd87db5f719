package dev.purser.core.engine;

import dev.purser.core.model.VmProfile;
import dev.purser.core.policy.ServiceCatalog;
import java.util.Arrays;

/**
 * The instances, as columns of primitives, in one doubly linked list for each fleet and number of busy slots. Finding
 * the busiest instance with a free slot is one bit operation; the tail of the idle list has been idle longest.
 */
final class FleetTable {
    static final int NONE = -1;

    /** List numbers beyond the busy counts. */
    private static final int PENDING = VmProfile.MAX_SLOTS + 1;

    private static final int DRAINING = PENDING + 1;
    private static final int LISTS = DRAINING + 1;

    private final ServiceCatalog catalog;
    private final int[] head;
    private final int[] tail;
    /** Bit b is set where the fleet has a ready instance with b busy slots. */
    private final long[] occupied;

    private final int[] ready;
    private final int[] pending;
    private final int[] draining;
    private final int[] busy;

    private final long[] changed;
    private final long[] busyIntegral;
    private final long[] slotIntegral;
    private final double[] utilisation;

    private int[] fleet = new int[16];
    private int[] list = new int[16];
    private int[] busySlots = new int[16];
    private long[] number = new long[16];
    private long[] launched = new long[16];
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
        changed = new long[fleets];
        busyIntegral = new long[fleets];
        slotIntegral = new long[fleets];
        utilisation = new double[fleets];
    }

    /** A new pending instance. */
    int launch(int ofFleet, long now) {
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
        launched[row] = now;
        pending[ofFleet]++;
        alive++;
        link(row, PENDING);
        return row;
    }

    private void grow() {
        int size = fleet.length * 2;
        fleet = Arrays.copyOf(fleet, size);
        list = Arrays.copyOf(list, size);
        busySlots = Arrays.copyOf(busySlots, size);
        number = Arrays.copyOf(number, size);
        launched = Arrays.copyOf(launched, size);
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

    /** The busiest ready instance of a fleet with a free slot, or NONE. */
    int busiestWithFreeSlot(int ofFleet) {
        int slots = catalog.slots(ofFleet);
        long candidates = occupied[ofFleet] & ((1L << slots) - 1);
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
        if (list[row] == DRAINING) {
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
        ready[f]--;
        busy[f] -= busySlots[row];
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
        link(row, busySlots[row]);
        return row;
    }

    /** Forgets an instance, in whatever state it is. */
    void remove(int row, long now) {
        int f = fleet[row];
        integrate(f, now);
        switch (list[row]) {
            case PENDING -> pending[f]--;
            case DRAINING -> draining[f]--;
            default -> {
                ready[f]--;
                busy[f] -= busySlots[row];
            }
        }
        unlink(row);
        list[row] = NONE;
        alive--;
        next[row] = free;
        free = row;
    }

    /** Which instance a fleet gives up first: the newest pending one, the one idle longest, the least busy one. */
    int dispensable(int ofFleet) {
        int base = ofFleet * LISTS;
        if (head[base + PENDING] != NONE) {
            return head[base + PENDING];
        }
        return tail[base + Long.numberOfTrailingZeros(occupied[ofFleet])];
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

    long launched(int row) {
        return launched[row];
    }

    int readyInstances(int f) {
        return ready[f];
    }

    int pendingInstances(int f) {
        return pending[f];
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

    /** Instances that exist now, pending and draining ones included. */
    int alive() {
        return alive;
    }

    int rows() {
        return rows;
    }
}
