package dev.purser.core.engine;

import dev.purser.core.model.VmProfile;
import dev.purser.core.policy.ServiceCatalog;
import java.util.Arrays;

/**
 * The instances, as columns of primitives, in one doubly linked list for each fleet and number of busy slots. Finding
 * the busiest instance with a free slot is one bit operation; the tail of the idle list has been idle longest.
 *
 * <p>An instance is pending, ready, draining (it ends with its last request) or leaving (as draining, but the provider ends
 * it); or it is being prepared to stand by, is stopping, or stands by, stopped; and in the end it is ending, until the
 * platform says that it is gone.
 */
final class FleetTable {
    static final int NONE = -1;

    /** List numbers beyond the busy counts. */
    private static final int PENDING = VmProfile.MAX_SLOTS + 1;

    private static final int DRAINING = PENDING + 1;
    private static final int LEAVING = PENDING + 2;
    private static final int PREPARING = PENDING + 3;
    private static final int STANDBY = PENDING + 4;
    /** Told to stop, and not known to have stopped. */
    private static final int STOPPING = PENDING + 5;
    /** Told to end, and not known to be gone. */
    private static final int ENDING = PENDING + 6;

    private static final int LISTS = PENDING + 7;

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
    /** The name between engine and platform; {@link Ticket#NONE} in a free row. */
    private long[] ticket = new long[16];

