package dev.purser.research.bound;

import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * The least cost at which one VM type and functions can answer a known demand when no request can wait beyond its step.
 *
 * <p>With d(t) requests in step t, cap requests a VM and step, a VM's price p a step and a function's price f a request,
 * the k-th VM (from 0) saves f·clip(d(t) − cap·k, 0, cap) − p in step t if it is on. No level gains from another's
 * being on or off and higher levels never gain more than lower ones, so each level is a programme with two states (off,
 * on) and a launch cost from off to on; the cost is the sum over the levels. This is exact and takes levels × steps
 * operations; the levels end at the first that is never worth its price.
 *
 * <p><b>Billing minimum.</b> With a minimum of more than one step the levels do interact: the VM to stop is the one
 * that was launched first, which is not the highest level. (Fleet 1 1 1 2 2 1 1 1 and a minimum of 5: two stays of 5
 * steps, overlapping, cost 10 steps; by levels it would be 8 + 5.) The levels without the minimum give a lower bound;
 * where stopping the oldest first bills that very fleet no step more, it is the optimum. Elsewhere the optimum comes
 * from {@link MinimumBilling}, a minimum-cost flow, in a second or two for an hour of seconds rather than milliseconds.
 *
 * <p><b>No function.</b> With an infinite function price every request must find a VM: the level k is forced on wherever
 * d(t) &gt; cap·k, so the fleet never falls below ⌈d(t)/cap⌉.
 *
 * <p><b>What it bounds.</b> The bill of any policy whose requests are served within the step in which they arrive. A
 * request that may be served later (because its SLO lets it wait, or because its service lasts longer than a step) can
 * cost less: use {@link RelaxedBound}. Steps and fleets are on a grid; a VM that starts inside a step is counted on for
 * the whole of it, so steps should be short against a stay.
 */
public final class ExactBound {
    /** Excess demand below this share of a VM's capacity is rounding, not a request. */
    private static final double DUST = 1e-9;

    private static final int LARGEST_FLEET = 1_000_000;

    private ExactBound() {}

    /**
     * What machines and functions cost.
     *
     * @param requestsPerVmStep requests that a VM answers in a step, at its profiled slots; above 0
     * @param vmUsdPerStep price of a VM for a step, in USD
     * @param functionUsdPerRequest cost of a request on a right-sized function, in USD; infinite where no function can
     *     serve
     * @param launchUsd what is billed for a fresh VM before it is useful (start-up and model load), in USD
     * @param minimumSteps the billing minimum of a VM in steps of useful time: a stay that is shorter pays for so many.
     *     Where the billed start-up counts towards the provider's minimum, subtract it first; 0 and 1 mean none
     * @param firstFleetFree whether VMs that are on from the first step pay no launch
     */
    public record Terms(
            double requestsPerVmStep,
            double vmUsdPerStep,
            double functionUsdPerRequest,
            double launchUsd,
            int minimumSteps,
            boolean firstFleetFree) {
        public Terms {
            Checks.positive("requestsPerVmStep", requestsPerVmStep);
            Checks.amount("vmUsdPerStep", vmUsdPerStep);
            Checks.price("functionUsdPerRequest", functionUsdPerRequest);
            Checks.amount("launchUsd", launchUsd);
            if (minimumSteps < 0) {
                throw new IllegalArgumentException(
                        "minimumSteps is " + minimumSteps + ", but it must not be negative (0 where there is none)");
            }
        }

        boolean functions() {
            return functionUsdPerRequest < Double.POSITIVE_INFINITY;
        }
    }

    /** The cheapest plan: its fleet in every step, and its bill. */
    public static final class Plan {
        private final int[] fleet;
        private final double vmUsd;
        private final double functionUsd;
        private final double functionRequests;
        private final int launches;
        private final long vmSteps;

