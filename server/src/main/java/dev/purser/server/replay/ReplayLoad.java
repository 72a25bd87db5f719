package dev.purser.server.replay;

import com.google.common.collect.ImmutableList;
import dev.purser.core.trace.ArrivalTrace;
import dev.purser.core.workload.RequestClass;
import dev.purser.core.workload.Slo;
import java.util.List;

/**
 * What is sent when: drawn by the seed exactly as the simulator draws it.
 *
 * @param trace when requests are sent
 * @param classes the classes among which they are drawn, at least one; their promises go along as parameters
 * @param seed decides the arrivals within a step of the trace, and the classes
 */
public record ReplayLoad(ArrivalTrace trace, List<RequestClass> classes, long seed) {

    public ReplayLoad {
        classes = ImmutableList.copyOf(classes);
        if (classes.isEmpty()) {
            throw new IllegalArgumentException("classes is empty, but there must be at least one");
        }
    }

    /** Requests that are promised nothing. */
    public static ReplayLoad of(ArrivalTrace trace, long seed) {
        Slo none = new Slo(Slo.Urgency.STRICT, null, null, null);
        return new ReplayLoad(trace, List.of(new RequestClass("all", 1, null, none)), seed);
    }
}
