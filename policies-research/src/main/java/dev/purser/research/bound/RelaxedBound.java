package dev.purser.research.bound;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;

/**
 * A lower bound on the cost of answering a known demand when requests may wait, several instance types can be rented and
 * several variants are good enough: a linear programme over steps, with fleets and launches as real numbers.
 *
 * <p><b>The programme.</b> For each fleet g (a variant on an instance type) the VMs on, n(g,t), and launched, u(g,t) ≥
 * n(g,t) − n(g,t−1); for each class c its service on VMs and on functions, where the cumulative service keeps between
 * the arrivals so far and the arrivals whose window has ended; the service on a fleet is at most its capacity times n.
 * Minimise VM time, launches and function requests.
 *
 * <p><b>Why it is a relaxation</b> of every real schedule, at every point where time is cut into steps of length Δ:
 * <ul>
 *   <li><i>Work.</i> Take the service of a request on a VM as spread over the time it occupies its slot. It lies within
 *       the request's window [arrival, arrival + window]. An arrival in step τ comes before (τ+1)Δ, so its work lies in
 *       the steps τ … τ + ⌈window/Δ⌉: these, whole, are what the programme allows, and it may even serve in τ what
 *       arrives only at its end. The window must therefore reach to the <i>end</i> of service (the latency limit). If
 *       the service time is subtracted, a request that starts on its last permitted instant works beyond the window,
 *       and the figure is a bound only where that time is short against Δ.
 *   <li><i>Fleets.</i> n(g,t) is the mean number of VMs on during step t. A VM's own contribution rises and falls once
 *       and by at most 1, so the rises of n over the steps are at most the launches. Fractions of a VM only add plans.
 *   <li><i>End.</i> Steps are added after the last arrivals until every window has closed, and their VMs are paid. A VM
 *       that is on in the first step pays no launch if so asked.
 *   <li><i>Billing minimum, start-up delay, queueing, concurrency limits</i> are left out: all of them only add cost.
 * </ul>
 *
 * <p><b>Why the number can be trusted.</b> The bound is not the solver's objective. Let Λ(g,t) in [0, launch cost] be
 * the worth of a VM that is already on, and y(g,t) = p + Λ(g,t) − Λ(g,t+1) ≥ 0 the rent of its step, with Λ = 0 after
 * the end (and before the start, if the first fleet is free). Over any stay the rents add up to no more than the stay's
 * price and launch, hence a class cannot be served for less than, per request, the least of its function price and of
 * y/capacity over its fleets and window. <i>Any</i> such Λ gives a lower bound; the solver only proposes a good one.
 * Its sum is lowered by a part in 10⁹ for rounding.
 *
 * <p><b>What keeps it small.</b> A fleet that costs no less per unit of capacity, in price and in launch, than another
 * that serves all its classes is dropped, as is one that costs no less than every function in its stead; classes with the same window,
 * fleets and function price are added up; what shares no fleet is solved on its own. All three leave the optimum as it
 * is. An hour of one fleet in seconds takes a fraction of a second ({@link BandedProgramme}).
 */
public final class RelaxedBound {
    /**
     * The usual step, in seconds: short against start-up times, and an hour of several linked fleets takes a fraction of a
     * second. With one fleet to a variant, steps of 1 s are as affordable and the bound is tighter for strict classes.
     */
    public static final double DEFAULT_STEP_SECONDS = 10;

    /** Operations of the solver above which a programme is refused: about a minute of one core. */
    private static final double WORK_LIMIT = 2e10;

    /** Relative difference between the programme's two sides that counts as optimal. */
    private static final double OPTIMAL = 1e-6;

    private static final double ROUNDING = 1e-9;

    private RelaxedBound() {}

    /**
     * A variant on an instance type.
     *
     * @param requestsPerSecond the most that a VM can answer, above 0
     * @param usdPerSecond its price, in USD
     * @param launchUsd what is billed for a fresh VM before it is useful, in USD
     */
    public record Fleet(double requestsPerSecond, double usdPerSecond, double launchUsd) {
        public Fleet {
            Checks.positive("requestsPerSecond", requestsPerSecond);
            Checks.amount("usdPerSecond", usdPerSecond);
            Checks.amount("launchUsd", launchUsd);
        }
    }

