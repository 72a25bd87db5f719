package dev.purser.core.engine;

import dev.purser.core.policy.QueueOrder;
import dev.purser.core.policy.RequestView;
import dev.purser.core.policy.ServiceCatalog;
import java.util.Arrays;

/**
 * The requests that have not ended, as columns of primitives, and the queues that some of them stand in. A request is
 * named by its row; rows are used again.
 *
 * <p>Requests wait in lanes: each variant has one that all its fleets serve, and each fleet one of its own. A lane has a
 * first-in-first-out queue for each request class. Requests of a class share their relative deadline, so the head of each
 * queue has its earliest deadline, and every queue order is a choice among heads. A set of bits for each lane says which of
 * its queues are not empty.
 *
 * <p>A request that is being served bears the number of the attempt, which is never used again.
 */
final class RequestTable {
    static final int NONE = -1;

    private final ServiceCatalog catalog;
    private final int variants;
    private final int lanes;
    private int classes;
    private long[] number = new long[64];
    private long[] arrival = new long[64];
    private int[] requestClass = new int[64];
    private int[] variant = new int[64];
    /** Where the request waits, or waited last. */
    private int[] lane = new int[64];
    /** The row of the instance that serves the request, or {@code -2 - pool}; NONE while it waits. */
    private int[] server = new int[64];
    /** The number of the attempt to serve it; NONE where none is under way. */
    private long[] attempt = new long[64];
    /** When that began. */
    private long[] begun = new long[64];
    /** Whether a part of the request has waited for a sandbox to start. */
    private boolean[] cold = new boolean[64];
    /** The request that this one answers a part of, and as which member; NONE for a request of its own. */
    private int[] whole = new int[64];

    private int[] member = new int[64];
    /** How many instances the request has lost. */
    private int[] losses = new int[64];
    /** The next one in the queue, in the batch that is being served, or in the list of free rows. */
    private int[] next = new int[64];
    /** The one before in the queue, in the batch, or among those that are throttled. */
    private int[] previous = new int[64];

    private int free = NONE;
    private int rows;
    private int open;
    private long attempts;

    /** Queues by class, then by lane: the variants' first, then the fleets'. */
    private int[] head;

    private int[] tail;
    /** By lane, {@link #words} for each: bit c is set where requests of class c wait. */
    private long[] waitingClasses;

    private int words;
    /** By lane. */
    private final int[] queued;
    /** By variant, over all its lanes. */
    private final int[] waiting;

    private int throttledHead = NONE;
    private int throttledTail = NONE;
    private int throttled;

    RequestTable(ServiceCatalog catalog) {
        this.catalog = catalog;
        variants = catalog.variants();
        lanes = variants + catalog.fleets();
        queued = new int[lanes];
        waiting = new int[variants];
        head = new int[0];
        tail = new int[0];
        waitingClasses = new long[0];
        addQueues();
    }

    /** Queues for the classes that the catalog has come to know. */
    private void addQueues() {
        int old = head.length;
        classes = catalog.requestClasses();
        head = Arrays.copyOf(head, classes * lanes);
        tail = Arrays.copyOf(tail, classes * lanes);
        Arrays.fill(head, old, head.length, NONE);
        Arrays.fill(tail, old, tail.length, NONE);
        int wordsNow = (classes + Long.SIZE - 1) / Long.SIZE;
        long[] grown = new long[lanes * wordsNow];
        for (int l = 0; l < lanes; l++) {
            System.arraycopy(waitingClasses, l * words, grown, l * wordsNow, words);
        }
        waitingClasses = grown;
        words = wordsNow;
    }

    private int queue(int row) {
        return requestClass[row] * lanes + lane[row];
    }

    int add(long requestNumber, long arrivalNanos, int ofClass) {
        if (ofClass >= classes) {
            addQueues();
        }
        int row = free;
        if (row != NONE) {
            free = next[row];
        } else {
            row = rows++;
            if (row == number.length) {
                grow();
            }
        }
        number[row] = requestNumber;
        arrival[row] = arrivalNanos;
        requestClass[row] = ofClass;
        variant[row] = NONE;
        server[row] = NONE;
        whole[row] = NONE;
        losses[row] = 0;
        attempt[row] = NONE;
        cold[row] = false;
        next[row] = NONE;
        open++;
        return row;
    }

