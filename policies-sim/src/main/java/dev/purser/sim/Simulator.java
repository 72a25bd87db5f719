package dev.purser.sim;

import dev.purser.core.engine.Controller;
import dev.purser.core.engine.Outcome;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.trace.ArrivalStream;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.sampling.distribution.AliasMethodDiscreteSampler;
import org.apache.commons.rng.sampling.distribution.SharedStateDiscreteSampler;
import org.apache.commons.rng.simple.RandomSource;

/** The loop: whichever comes first, the next arrival of the trace or the next event of the platform. */
final class Simulator {
    /** What the seed of a run's arrivals is for. */
    static final String ARRIVALS = "arrivals";

    private final Simulation simulation;
    private final SimulatedPlatform platform;
    private final Controller controller;
    private final Seeds seeds;
    private final UniformRandomProvider feedback;

    Simulator(Simulation simulation) {
        this.simulation = simulation;
        seeds = new Seeds(simulation.seed());
        platform = new SimulatedPlatform(simulation.catalog(), simulation.settings(), seeds);
        controller = new Controller(
                simulation.catalog(),
                simulation.policies(),
                platform,
                platform,
                this::ended,
                simulation.controller(),
                simulation.log());
        platform.attach(controller);
        feedback = RandomSource.XO_RO_SHI_RO_128_PP.create(seeds.of("feedback"));
    }

    SimulationResult run() {
        SharedStateDiscreteSampler classes = classes();
        controller.start();
        try (ArrivalStream arrivals = simulation.trace().open(seeds.of(ARRIVALS))) {
            long next = arrivals.next();
            while (next != ArrivalStream.END) {
                if (platform.nextEventNanos() <= next) {
                    platform.step();
                } else {
                    platform.moveTo(next);
                    controller.requestArrived(classes.sample());
                    next = arrivals.next();
                }
            }
        }
        long duration = simulation.trace().duration().toNanos();
        while (controller.openRequests() > 0 || platform.nextEventNanos() <= duration) {
            platform.step();
        }
        if (platform.nanos() < duration) {
            platform.moveTo(duration);
        }
        int alive = controller.aliveInstances();
        controller.close();
        return new SimulationResult(
                controller.metrics(),
                controller.ledger().usage(),
                controller.ledger().bill(),
                controller.decisionLog(),
                platform.nanos(),
                alive);
    }

    private SharedStateDiscreteSampler classes() {
        ServiceCatalog catalog = simulation.catalog();
        double[] shares = new double[catalog.requestClasses()];
        for (int c = 0; c < shares.length; c++) {
            shares[c] = catalog.share(c);
        }
        UniformRandomProvider random = RandomSource.XO_RO_SHI_RO_128_PP.create(seeds.of("classes"));
        return shares.length == 1 ? new OnlyClass() : AliasMethodDiscreteSampler.of(random, shares);
    }

    /** Users who say of some answers whether they were right, as often as the variant's true accuracy has it. */
    private void ended(int request, Outcome outcome, int variant) {
        if (outcome == Outcome.ANSWERED
                && simulation.settings().feedbackShare() > 0
                && feedback.nextDouble() < simulation.settings().feedbackShare()) {
            controller.feedback(
                    variant, feedback.nextDouble() < simulation.catalog().trueAccuracy(variant));
        }
    }

    private static final class OnlyClass implements SharedStateDiscreteSampler {
        @Override
        public int sample() {
            return 0;
        }

        @Override
        public SharedStateDiscreteSampler withUniformRandomProvider(UniformRandomProvider random) {
            return this;
        }
    }
}
