package dev.purser.sim;

import dev.purser.core.trace.ArrivalStream;
import dev.purser.core.trace.ArrivalTrace;
import dev.purser.core.workload.RequestClass;
import java.util.List;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.sampling.distribution.AliasMethodDiscreteSampler;
import org.apache.commons.rng.sampling.distribution.SharedStateDiscreteSampler;
import org.apache.commons.rng.simple.RandomSource;

/**
 * The arrivals of a run with their request classes: the same for every policy that is run with the seed, and for a
 * replay of the run against a real server. Not safe for use by several threads.
 */
public final class RequestStream implements AutoCloseable {
    /** What {@link #next} returns when the trace is over. */
    public static final long END = ArrivalStream.END;

    private final ArrivalStream arrivals;
    private final SharedStateDiscreteSampler classes;
    private final boolean onlyClass;

    private RequestStream(List<RequestClass> classes, ArrivalTrace trace, Seeds seeds) {
        double sum = classes.stream().mapToDouble(RequestClass::weight).sum();
        double[] shares = classes.stream().mapToDouble(c -> c.weight() / sum).toArray();
        UniformRandomProvider random = RandomSource.XO_RO_SHI_RO_128_PP.create(seeds.of("classes"));
        onlyClass = shares.length == 1;
        this.classes = AliasMethodDiscreteSampler.of(random, shares);
        arrivals = trace.open(seeds.of("arrivals"));
    }

    /**
     * Starts a pass over the requests of a run.
     *
     * @param classes the classes among which the requests are drawn by their weights, at least one
     * @param trace when requests arrive
     * @param seed the run's
     * @return the requests
     */
    public static RequestStream open(List<RequestClass> classes, ArrivalTrace trace, long seed) {
        return new RequestStream(classes, trace, new Seeds(seed));
    }

    /**
     * Goes on to the next request.
     *
     * @return when it arrives, in nanoseconds from the trace's start; {@link #END} where there are no more
     * @throws dev.purser.core.InputException where the file behind the trace cannot be read on
     */
    public long next() {
        return arrivals.next();
    }

    /**
     * Draws the class of the request that came last; to be called once for each.
     *
     * @return its place among the classes
     */
    public int requestClass() {
        return onlyClass ? 0 : classes.sample();
    }

    @Override
    public void close() {
        arrivals.close();
    }
}
