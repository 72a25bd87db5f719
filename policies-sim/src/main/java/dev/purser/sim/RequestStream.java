package dev.purser.sim;

import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.trace.ArrivalStream;
import dev.purser.core.trace.ArrivalTrace;
import java.util.stream.IntStream;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.sampling.distribution.AliasMethodDiscreteSampler;
import org.apache.commons.rng.sampling.distribution.SharedStateDiscreteSampler;
import org.apache.commons.rng.simple.RandomSource;

/** The arrivals of a run with their request classes: the same for every policy that is run with the seed. */
final class RequestStream implements AutoCloseable {
    static final long END = ArrivalStream.END;

    private final ArrivalStream arrivals;
    private final SharedStateDiscreteSampler classes;
    private final boolean onlyClass;

    RequestStream(ServiceCatalog catalog, ArrivalTrace trace, Seeds seeds) {
        double[] shares = IntStream.range(0, catalog.requestClasses())
                .mapToDouble(catalog::share)
                .toArray();
        UniformRandomProvider random = RandomSource.XO_RO_SHI_RO_128_PP.create(seeds.of("classes"));
        onlyClass = shares.length == 1;
        classes = AliasMethodDiscreteSampler.of(random, shares);
        arrivals = trace.open(seeds.of("arrivals"));
    }

    /** The time of the next arrival; {@link #END} where there are no more. */
    long next() {
        return arrivals.next();
    }

    /** Draws the class of the arrival that came last; called once for each. */
    int requestClass() {
        return onlyClass ? 0 : classes.sample();
    }

    @Override
    public void close() {
        arrivals.close();
    }
}
