package dev.purser.core.engine;

import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Offload;
import dev.purser.core.policy.ProvisioningView.Trigger;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.Selection;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Every decision and its reason, bounded: the last plans whole, and the last requests in a ring of references to reasons
 * that policies make once. Words are made when someone asks.
 */
public final class DecisionLog {

    /**
     * What became of one fleet's target.
     *
     * @param fleet the fleet
     * @param before instances before, ready and pending
     * @param target instances asked for
     * @param firstLaunched number of the first instance launched, the others follow; -1 where none was
     * @param launched how many were launched
     * @param stopped how many were terminated or began to drain
     * @param standby stopped instances to hold besides
     * @param reason the provisioner's
     */
    public record FleetDecision(
            int fleet,
            int before,
            int target,
            long firstLaunched,
            int launched,
            int stopped,
            int standby,
            Reason reason) {}

    /**
     * One plan.
     *
     * @param nanos when
     * @param trigger why it was asked for
     * @param fleets what became of each target
     * @param offload its word on functions
     */
    public record PlanDecision(long nanos, Trigger trigger, List<FleetDecision> fleets, Offload offload) {}

    /**
     * What happened to an instance that no policy decided.
     *
     * @param nanos when
     * @param kind a short code: {@code notice}, {@code interrupted}, {@code launch-failed}, {@code no-capacity}, {@code
     *     launch-timeout}, {@code crashed}, {@code throttled}, {@code full-speed}, {@code leaving}
     * @param fleet its fleet
     * @param instance its number
     * @param words a sentence
     */
    public record InstanceEvent(long nanos, String kind, int fleet, long instance, String words) {}

    /**
     * One request's way.
     *
     * @param nanos when it arrived
     * @param request its number
     * @param requestClass its class
     * @param selection the selector's choice; null where the request named its variant
     * @param variant the variant
     * @param dispatch the dispatcher's choice; null where the selector refused
     */
    public record RequestDecision(
            long nanos,
            long request,
            int requestClass,
            @Nullable Selection selection,
            int variant,
            @Nullable Dispatch dispatch) {}

    private final int planCapacity;
    private final Deque<PlanDecision> plans = new ArrayDeque<>();
    private long plansDropped;
    private final Deque<InstanceEvent> instanceEvents = new ArrayDeque<>();
    private final int requestCapacity;
    private final long[] requestNanos;
    private final long[] requestNumber;
    private final int[] requestClass;
    private final int[] requestVariant;
    private final @Nullable Selection[] selections;
    private final @Nullable Dispatch[] dispatches;
    private long requests;
    private long focus = -1;

    /**
     * @param plans how many plans to keep, at least 1
     * @param requests how many requests' decisions to keep, at least 1
     */
    public DecisionLog(int plans, int requests) {
        if (plans < 1 || requests < 1) {
            throw new IllegalArgumentException("a decision log of " + plans + " plans and " + requests + " requests");
        }
        planCapacity = plans;
        requestCapacity = requests;
        requestNanos = new long[requests];
        requestNumber = new long[requests];
        requestClass = new int[requests];
        requestVariant = new int[requests];
        selections = new Selection[requests];
        dispatches = new Dispatch[requests];
    }

    /** A log for a run of which only the last decisions may be asked for. */
    public static DecisionLog small() {
        return new DecisionLog(512, 1024);
    }

    /** Keeps the decisions of one request only, however long ago. */
    public DecisionLog focusOn(long number) {
        focus = number;
        return this;
    }

    void plan(PlanDecision decision) {
        if (plans.size() == planCapacity) {
            plans.removeFirst();
            plansDropped++;
        }
        plans.addLast(decision);
    }

    void instance(InstanceEvent event) {
        if (instanceEvents.size() == planCapacity) {
            instanceEvents.removeFirst();
        }
        instanceEvents.addLast(event);
    }

    void request(
            long nanos,
            long number,
            int ofClass,
            int variant,
            @Nullable Selection selection,
            @Nullable Dispatch dispatch) {
        if (focus >= 0 && number != focus) {
            return;
        }
        int at = (int) (requests++ % requestCapacity);
        requestNanos[at] = nanos;
        requestNumber[at] = number;
        requestClass[at] = ofClass;
        requestVariant[at] = variant;
        selections[at] = selection;
        dispatches[at] = dispatch;
    }

    /** The plans kept, oldest first. */
    public List<PlanDecision> plans() {
        return List.copyOf(plans);
    }

    /** What happened to instances unasked, oldest first; as many as plans are kept. */
    public List<InstanceEvent> instanceEvents() {
        return List.copyOf(instanceEvents);
    }

    /** How many older plans were dropped. */
    public long plansDropped() {
        return plansDropped;
    }

    /** The requests kept, oldest first. */
    public List<RequestDecision> requests() {
        List<RequestDecision> result = new ArrayList<>();
        for (long i = Math.max(0, requests - requestCapacity); i < requests; i++) {
            int at = (int) (i % requestCapacity);
            result.add(new RequestDecision(
                    requestNanos[at],
                    requestNumber[at],
                    requestClass[at],
                    selections[at],
                    requestVariant[at],
                    dispatches[at]));
        }
        return result;
    }

    /** How often each dispatch reason's code occurs among the requests kept. */
    public Map<String, Long> dispatchReasons() {
        Map<String, Long> counts = new TreeMap<>();
        for (RequestDecision decision : requests()) {
            if (decision.dispatch() != null) {
                counts.merge(decision.dispatch().reason().code(), 1L, Long::sum);
            }
        }
        return new LinkedHashMap<>(counts);
    }
}
