package dev.purser.core.engine;

import dev.purser.core.policy.QueueOrder;
import dev.purser.core.policy.RequestView;
import dev.purser.core.policy.ServiceCatalog;
import java.util.Arrays;

/**
 * The requests that have not ended, as columns of primitives, and the queues that some of them stand in. A request is
 * named by its row; rows are used again.
 *
 * <p>Each variant has one first-in-first-out queue for each request class. Requests of a class share their relative
 * deadline, so the head of each queue has its earliest deadline, and every queue order is a choice among heads.
 */
final class RequestTable {
    static final int NONE = -1;

    private final ServiceCatalog catalog;
    private final int variants;
    private int classes;
    private long[] number = new long[64];
    private long[] arrival = new long[64];
    private int[] requestClass = new int[64];
    private int[] variant = new int[64];
    /** The instance or function that serves the request; NONE while it waits. */
    private int[] server = new int[64];
    /** How many instances the request has lost. */
    private int[] losses = new int[64];
    /** The next one in the queue, in the batch that is being served, or in the list of free rows. */
    private int[] next = new int[64];

    private int free = NONE;
    private int rows;
    private int open;

    /** Queues by class, then by variant. */
    private int[] head;

    private int[] tail;
    private final int[] queued;
    private int throttledHead = NONE;
    private int throttledTail = NONE;

    RequestTable(ServiceCatalog catalog) {
        this.catalog = catalog;
        variants = catalog.variants();
        queued = new int[variants];
        head = new int[0];
        tail = new int[0];
        addQueues();
    }

    /** Queues for the classes that the catalog has come to know. */
    private void addQueues() {
        int old = head.length;
        classes = catalog.requestClasses();
        head = Arrays.copyOf(head, classes * variants);
        tail = Arrays.copyOf(tail, classes * variants);
        Arrays.fill(head, old, head.length, NONE);
        Arrays.fill(tail, old, tail.length, NONE);
    }

    private int queue(int row) {
        return requestClass[row] * variants + variant[row];
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
        server = Arrays.copyOf(server, size);
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

    void enqueue(int row) {
        int queue = queue(row);
        next[row] = NONE;
        if (tail[queue] == NONE) {
            head[queue] = row;
        } else {
            next[tail[queue]] = row;
        }
        tail[queue] = row;
        queued[variant[row]]++;
    }

    /** Puts a request that was being served back to where it came from: before those that arrived later. */
    void enqueueByArrival(int row) {
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
        queued[variant[row]]++;
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
                queued[variant[row]]--;
                return true;
            }
            before = at;
        }
        return false;
    }

    /** When the first of the requests that wait for a variant arrived; there must be one. */
    long oldestArrival(int ofVariant) {
        long oldest = Long.MAX_VALUE;
        for (int queue = ofVariant; queue < head.length; queue += variants) {
            if (head[queue] != NONE) {
                oldest = Math.min(oldest, arrival[head[queue]]);
            }
        }
        return oldest;
    }

    /** The earliest deadline among the requests that wait for a variant; unbounded where none has one. */
    long earliestDeadline(int ofVariant) {
        long earliest = ServiceCatalog.UNBOUNDED;
        for (int queue = ofVariant; queue < head.length; queue += variants) {
            if (head[queue] != NONE) {
                earliest = Math.min(earliest, deadline(head[queue]));
            }
        }
        return earliest;
    }

    int queued(int ofVariant) {
        return queued[ofVariant];
    }

    /** Takes the waiting request of a variant that is next in an order; NONE where none waits. */
    int dequeue(int ofVariant, QueueOrder order) {
        int best = NONE;
        for (int queue = ofVariant; queue < head.length; queue += variants) {
            int row = head[queue];
            if (row != NONE && (best == NONE || before(row, best, order))) {
                best = row;
            }
        }
        if (best != NONE) {
            removeHead(queue(best));
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
        queued[variant[row]]--;
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