        private Plan(double[] demand, Terms terms, int[] fleet) {
            this.fleet = fleet;
            double onFunctions = 0;
            for (int t = 0; t < demand.length; t++) {
                onFunctions += excess(demand[t], terms.requestsPerVmStep(), fleet[t]);
            }
            this.functionRequests = onFunctions;
            this.functionUsd = onFunctions == 0 ? 0 : onFunctions * terms.functionUsdPerRequest();
            long billed = 0;
            int paidLaunches = 0;
            ArrayDeque<Integer> starts = new ArrayDeque<>();
            for (int t = 0; t <= fleet.length; t++) {
                int wanted = t < fleet.length ? fleet[t] : 0;
                while (starts.size() > wanted) {
                    billed += Math.max(t - starts.remove(), terms.minimumSteps());
                }
                while (starts.size() < wanted) {
                    starts.add(t);
                    paidLaunches += t == 0 && terms.firstFleetFree() ? 0 : 1;
                }
            }
            this.vmSteps = billed;
            this.launches = paidLaunches;
            this.vmUsd = billed * terms.vmUsdPerStep() + paidLaunches * terms.launchUsd();
        }

        /** All of it, in USD. */
        public double totalUsd() {
            return vmUsd + functionUsd;
        }

        /** The VMs with their launches, in USD. */
        public double vmUsd() {
            return vmUsd;
        }

        /** The functions, in USD. */
        public double functionUsd() {
            return functionUsd;
        }

        /** Requests that functions answer. */
        public double functionRequests() {
            return functionRequests;
        }

        /** VMs launched for money: without those of the first step where these are free. */
        public int launches() {
            return launches;
        }

        /** Steps of VMs that are billed, without their launches. */
        public long vmSteps() {
            return vmSteps;
        }

        /** The number of VMs that are on in each step; a copy. */
        public int[] fleet() {
            return fleet.clone();
        }
    }

    /**
     * The optimum.
     *
     * @param requestsPerStep the requests that arrive in each step, finite and not negative
     * @param terms what machines and functions cost
     * @return a cheapest plan; among equally cheap ones, one with fewer VMs
     * @throws IllegalArgumentException if a number is negative or undefined, or if a step needs a million VMs
     */
    public static Plan solve(double[] requestsPerStep, Terms terms) {
        double[] demand = Checks.series("requestsPerStep", requestsPerStep);
        double most = Arrays.stream(demand).max().orElse(0);
        if (most / terms.requestsPerVmStep() > LARGEST_FLEET) {
            throw new IllegalArgumentException("a step brings " + most + " requests at " + terms.requestsPerVmStep()
                    + " requests a VM and step, more than " + LARGEST_FLEET + " VMs; check the units");
        }
        Plan byLevels = new Plan(demand, terms, levels(demand, terms));
        if (terms.minimumSteps() <= 1) {
            return byLevels;
        }
        // same fleet with the minimum waived: a lower bound, and the optimum if nothing was rounded up
        long used = Arrays.stream(byLevels.fleet).asLongStream().sum();
        if (byLevels.vmSteps() == used) {
            return byLevels;
        }
        Plan byFlow = new Plan(demand, terms, MinimumBilling.fleet(demand, terms));
        return byFlow.totalUsd() < byLevels.totalUsd() ? byFlow : byLevels;
    }

    /** Requests beyond the capacity of a fleet. */
    static double excess(double demand, double capacity, int fleet) {
        double rest = demand - capacity * fleet;
        return rest > DUST * capacity ? rest : 0;
    }

    /** The cheapest fleet without a billing minimum, level by level. */
    private static int[] levels(double[] demand, Terms terms) {
        int steps = demand.length;
        int[] fleet = new int[steps];
        boolean[] onFromOff = new boolean[steps];
        boolean[] offFromOn = new boolean[steps];
        double p = terms.vmUsdPerStep();
        double launch = terms.launchUsd();
        boolean used = steps > 0;
        for (int level = 0; used; level++) {
            double off = 0;
            double on = Double.POSITIVE_INFINITY;
            for (int t = 0; t < steps; t++) {
                double start = off + (t == 0 && terms.firstFleetFree() ? 0 : launch);
                onFromOff[t] = start <= on;
                offFromOn[t] = on < off;
                double left = Math.min(excess(demand[t], terms.requestsPerVmStep(), level), terms.requestsPerVmStep());
                double nextOff = Math.min(on, off) + (left == 0 ? 0 : left * terms.functionUsdPerRequest());
                on = Math.min(on, start) + p;
                off = nextOff;
            }
            used = false;
            boolean isOn = on < off;
            for (int t = steps - 1; t >= 0; t--) {
                if (isOn) {
                    fleet[t]++;
                    used = true;
                    isOn = !onFromOff[t];
                } else {
                    isOn = offFromOn[t];
                }
            }
        }
        return fleet;
    }
}