    /**
     * A variant and what can run it.
     *
     * @param functionUsdPerRequest cost of a request on a right-sized function, in USD; infinite where there is none
     * @param fleets the instance types it can run on; may be empty
     */
    public record Variant(double functionUsdPerRequest, List<Fleet> fleets) {
        public Variant {
            Checks.price("functionUsdPerRequest", functionUsdPerRequest);
            fleets = List.copyOf(fleets);
        }
    }

    /**
     * Requests with the same promise.
     *
     * @param windowSeconds the longest time from arrival to answer, 0 where service cannot leave the step of arrival
     * @param variants the indices of the variants that are good enough
     */
    public record RequestClass(double windowSeconds, Set<Integer> variants) {
        public RequestClass {
            Checks.amount("windowSeconds", windowSeconds);
            variants = Set.copyOf(variants);
        }
    }

    /** What {@link #solve} found. */
    public sealed interface Outcome permits Bound, NoBound {}

    /**
     * No bound could be computed; there is no number to misread.
     *
     * @param why the reason, as a sentence
     */
    public record NoBound(String why) implements Outcome {}

    /** A bound, how it is made up, and the best plan that was found for comparison. */
    public static final class Bound implements Outcome {
        private final double usd;
        private final double vmUsd;
        private final double functionUsd;
        private final double functionRequests;
        private final boolean optimal;
        private final double planUsd;
        private final double[][][] fleets;

        private Bound(
                double usd,
                double vmUsd,
                double functionUsd,
                double functionRequests,
                boolean optimal,
                double planUsd,
                double[][][] fleets) {
            this.usd = usd;
            this.vmUsd = vmUsd;
            this.functionUsd = functionUsd;
            this.functionRequests = functionRequests;
            this.optimal = optimal;
            this.planUsd = planUsd;
            this.fleets = fleets;
        }

        /** The lower bound in USD; valid whether or not it is {@link #optimal}. */
        public double usd() {
            return usd;
        }

        /** VM time and launches in the programme's optimum, in USD. */
        public double vmUsd() {
            return vmUsd;
        }

        /** Functions in the programme's optimum, in USD. */
        public double functionUsd() {
            return functionUsd;
        }

        /** Requests on functions in the programme's optimum. */
        public double functionRequests() {
            return functionRequests;
        }

        /** Whether the bound is proved to be the programme's optimum, within a part in a million. */
        public boolean optimal() {
            return optimal;
        }

        /**
         * The cost of the best plan with whole VMs that was found, in USD: it keeps every window step by step, in the
         * fluid, without queueing. Empty if none was found (which can happen only where a class has no function).
         */
        public OptionalDouble planUsd() {
            return planUsd < Double.POSITIVE_INFINITY ? OptionalDouble.of(planUsd) : OptionalDouble.empty();
        }

        /** How far the plan lies above the bound, as a share of the bound; 0 where both are 0. */
        public OptionalDouble gap() {
            return planUsd < Double.POSITIVE_INFINITY
                    ? OptionalDouble.of(planUsd == 0 ? 0 : planUsd / usd - 1)
                    : OptionalDouble.empty();
        }

        /** Steps, with those added at the end until the last window of a class on VMs has closed. */
        public int steps() {
            return fleets.length == 0 || fleets[0].length == 0 ? 0 : fleets[0][0].length;
        }

        /**
         * The VMs on in each step of the programme's optimum: real numbers; a copy.
         *
         * @param variant the variant's index
         * @param fleet the index in its list of fleets
         */
        public double[] fleet(int variant, int fleet) {
            return fleets[variant][fleet].clone();
        }
    }

