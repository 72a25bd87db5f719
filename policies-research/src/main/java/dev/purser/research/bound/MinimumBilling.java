package dev.purser.research.bound;

import java.util.Arrays;
import java.util.PriorityQueue;

/**
 * The cheapest fleet under a billing minimum. Let U(t) be the VMs launched and V(t) those stopped by step t. The oldest
 * is stopped first, so the minimum of m steps says V(t) ≤ U(t − m), and the cost is a sum of convex functions of the
 * differences U(t) − V(t) and U(t) − U(t − 1): the dual of a minimum-cost flow (R. Ahuja, T. Magnanti, J. Orlin,
 * <i>Network Flows</i>, 1993, sections 9.4 and 14.1), whose node potentials are U and V, hence whole numbers. It is
 * solved with the primal-dual algorithm (ibid. section 9.8): shortest distances, then a maximum flow along them.
 *
 * <p>Money is the flow and is counted in whole units of 2⁻⁴⁰ of the largest price, so that nothing is lost to rounding
 * during the search; the plan found is then priced as it is.
 */
final class MinimumBilling {
    private static final long UNLIMITED = Long.MAX_VALUE / 4;

    private final int nodes;
    private final int[] first;
    private int[] next = new int[1024];
    private int[] head = new int[1024];
    private long[] room = new long[1024];
    private long[] length = new long[1024];
    private int arcs;

    private final long[] potential;
    private final long[] excess;
    private final long[] distance;
    private final int[] depth;
    private final int[] arcAt;
    private final int[] path;

    private MinimumBilling(int nodes) {
        this.nodes = nodes;
        this.first = new int[nodes];
        Arrays.fill(first, -1);
        this.potential = new long[nodes];
        this.excess = new long[nodes];
        this.distance = new long[nodes];
        this.depth = new int[nodes];
        this.arcAt = new int[nodes];
        this.path = new int[nodes];
    }

    /** The fleet of each step in a cheapest plan. */
    static int[] fleet(double[] demand, ExactBound.Terms terms) {
        int steps = demand.length;
        int minimum = terms.minimumSteps();
        double p = terms.vmUsdPerStep();
        double cap = terms.requestsPerVmStep();
        // without functions a VM that is missing must cost more than any VM could
        double perVm = terms.functions()
                ? terms.functionUsdPerRequest() * cap
                : 2 * (terms.launchUsd() + p * ((double) steps + minimum));
        double scale = 0x1p40 / Math.max(Math.max(perVm, p), terms.launchUsd() + p * minimum);
        MinimumBilling flow = new MinimumBilling(2 * steps + 1);
        int ground = 2 * steps;
        long price = Math.round(p * scale);
        for (int t = 0; t < steps; t++) {
            int u = t;
            int v = steps + t;
            long launch = launch(terms, t, steps, scale);
            long later = t + 1 < steps ? launch(terms, t + 1, steps, scale) : 0;
            flow.excess[u] += price + launch - later;
            flow.excess[v] -= price;
            if (t == 0) {
                flow.excess[ground] -= launch;
            }
            flow.arc(u, t == 0 ? ground : u - 1, UNLIMITED, 0); // U(t − 1) ≤ U(t)
            flow.arc(v, t == 0 ? ground : v - 1, UNLIMITED, 0);
            flow.arc(t < minimum ? ground : t - minimum, v, UNLIMITED, 0); // V(t) ≤ U(t − m)
            // the demand left over costs perVm for each VM missing, less for the last, which it fills in part
            int whole = (int) Math.floor(demand[t] / cap);
            double rest = ExactBound.excess(demand[t], cap, whole) / cap;
            if (!terms.functions()) {
                rest = rest > 0 ? 1 : 0;
            }
            flow.saturated(u, v, Math.round(perVm * rest * scale), whole + 1);
            flow.saturated(u, v, Math.round(perVm * (1 - rest) * scale), whole);
        }
        flow.run();
        int[] fleet = new int[steps];
        for (int t = 0; t < steps; t++) {
            fleet[t] = Math.toIntExact(flow.potential[t] - flow.potential[steps + t]);
        }
        return fleet;
    }

    /** A launch, with the part of the minimum that lies beyond the horizon. */
    private static long launch(ExactBound.Terms terms, int step, int steps, double scale) {
        double usd = step == 0 && terms.firstFleetFree() ? 0 : terms.launchUsd();
        return Math.round((usd + terms.vmUsdPerStep() * Math.max(0, terms.minimumSteps() - (steps - step))) * scale);
    }

    private void arc(int from, int to, long capacity, long cost) {
        half(from, to, capacity, cost);
        half(to, from, 0, -cost);
    }