    private void grow() {
        int size = number.length * 2;
        number = Arrays.copyOf(number, size);
        arrival = Arrays.copyOf(arrival, size);
        requestClass = Arrays.copyOf(requestClass, size);
        variant = Arrays.copyOf(variant, size);
        lane = Arrays.copyOf(lane, size);
        server = Arrays.copyOf(server, size);
        whole = Arrays.copyOf(whole, size);
        member = Arrays.copyOf(member, size);
        losses = Arrays.copyOf(losses, size);
        next = Arrays.copyOf(next, size);
        previous = Arrays.copyOf(previous, size);
        attempt = Arrays.copyOf(attempt, size);
        begun = Arrays.copyOf(begun, size);
        cold = Arrays.copyOf(cold, size);
    }

    void remove(int row) {
        next[row] = free;
        free = row;
        server[row] = NONE;
        attempt[row] = NONE;
        variant[row] = NONE;
        open--;
    }

    /** Requests that have not ended. */
    int open() {
        return open;
    }

    /** Rows in use now or before; every open request's row is below it. */
    int rows() {
        return rows;
    }

    long number(int row) {
        return number[row];
    }

    long arrival(int row) {
        return arrival[row];
    }

    int requestClass(int row) {
        return requestClass[row];
    }

    int variant(int row) {
        return variant[row];
    }

    void variant(int row, int selected) {
        variant[row] = selected;
    }

    /** The request that this one answers a part of; NONE for a request of its own. */
    int whole(int row) {
        return whole[row];
    }

    /** As which member of the ensemble a part of a request is answered. */
    int member(int row) {
        return member[row];
    }

    /** A part of a request, for one member of an ensemble. */
    int addPart(int ofWhole, int ofMember) {
        int row = add(number[ofWhole], arrival[ofWhole], requestClass[ofWhole]);
        whole[row] = ofWhole;
        member[row] = ofMember;
        return row;
    }

    int server(int row) {
        return server[row];
    }

    void server(int row, int serving) {
        server[row] = serving;
    }

    /** A number for an attempt. */
    long newAttempt() {
        return attempts++;
    }

    /** The next attempt gets at least this number. */
    void attemptsAtLeast(long least) {
        attempts = Math.max(attempts, least);
    }

    long attempts() {
        return attempts;
    }

    /** Begins an attempt to serve a request. */
    void begin(int row, long ofAttempt, int by, long now) {
        attempt[row] = ofAttempt;
        begun[row] = now;
        server[row] = by;
    }

    /** The ticket of the attempt that serves a request. */
    long ticket(int row) {
        return Ticket.of(attempt[row], row);
    }

    /** The row of a request that an attempt serves; NONE where the ticket is late. */
    int row(long ticket) {
        int row = Ticket.row(ticket);
        return ticket >= 0 && row < rows && attempt[row] == Ticket.number(ticket) ? row : NONE;
    }

    /** What is to serve a request that is not served yet. */
    void wants(int row, int wanted) {
        server[row] = wanted;
    }

    boolean isUnderWay(int row) {
        return attempt[row] != NONE;
    }

    long begun(int row) {
        return begun[row];
    }

    /** A part of the request has waited for a sandbox to start. */
    void waitedCold(int row) {
        cold[row] = true;
    }

    boolean isCold(int row) {
        return cold[row];
    }

    /** No attempt serves a request any more. */
    void interrupt(int row) {
        server[row] = NONE;
        attempt[row] = NONE;
    }

    /** As {@link #interrupt}, and returns how often the request has lost what served it. */
    int lose(int row) {
        interrupt(row);
        return ++losses[row];
    }

    /** The request that is served in the same batch after this one; NONE after the last. */
    int nextInBatch(int row) {
        return next[row];
    }

    /** A request is a batch of its own. */
    void startBatch(int row) {
        next[row] = NONE;
        previous[row] = NONE;
    }

    /** A request joins a batch behind its last. */
    void joinBatch(int last, int row) {
        next[last] = row;
        previous[row] = last;
        next[row] = NONE;
    }

    /** Takes a request out of its batch; true where it was the only one. */
    boolean leaveBatch(int row) {
        int before = previous[row];
        int after = next[row];
        if (before != NONE) {
            next[before] = after;
        }
        if (after != NONE) {
            previous[after] = before;
        }
        return before == NONE && after == NONE;
    }

    /** The first request of the batch that a request is in. */
    int firstInBatch(int row) {
        int first = row;
        while (previous[first] != NONE) {
            first = previous[first];
        }
        return first;
    }