    /**
     * The bound.
     *
     * @param stepSeconds length of a step, above 0
     * @param variants the pool
     * @param classes the promises; may be empty
     * @param arrivals for each class the requests that arrive in each step; all of the same length
     * @param firstFleetFree whether VMs that are on from the first step pay no launch
     * @throws IllegalArgumentException if a number is negative or undefined, if lengths differ, if a class names a
     *     variant that does not exist, or if a class with requests can be served by nothing
     */
    public static Outcome solve(
            double stepSeconds,
            List<Variant> variants,
            List<RequestClass> classes,
            double[][] arrivals,
            boolean firstFleetFree) {
        Checks.positive("stepSeconds", stepSeconds);
        if (arrivals.length != classes.size()) {
            throw new IllegalArgumentException("arrivals has " + arrivals.length + " rows, but it must have one for"
                    + " each of the " + classes.size() + " classes");
        }
        List<Group> pending = new ArrayList<>();
        int steps = arrivals.length == 0 ? 0 : arrivals[0].length;
        List<Rented> rented = new ArrayList<>();
        List<List<Rented>> byVariant = new ArrayList<>();
        for (int v = 0; v < variants.size(); v++) {
            List<Rented> own = new ArrayList<>();
            for (int f = 0; f < variants.get(v).fleets().size(); f++) {
                Rented fleet =
                        new Rented(rented.size(), v, f, variants.get(v).fleets().get(f), stepSeconds);
                rented.add(fleet);
                own.add(fleet);
            }
            byVariant.add(own);
        }
        for (int c = 0; c < arrivals.length; c++) {
            double[] counts = Checks.series("arrivals[" + c + "]", arrivals[c]);
            if (counts.length != steps) {
                throw new IllegalArgumentException("arrivals[" + c + "] has " + counts.length
                        + " steps, but arrivals[0] has " + steps + "; all classes need the same");
            }
            // saturates at the largest int, far above the work limit
            int slack = (int) Math.ceil(classes.get(c).windowSeconds() / stepSeconds);
            TreeSet<Integer> fleets = new TreeSet<>();
            double function = Double.POSITIVE_INFINITY;
            for (int v : classes.get(c).variants()) {
                if (v < 0 || v >= variants.size()) {
                    throw new IllegalArgumentException("classes[" + c + "] names variant " + v + ", but there are "
                            + variants.size() + " variants, counted from 0");
                }
                function = Math.min(function, variants.get(v).functionUsdPerRequest());
                byVariant.get(v).forEach(fleet -> fleets.add(fleet.index()));
            }
            if (Arrays.stream(counts).sum() > 0) {
                if (fleets.isEmpty() && function == Double.POSITIVE_INFINITY) {
                    throw new IllegalArgumentException("classes[" + c + "] has requests, but none of its variants "
                            + new TreeSet<>(classes.get(c).variants()) + " has a fleet or a function");
                }
                pending.add(new Group(slack, function, fleets, counts));
            }
        }
        double usd = 0;
        double vmUsd = 0;
        double functionUsd = 0;
        double functionRequests = 0;
        double planUsd = 0;
        boolean optimal = true;
        List<Component> components = new ArrayList<>();
        for (List<Group> part : components(reduce(pending, rented))) {
            List<Rented> own = part.stream()
                    .flatMap(g -> g.fleets().stream())
                    .distinct()
                    .map(rented::get)
                    .toList();
            if (own.isEmpty()) {
                double all = part.getFirst().total() * part.getFirst().functionUsd();
                usd += all;
                functionUsd += all;
                functionRequests += part.getFirst().total();
                planUsd += all;
            } else {
                components.add(new Component(part, own, steps, firstFleetFree));
            }
        }
        for (Component component : components) {
            if (component.work() > WORK_LIMIT) {
                return new NoBound("a programme of " + Math.round(component.rows())
                        + " rows is too large; Maybe: use longer steps");
            }
        }
        int horizon = components.stream().mapToInt(Component::horizon).max().orElse(steps);
        double[][][] fleets = new double[variants.size()][][];
        for (int v = 0; v < fleets.length; v++) {
            fleets[v] = new double[variants.get(v).fleets().size()][horizon];
        }
        for (Component component : components) {
            Component.Solved solved = component.solve();
            if (!(solved.bound() >= 0 && solved.programme() < Double.POSITIVE_INFINITY)) {
                return new NoBound("the programme could not be solved in floating point");
            }
            usd += solved.bound();
            vmUsd += solved.vmUsd();
            functionUsd += solved.programme() - solved.vmUsd();
            functionRequests += solved.functionRequests();
            planUsd += solved.planUsd();
            optimal &= solved.converged() && solved.programme() - solved.bound() <= OPTIMAL * solved.programme();
            for (int g = 0; g < component.fleets().size(); g++) {
                Rented fleet = component.fleets().get(g);
                System.arraycopy(
                        solved.fleets()[g], 0, fleets[fleet.variant()][fleet.fleet()], 0, solved.fleets()[g].length);
            }
        }
        return new Bound(usd * (1 - ROUNDING), vmUsd, functionUsd, functionRequests, optimal, planUsd, fleets);
    }

