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
    private final int classes;
    private long[] number = new long[64];
    private long[] arrival = new long[64];
    private int[] requestClass = new int[64];
    private int[] variant = new int[64];
    /** The instance or function that serves the request; NONE while it waits. */
    private int[] server = new int[64];

    private int[] next = new int[64];
    private int free = NONE;
    private int rows;
    private int open;

    private final int[] head;
    private final int[] tail;
    private final int[] queued;
    private int throttledHead = NONE;
    private int throttledTail = NONE;

    RequestTable(ServiceCatalog catalog) {
        this.catalog = catalog;
        this.classes = catalog.requestClasses();
        head = new int[catalog.variants() * classes];
        tail = new int[head.length];
        queued = new int[catalog.variants()];
        Arrays.fill(head, NONE);
        Arrays.fill(tail, NONE);
    }

    int add(long requestNumber, long arrivalNanos, int ofClass) {
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

    void enqueue(int row) {
        int queue = variant[row] * classes + requestClass[row];
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
        int queue = variant[row] * classes + requestClass[row];
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

    int queued(int ofVariant) {
        return queued[ofVariant];
    }

    /** Takes the waiting request of a variant that is next in an order; NONE where none waits. */
    int dequeue(int ofVariant, QueueOrder order) {
        int best = NONE;
        for (int c = 0; c < classes; c++) {
            int row = head[ofVariant * classes + c];
            if (row != NONE && (best == NONE || before(row, best, order))) {
                best = row;
            }
        }
        if (best != NONE) {
            removeHead(ofVariant * classes + requestClass[best]);
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