    /** Waits for any fleet of its variant. */
    void enqueue(int row) {
        enqueueIn(variant[row], row);
    }

    /** Waits for one fleet of its variant. */
    void enqueueForFleet(int row, int fleet) {
        enqueueIn(variants + fleet, row);
    }

    private void enqueueIn(int ofLane, int row) {
        lane[row] = ofLane;
        insert(row, tail[queue(row)]);
    }

    /** Puts a request that was being served among those that any fleet of its variant may serve, by its arrival. */
    void enqueueByArrival(int row) {
        lane[row] = variant[row];
        int at = head[queue(row)];
        int before = NONE;
        while (at != NONE && number[at] < number[row]) {
            before = at;
            at = next[at];
        }
        insert(row, before);
    }

    /** Puts a request into the queue of its lane and class, after another of it; at the head after NONE. */
    private void insert(int row, int before) {
        int queue = queue(row);
        int after = before == NONE ? head[queue] : next[before];
        next[row] = after;
        previous[row] = before;
        if (before == NONE) {
            head[queue] = row;
            waitingClasses[lane[row] * words + (requestClass[row] >> 6)] |= 1L << requestClass[row];
        } else {
            next[before] = row;
        }
        if (after == NONE) {
            tail[queue] = row;
        } else {
            previous[after] = row;
        }
        queued[lane[row]]++;
        waiting[variant[row]]++;
    }

    /** Lets any fleet of the variant serve the requests that wait for one fleet. */
    void release(int fleet) {
        int from = variants + fleet;
        int to = catalog.variantOfFleet(fleet);
        for (int w = 0; w < words && queued[from] > 0; w++) {
            while (waitingClasses[from * words + w] != 0) {
                int c = (w << 6) + Long.numberOfTrailingZeros(waitingClasses[from * words + w]);
                int before = NONE;
                while (head[c * lanes + from] != NONE) {
                    int row = removeHead(c * lanes + from);
                    int at = before == NONE ? head[c * lanes + to] : next[before];
                    while (at != NONE && number[at] < number[row]) {
                        before = at;
                        at = next[at];
                    }
                    lane[row] = to;
                    insert(row, before);
                    before = row;
                }
            }
        }
    }

    /** Takes a request that waits out of the queue it stands in. */
    void withdraw(int row) {
        remove(row, queue(row));
    }

    private void remove(int row, int queue) {
        int before = previous[row];
        int after = next[row];
        if (before == NONE) {
            head[queue] = after;
        } else {
            next[before] = after;
        }
        if (after == NONE) {
            tail[queue] = before;
        } else {
            previous[after] = before;
        }
        if (head[queue] == NONE) {
            waitingClasses[lane[row] * words + (requestClass[row] >> 6)] &= ~(1L << requestClass[row]);
        }
        uncount(row);
    }

    private void uncount(int row) {
        queued[lane[row]]--;
        waiting[variant[row]]--;
    }

    /** When the first of the requests that a fleet may serve arrived; there must be one. */
    long oldestArrival(int fleet) {
        return Math.min(oldest(catalog.variantOfFleet(fleet)), oldest(variants + fleet));
    }

    private long oldest(int ofLane) {
        long oldest = Long.MAX_VALUE;
        for (int w = 0; w < words; w++) {
            for (long left = waitingClasses[ofLane * words + w]; left != 0; left &= left - 1) {
                int c = (w << 6) + Long.numberOfTrailingZeros(left);
                oldest = Math.min(oldest, arrival[head[c * lanes + ofLane]]);
            }
        }
        return oldest;
    }

    /** The earliest deadline among the requests that a fleet may serve; unbounded where none has one. */
    long earliestDeadline(int fleet) {
        return Math.min(earliest(catalog.variantOfFleet(fleet)), earliest(variants + fleet));
    }

    private long earliest(int ofLane) {
        long earliest = ServiceCatalog.UNBOUNDED;
        for (int w = 0; w < words; w++) {
            for (long left = waitingClasses[ofLane * words + w]; left != 0; left &= left - 1) {
                int c = (w << 6) + Long.numberOfTrailingZeros(left);
                earliest = Math.min(earliest, deadline(head[c * lanes + ofLane]));
            }
        }
        return earliest;
    }

    /** Requests that wait for a variant, for any of its fleets or for one. */
    int waitingForVariant(int ofVariant) {
        return waiting[ofVariant];
    }