    /** A fleet as the programme sees it: costs per request of capacity, so that capacities need no factor. */
    record Rented(int index, int variant, int fleet, double capacity, double vmUsdPerStep, double vmLaunchUsd) {
        Rented(int index, int variant, int fleet, Fleet terms, double stepSeconds) {
            this(
                    index,
                    variant,
                    fleet,
                    terms.requestsPerSecond() * stepSeconds,
                    terms.usdPerSecond() * stepSeconds,
                    terms.launchUsd());
        }

        double usd() {
            return vmUsdPerStep / capacity;
        }

        double launchUsd() {
            return vmLaunchUsd / capacity;
        }

        boolean noDearerThan(Rented other) {
            return usd() <= other.usd() && launchUsd() <= other.launchUsd();
        }
    }

    /** Requests with the same window (in steps after that of arrival), function price and fleets. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Group(int slack, double functionUsd, Set<Integer> fleets, double[] arrivals) {
        double total() {
            return Arrays.stream(arrivals).sum();
        }
    }

    /**
     * Drops the fleets that no optimum needs, and adds up what became alike. A fleet stays open to a class whose
     * functions are cheaper, as long as another class may rent it: its idle capacity costs nothing.
     */
    private static List<Group> reduce(List<Group> groups, List<Rented> rented) {
        boolean[] dropped = new boolean[rented.size()];
        for (Rented fleet : rented) {
            int at = fleet.index();
            boolean pays = groups.stream().anyMatch(g -> g.fleets().contains(at) && fleet.usd() < g.functionUsd());
            dropped[at] = !pays
                    || rented.stream()
                            .anyMatch(other -> other.index() != at
                                    && !dropped[other.index()]
                                    && other.noDearerThan(fleet)
                                    && groups.stream()
                                            .allMatch(g -> !g.fleets().contains(at)
                                                    || g.fleets().contains(other.index())));
        }
        Map<List<Object>, Group> merged = new LinkedHashMap<>();
        for (Group group : groups) {
            Set<Integer> kept = new TreeSet<>(group.fleets());
            kept.removeIf(f -> dropped[f]);
            Group slim = new Group(group.slack(), group.functionUsd(), kept, group.arrivals());
            merged.merge(List.of(slim.slack(), slim.functionUsd(), kept), slim, (a, b) -> {
                double[] sum = a.arrivals().clone();
                Arrays.setAll(sum, t -> sum[t] + b.arrivals()[t]);
                return new Group(a.slack(), a.functionUsd(), a.fleets(), sum);
            });
        }
        return List.copyOf(merged.values());
    }

    /** Groups that are linked by shared fleets; a group without a fleet stands alone. */
    private static List<List<Group>> components(List<Group> groups) {
        List<List<Group>> parts = new ArrayList<>();
        boolean[] seen = new boolean[groups.size()];
        for (int i = 0; i < groups.size(); i++) {
            if (seen[i]) {
                continue;
            }
            List<Group> part = new ArrayList<>();
            ArrayDeque<Integer> open = new ArrayDeque<>(List.of(i));
            seen[i] = true;
            while (!open.isEmpty()) {
                Group at = groups.get(open.remove());
                part.add(at);
                for (int j = 0; j < groups.size(); j++) {
                    if (!seen[j] && groups.get(j).fleets().stream().anyMatch(at.fleets()::contains)) {
                        seen[j] = true;
                        open.add(j);
                    }
                }
            }
            parts.add(part);
        }
        return parts;
    }
}
