package dev.purser.sim;

import dev.purser.core.engine.Controller;
import dev.purser.core.engine.Outcome;
import dev.purser.core.engine.RunResult;
import dev.purser.core.policy.Ensemble;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;

/** The loop: whichever comes first, the next arrival of the trace or the next event of the platform. */
final class Simulator {
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

    RunResult run() {
        platform.open();
        controller.start();
        Noise ways = new Noise(simulation.settings().dispatchOverheadSpread(), seeds.of("dispatch-overhead"));
        try (RequestStream requests = RequestStream.open(
                simulation.catalog().workload().application().classes(), simulation.trace(), simulation.seed())) {
            long overhead = simulation.settings().dispatchOverhead().toNanos();
            long number = 0;
            long next = requests.next();
            long there = next + Math.round(overhead * ways.factor(number));
            while (next != RequestStream.END) {
                if (platform.nextEventNanos() <= there) {
                    platform.step();
                } else {
                    platform.moveTo(there);
                    controller.requestArrived(requests.requestClass(), next);
                    next = requests.next();
                    there = Math.max(there, next + Math.round(overhead * ways.factor(++number)));
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
        return controller.close();
    }

    /** Users who say of some answers whether they were right, as often as the variant's true accuracy has it. */
    private void ended(int request, Outcome outcome, int variant) {
        if (outcome == Outcome.ANSWERED
                && simulation.settings().feedbackShare() > 0
                && feedback.nextDouble() < simulation.settings().feedbackShare()) {
            Ensemble ensemble = controller.ensemble(request);
            if (ensemble == null) {
                controller.feedback(variant, isRight(variant));
                return;
            }
            int right = 0;
            for (int member = 0; member < ensemble.size(); member++) {
                if ((controller.voted(request) >> member & 1) == 1 && isRight(ensemble.variant(member))) {
                    right |= 1 << member;
                }
            }
            controller.feedback(controller.requestClass(request), ensemble, right);
        }
    }

    private boolean isRight(int variant) {
        return feedback.nextDouble() < simulation.catalog().trueAccuracy(variant);
    }
}