    /** Whether it is paid for as a stopped one. */
    private boolean[] isStopped = new boolean[16];
    /** Of one that is ending: whether the provider took it back. */
    private boolean[] isInterrupted = new boolean[16];
    /** When it was last told to start, to stop or to end. */
    private long[] toldNanos = new long[16];

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
    private int ending;
    private final int[] aliveOf;

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
        aliveOf = new int[fleets];
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
            row = rows;
            addRows(row + 1);
        }
        enter(row, ofFleet, Ticket.of(started, row), now, now);
        number[row] = started++;
        alive(row, 1);
        if (toStandBy) {
            preparing[ofFleet]++;
            link(row, PREPARING);
        } else {
            pending[ofFleet]++;
            link(row, PENDING);
        }
        return row;
    }

    private void enter(int row, int ofFleet, long ofTicket, long from, long now) {
        fleet[row] = ofFleet;
        ticket[row] = ofTicket;
        busySlots[row] = 0;
        since[row] = from;
        noticedFor[row] = 0;
        isThrottled[row] = false;
        isStopped[row] = false;
        isInterrupted[row] = false;
        toldNanos[row] = now;
    }

    private void addRows(int atLeast) {
        while (atLeast > fleet.length) {
            grow();
        }
        rows = atLeast;
    }

    private void alive(int row, int more) {
        alive += more;
        aliveOf[fleet[row]] += more;
    }

    /**
     * An instance that a controller before this one launched: it keeps its ticket, and with it its row.
     *
     * @return whether there was room for it: false where an instance is known by that row
     */
    boolean find(long found, int ofFleet, Found state, long billedFrom, long now) {
        int row = Ticket.row(found);
        if (row < rows) {
            if (list[row] != NONE || !unfree(row)) {
                return false;
            }
        } else {
            int first = rows;
            addRows(row + 1);
            for (int r = first; r < row; r++) {
                list[r] = NONE;
                ticket[r] = Ticket.NONE;
                next[r] = free;
                free = r;
            }
        }
        enter(row, ofFleet, found, billedFrom, now);
        number[row] = Ticket.number(found);
        integrate(ofFleet, now);
        switch (state) {
            case PENDING -> {
                alive(row, 1);
                pending[ofFleet]++;
                link(row, PENDING);
            }
            case RUNNING -> {
                alive(row, 1);
                ready[ofFleet]++;
                idleSince[row] = now;
                link(row, 0);
            }
            case STOPPED -> {
                isStopped[row] = true;
                standby[ofFleet]++;
                link(row, STANDBY);
            }
            case ENDING -> {
                ending++;
                link(row, ENDING);
            }
        }
        return true;
    }

    private boolean unfree(int row) {
        int before = NONE;
        for (int at = free; at != NONE; at = next[at]) {
            if (at == row) {
                if (before == NONE) {
                    free = next[row];
                } else {
                    next[before] = next[row];
                }
                return true;
            }
            before = at;
        }
        return false;
    }

    /** The number that the next instance gets is at least this. */
    void startedAtLeast(long least) {
        started = Math.max(started, least);
    }

    private void grow() {
        int size = fleet.length * 2;
        fleet = Arrays.copyOf(fleet, size);
        list = Arrays.copyOf(list, size);
        busySlots = Arrays.copyOf(busySlots, size);
        number = Arrays.copyOf(number, size);
        ticket = Arrays.copyOf(ticket, size);
        isStopped = Arrays.copyOf(isStopped, size);
        isInterrupted = Arrays.copyOf(isInterrupted, size);
        toldNanos = Arrays.copyOf(toldNanos, size);
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

    /** An instance that serves nothing was told to stop. */
    void stop(int row, long now) {
        int f = fleet[row];
        integrate(f, now);
        uncount(row);
        unlink(row);
        isThrottled[row] = false;
        standby[f]++;
        alive(row, -1);
        toldNanos[row] = now;
        link(row, STOPPING);
    }

    /** An instance that was told to stop and then to end has stopped. */
    void stoppedWhileEnding(int row, long billedTo) {
        isStopped[row] = true;
        since[row] = billedTo;
    }

    /** Whether an instance was told to stop, and is not known to have stopped. */
    boolean isStopping(int row) {
        return list[row] == STOPPING;
    }

    /** An instance has stopped: it stands by. */
    void stopped(int row, long billedTo) {
        unlink(row);
        isStopped[row] = true;
        since[row] = billedTo;
        link(row, STANDBY);
    }

    /** An instance was told to end. */
    void end(int row, long now, boolean interrupted) {
        int f = fleet[row];
        integrate(f, now);
        uncount(row);
        if (list[row] != STANDBY && list[row] != STOPPING) {
            alive(row, -1);
        }
        unlink(row);
        isThrottled[row] = false;
        isInterrupted[row] = interrupted;
        toldNanos[row] = now;
        ending++;
        link(row, ENDING);
    }

    boolean isEnding(int row) {
        return list[row] == ENDING;
    }

    /** Of one that is ending: whether the provider took it back. */
    boolean isInterrupted(int row) {
        return isInterrupted[row];
    }

    /** When an instance was last told to start, to stop or to end. */
    long told(int row) {
        return toldNanos[row];
    }

    void tell(int row, long now) {
        toldNanos[row] = now;
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
        alive(row, 1);
        isStopped[row] = false;
        number[row] = started++;
        since[row] = now;
        toldNanos[row] = now;
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

    /** False where that says nothing new, or of an instance that does not serve. */
    boolean throttle(int row, boolean newThrottled) {
        if (isThrottled[row] == newThrottled || (!isReady(row) && list[row] != DRAINING && list[row] != LEAVING)) {
            return false;
        }
        isThrottled[row] = newThrottled;
        if (isReady(row)) {
            throttled[fleet[row]] += newThrottled ? 1 : -1;
        }
        return true;
    }

    /** Takes an instance out of its state's counts. */
    private void uncount(int row) {
        int f = fleet[row];
        switch (list[row]) {
            case PENDING -> pending[f]--;
            case DRAINING -> draining[f]--;
            case PREPARING -> preparing[f]--;
            case STANDBY, STOPPING -> standby[f]--;
            case ENDING -> ending--;
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
        if (!isReady(row)) {
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
        if (list[row] != STANDBY && list[row] != STOPPING && list[row] != ENDING) {
            alive(row, -1);
        }
        unlink(row);
        list[row] = NONE;
        ticket[row] = Ticket.NONE;
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

    /** Whether an instance is paid for as a stopped one. */
    boolean isStopped(int row) {
        return isStopped[row];
    }

    /** The provider's word on since when it is paid for. */
    void since(int row, long billedFrom) {
        since[row] = billedFrom;
    }

    boolean isStandby(int row) {
        return list[row] == STANDBY;
    }

    /** The row of an instance that a ticket names; NONE where the ticket is another's or nobody's. */
    int row(long ofTicket) {
        int row = Ticket.row(ofTicket);
        return row < rows && ticket[row] == ofTicket && ofTicket >= 0 ? row : NONE;
    }

    long ticket(int row) {
        return ticket[row];
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

    /** Stopped instances, and those that are stopping. */
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

    /** Instances of a fleet that exist now, as {@link #alive} has it. */
    int alive(int f) {
        return aliveOf[f];
    }

    /** Instances that were told to end and are not known to be gone. */
    int ending() {
        return ending;
    }

    int rows() {
        return rows;
    }
}