    /** An arc of cost −gain that starts full, so that every arc with room left has a cost of at least 0. */
    private void saturated(int from, int to, long capacity, long gain) {
        if (capacity > 0) {
            half(from, to, 0, -gain);
            half(to, from, capacity, gain);
            excess[from] -= capacity;
            excess[to] += capacity;
        }
    }

    private void half(int from, int to, long capacity, long cost) {
        if (arcs == head.length) {
            int size = 2 * arcs;
            next = Arrays.copyOf(next, size);
            head = Arrays.copyOf(head, size);
            room = Arrays.copyOf(room, size);
            length = Arrays.copyOf(length, size);
        }
        head[arcs] = to;
        room[arcs] = capacity;
        length[arcs] = cost;
        next[arcs] = first[from];
        first[from] = arcs++;
    }

    private void run() {
        while (shortestDistances()) {
            while (depths()) {
                System.arraycopy(first, 0, arcAt, 0, nodes);
                for (int node = 0; node < nodes; node++) {
                    if (excess[node] > 0) {
                        push(node);
                    }
                }
            }
        }
    }

    private long reduced(int from, int arc) {
        return length[arc] + potential[from] - potential[head[arc]];
    }

    private record Reached(long distance, int node) implements Comparable<Reached> {
        @Override
        public int compareTo(Reached other) {
            return Long.compare(distance, other.distance);
        }
    }

    /** Raises the potentials until a deficit can be reached from an excess along arcs of reduced length 0. */
    private boolean shortestDistances() {
        Arrays.fill(distance, Long.MAX_VALUE);
        PriorityQueue<Reached> queue = new PriorityQueue<>();
        for (int node = 0; node < nodes; node++) {
            if (excess[node] > 0) {
                distance[node] = 0;
                queue.add(new Reached(0, node));
            }
        }
        long limit = Long.MAX_VALUE;
        while (!queue.isEmpty()) {
            Reached at = queue.remove();
            if (at.distance() > limit) {
                break;
            }
            if (at.distance() > distance[at.node()]) {
                continue;
            }
            if (excess[at.node()] < 0) {
                limit = at.distance();
            }
            for (int arc = first[at.node()]; arc >= 0; arc = next[arc]) {
                if (room[arc] > 0) {
                    long to = at.distance() + reduced(at.node(), arc);
                    if (to < distance[head[arc]]) {
                        distance[head[arc]] = to;
                        queue.add(new Reached(to, head[arc]));
                    }
                }
            }
        }
        if (limit == Long.MAX_VALUE) {
            return false;
        }
        for (int node = 0; node < nodes; node++) {
            potential[node] += Math.min(distance[node], limit);
        }
        return true;
    }

    /** Breadth-first depths along arcs of reduced length 0; whether a deficit is reached. */
    private boolean depths() {
        Arrays.fill(depth, -1);
        int[] queue = new int[nodes];
        int end = 0;
        for (int node = 0; node < nodes; node++) {
            if (excess[node] > 0) {
                depth[node] = 0;
                queue[end++] = node;
            }
        }
        boolean reached = false;
        for (int i = 0; i < end; i++) {
            int node = queue[i];
            reached |= excess[node] < 0;
            for (int arc = first[node]; arc >= 0; arc = next[arc]) {
                int to = head[arc];
                if (room[arc] > 0 && depth[to] < 0 && reduced(node, arc) == 0) {
                    depth[to] = depth[node] + 1;
                    queue[end++] = to;
                }
            }
        }
        return reached;
    }

    /** Sends the excess of a node to deficits along deepening arcs, with an explicit path instead of recursion. */
    private void push(int source) {
        int size = 0;
        int node = source;
        while (excess[source] > 0) {
            if (excess[node] < 0) {
                long amount = Math.min(excess[source], -excess[node]);
                for (int i = 0; i < size; i++) {
                    amount = Math.min(amount, room[path[i]]);
                }
                for (int i = 0; i < size; i++) {
                    room[path[i]] -= amount;
                    room[path[i] ^ 1] += amount;
                }
                excess[source] -= amount;
                excess[node] += amount;
                size = 0;
                node = source;
                continue;
            }
            int arc = arcAt[node];
            while (arc >= 0 && !(room[arc] > 0 && depth[head[arc]] == depth[node] + 1 && reduced(node, arc) == 0)) {
                arc = next[arc];
            }
            arcAt[node] = arc;
            if (arc >= 0) {
                path[size++] = arc;
                node = head[arc];
            } else if (size == 0) {
                return;
            } else {
                size--;
                node = head[path[size] ^ 1];
                arcAt[node] = next[arcAt[node]]; // a dead end
            }
        }
    }
}