    /** Requests that wait for one fleet and no other. */
    int waitingForFleet(int fleet) {
        return queued[variants + fleet];
    }

    /** Requests that a fleet may serve: its own, and those for any fleet of its variant. */
    int servable(int fleet) {
        return queued[variants + fleet] + queued[catalog.variantOfFleet(fleet)];
    }

    /** Takes the waiting request that a fleet may serve and that is next in an order; NONE where none waits. */
    int dequeue(int fleet, QueueOrder order) {
        int shared = catalog.variantOfFleet(fleet);
        int best = queued[shared] == 0 ? NONE : first(shared, order, NONE);
        if (queued[variants + fleet] > 0) {
            best = first(variants + fleet, order, best);
        }
        if (best != NONE) {
            removeHead(queue(best));
        }
        return best;
    }

    private int first(int ofLane, QueueOrder order, int than) {
        int best = than;
        for (int w = 0; w < words; w++) {
            for (long left = waitingClasses[ofLane * words + w]; left != 0; left &= left - 1) {
                int row = head[((w << 6) + Long.numberOfTrailingZeros(left)) * lanes + ofLane];
                if (best == NONE || before(row, best, order)) {
                    best = row;
                }
            }
        }
        return best;
    }

    private boolean before(int a, int b, QueueOrder order) {
        if (order == QueueOrder.STRICT_FIRST) {
            boolean strictA = catalog.strict(requestClass[a]);
            if (strictA != catalog.strict(requestClass[b])) {
                return strictA;
            }
            long deadlineA = deadline(a);
            long deadlineB = deadline(b);
            if (deadlineA != deadlineB) {
                return deadlineA < deadlineB;
            }
        }
        return number[a] < number[b];
    }

    private long deadline(int row) {
        long latency = catalog.maxLatencyNanos(requestClass[row]);
        return latency == ServiceCatalog.UNBOUNDED ? latency : arrival[row] + latency;
    }

    private int removeHead(int queue) {
        int row = head[queue];
        remove(row, queue);
        return row;
    }

    /** Takes a request that has waited in a queue since before a time; NONE where there is none. */
    int dequeueOlderThan(long arrivedBefore) {
        for (int queue = 0; queue < head.length; queue++) {
            if (head[queue] != NONE && arrival[head[queue]] < arrivedBefore) {
                return removeHead(queue);
            }
        }
        if (throttledHead != NONE && arrival[throttledHead] < arrivedBefore) {
            return nextThrottled();
        }
        return NONE;
    }

    /**
     * Adds to those that wait for the account's concurrency limit, in the order in which they arrived; {@code server} is
     * the function they want. Most were the last to arrive; one that was throttled again is the first.
     */
    void throttle(int row) {
        attempt[row] = NONE;
        throttled++;
        int before = throttledTail;
        if (before != NONE && number[before] > number[row]) {
            before = NONE;
            for (int at = throttledHead; number[at] < number[row]; at = next[at]) {
                before = at;
            }
        }
        int after = before == NONE ? throttledHead : next[before];
        next[row] = after;
        previous[row] = before;
        if (before == NONE) {
            throttledHead = row;
        } else {
            next[before] = row;
        }
        if (after == NONE) {
            throttledTail = row;
        } else {
            previous[after] = row;
        }
    }

    int nextThrottled() {
        int row = throttledHead;
        if (row != NONE) {
            removeThrottled(row);
        }
        return row;
    }

    /** Whether a request waits for the account's concurrency limit. */
    boolean isThrottled(int row) {
        return server[row] < NONE && attempt[row] == NONE;
    }

    /** How many wait for the account's limit. */
    int throttled() {
        return throttled;
    }

    void removeThrottled(int row) {
        throttled--;
        int before = previous[row];
        int after = next[row];
        if (before == NONE) {
            throttledHead = after;
        } else {
            next[before] = after;
        }
        if (after == NONE) {
            throttledTail = before;
        } else {
            previous[after] = before;
        }
    }

    /** A view that can be pointed at a row, so that a decision costs no object. */
    final class Cursor implements RequestView {
        private int row;

        Cursor at(int newRow) {
            row = newRow;
            return this;
        }

        @Override
        public long number() {
            return number[row];
        }

        @Override
        public int requestClass() {
            return requestClass[row];
        }

        @Override
        public long arrivalNanos() {
            return arrival[row];
        }

        @Override
        public int variant() {
            return variant[row];
        }
    }
}
