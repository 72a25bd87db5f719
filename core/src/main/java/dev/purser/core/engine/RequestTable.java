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
 * queue has its earliest deadline, and every queue order is a choice among heads.
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
    /** The instance or function that serves the request; NONE while it waits. */
    private int[] server = new int[64];
    /** The request that this one answers a part of, and as which member; NONE for a request of its own. */
    private int[] whole = new int[64];

    private int[] member = new int[64];
    /** How many instances the request has lost. */
    private int[] losses = new int[64];
    /** The next one in the queue, in the batch that is being served, or in the list of free rows. */
    private int[] next = new int[64];

    private int free = NONE;
    private int rows;
    private int open;

    /** Queues by class, then by lane: the variants' first, then the fleets'. */
    private int[] head;

    private int[] tail;
    /** By lane. */
    private final int[] queued;
    /** By variant, over all its lanes. */
    private final int[] waiting;

    private int throttledHead = NONE;
    private int throttledTail = NONE;

    RequestTable(ServiceCatalog catalog) {
        this.catalog = catalog;
        variants = catalog.variants();
        lanes = variants + catalog.fleets();
        queued = new int[lanes];
        waiting = new int[variants];
        head = new int[0];
        tail = new int[0];
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
    }

    void remove(int row) {
        next[row] = free;
        free = row;
        server[row] = NONE;
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

    /** Counts a lost instance, and returns how many the request has lost. */
    int lose(int row) {
        server[row] = NONE;
        return ++losses[row];
    }

    /** The request that is served in the same batch after this one; NONE after the last. */
    int nextInBatch(int row) {
        return next[row];
    }

    void nextInBatch(int row, int following) {
        next[row] = following;
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
        int queue = queue(row);
        next[row] = NONE;
        if (tail[queue] == NONE) {
            head[queue] = row;
        } else {
            next[tail[queue]] = row;
        }
        tail[queue] = row;
        queued[ofLane]++;
        waiting[variant[row]]++;
    }

    /** Puts a request that was being served among those that any fleet of its variant may serve, by its arrival. */
    void enqueueByArrival(int row) {
        lane[row] = variant[row];
        int queue = queue(row);
        int before = NONE;
        int at = head[queue];
        while (at != NONE && number[at] < number[row]) {
            before = at;
            at = next[at];
        }
        next[row] = at;
        if (before == NONE) {
            head[queue] = row;
        } else {
            next[before] = row;
        }
        if (at == NONE) {
            tail[queue] = row;
        }
        queued[lane[row]]++;
        waiting[variant[row]]++;
    }

    /** Lets any fleet of the variant serve the requests that wait for one fleet. */
    void release(int fleet) {
        int from = variants + fleet;
        if (queued[from] == 0) {
            return;
        }
        int to = catalog.variantOfFleet(fleet);
        for (int c = 0; c < classes; c++) {
            int a = head[c * lanes + from];
            int b = head[c * lanes + to];
            int last = NONE;
            head[c * lanes + from] = NONE;
            tail[c * lanes + from] = NONE;
            while (a != NONE || b != NONE) {
                int row;
                if (b == NONE || (a != NONE && number[a] < number[b])) {
                    row = a;
                    a = next[a];
                    lane[row] = to;
                } else {
                    row = b;
                    b = next[b];
                }
                if (last == NONE) {
                    head[c * lanes + to] = row;
                } else {
                    next[last] = row;
                }
                last = row;
            }
            if (last != NONE) {
                next[last] = NONE;
                tail[c * lanes + to] = last;
            }
        }
        queued[to] += queued[from];
        queued[from] = 0;
    }

    /** Takes a request out of the queue it stands in; false where it stands in none. */
    boolean withdraw(int row) {
        int queue = queue(row);
        int before = NONE;
        for (int at = head[queue]; at != NONE; at = next[at]) {
            if (at == row) {
                if (before == NONE) {
                    removeHead(queue);
                    return true;
                }
                next[before] = next[row];
                if (tail[queue] == row) {
                    tail[queue] = before;
                }
                uncount(row);
                return true;
            }
            before = at;
        }
        return false;
    }

    private void uncount(int row) {
        queued[lane[row]]--;
        waiting[variant[row]]--;
    }

    /** When the first of the requests that a fleet may serve arrived; there must be one. */
    long oldestArrival(int fleet) {
        long oldest = Long.MAX_VALUE;
        for (int base = 0; base < head.length; base += lanes) {
            int shared = head[base + catalog.variantOfFleet(fleet)];
            int own = head[base + variants + fleet];
            if (shared != NONE) {
                oldest = Math.min(oldest, arrival[shared]);
            }
            if (own != NONE) {
                oldest = Math.min(oldest, arrival[own]);
            }
        }
        return oldest;
    }

    /** The earliest deadline among the requests that a fleet may serve; unbounded where none has one. */
    long earliestDeadline(int fleet) {
        long earliest = ServiceCatalog.UNBOUNDED;
        for (int base = 0; base < head.length; base += lanes) {
            int shared = head[base + catalog.variantOfFleet(fleet)];
            int own = head[base + variants + fleet];
            if (shared != NONE) {
                earliest = Math.min(earliest, deadline(shared));
            }
            if (own != NONE) {
                earliest = Math.min(earliest, deadline(own));
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
        for (int queue = ofLane; queue < head.length; queue += lanes) {
            int row = head[queue];
            if (row != NONE && (best == NONE || before(row, best, order))) {
                best = row;
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
        head[queue] = next[row];
        if (head[queue] == NONE) {
            tail[queue] = NONE;
        }
        uncount(row);
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
        if (throttledHead == NONE || number[throttledTail] < number[row]) {
            next[row] = NONE;
            if (throttledHead == NONE) {
                throttledHead = row;
            } else {
                next[throttledTail] = row;
            }
            throttledTail = row;
            return;
        }
        int before = NONE;
        int at = throttledHead;
        while (number[at] < number[row]) {
            before = at;
            at = next[at];
        }
        next[row] = at;
        if (before == NONE) {
            throttledHead = row;
        } else {
            next[before] = row;
        }
    }

    int nextThrottled() {
        int row = throttledHead;
        if (row != NONE) {
            throttledHead = next[row];
            if (throttledHead == NONE) {
                throttledTail = NONE;
            }
        }
        return row;
    }

    /** Takes a request out of those that wait for the account's concurrency limit; false where it does not. */
    boolean withdrawThrottled(int row) {
        int before = NONE;
        for (int at = throttledHead; at != NONE; at = next[at]) {
            if (at == row) {
                if (before == NONE) {
                    nextThrottled();
                    return true;
                }
                next[before] = next[row];
                if (throttledTail == row) {
                    throttledTail = before;
                }
                return true;
            }
            before = at;
        }
        return false;
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
