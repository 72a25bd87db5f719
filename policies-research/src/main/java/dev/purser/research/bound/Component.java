package dev.purser.research.bound;

import dev.purser.research.bound.RelaxedBound.Group;
import dev.purser.research.bound.RelaxedBound.Rented;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * One independent part of {@link RelaxedBound}'s programme: its linear programme, the bound from the prices, and plans
 * with whole VMs.
 *
 * <p>Capacity that is on is assigned to a group whether or not it is used, so that the fleets need no variables of their
 * own: n(g,t)·capacity is the sum of what is assigned. A backlog b(c,t) between 0 and the arrivals of the last
 * {@code slack} steps says the same as the two bounds on cumulative service.
 */
final class Component {
    private static final double[] ROUND_DOWN_BELOW = {1e-6, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875};

    private final List<Group> groups;
    private final List<Rented> fleets;
    private final int horizon;
    private final boolean firstFleetFree;
    private final int rowsPerStep;

    Component(List<Group> groups, List<Rented> fleets, int steps, boolean firstFleetFree) {
        this.groups = groups;
        this.fleets = fleets;
        int longest = groups.stream().mapToInt(Group::slack).max().orElse(0);
        this.horizon = (int) Math.min(Integer.MAX_VALUE, (long) steps + longest);
        this.firstFleetFree = firstFleetFree;
        this.rowsPerStep = fleets.size() + groups.size();
    }

    /**
     * @param bound the lower bound from the prices, USD
     * @param programme the programme's optimum as the solver sees it, USD
     * @param vmUsd the part of it that VMs cost
     * @param planUsd the best plan with whole VMs, infinite if none was found
     * @param fleets VMs on by fleet and step, in the order given
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
    record Solved(
            double bound,
            double programme,
            double vmUsd,
            double functionRequests,
            double planUsd,
            boolean converged,
            double[][] fleets) {}

    List<Rented> fleets() {
        return fleets;
    }

    int horizon() {
        return horizon;
    }

    double rows() {
        return (double) horizon * rowsPerStep;
    }

    /** Operations of the solver: some forty factorisations of a band as wide as a step. */
    double work() {
        return 40.0 * rows() * rowsPerStep * rowsPerStep;
    }

    Solved solve() {
        double demandScale = groups.stream()
                .flatMapToDouble(g -> Arrays.stream(g.arrivals()))
                .max()
                .orElse(1);
        double priceScale = 0;
        for (Group group : groups) {
            if (group.functionUsd() < Double.POSITIVE_INFINITY) {
                priceScale = Math.max(priceScale, group.functionUsd());
            }
        }
        for (Rented fleet : fleets) {
            priceScale = Math.max(priceScale, fleet.usd());
        }
        if (priceScale == 0) {
            priceScale = 1; // VMs for nothing
        }
        double[] right = new double[horizon * rowsPerStep];
        for (int c = 0; c < groups.size(); c++) {
            for (int t = 0; t < groups.get(c).arrivals().length; t++) {
                right[balance(c, t)] = groups.get(c).arrivals()[t] / demandScale;
            }
        }
        BandedProgramme programme = new BandedProgramme(right);
        int[][] assigned = new int[groups.size() * fleets.size()][horizon];
        int[][] onFunctions = new int[groups.size()][horizon];
        for (int t = 0; t < horizon; t++) {
            for (int g = 0; g < fleets.size(); g++) {
                if (launchRow(g, t) >= 0) {
                    programme.add(
                            fleets.get(g).launchUsd() / priceScale,
                            Double.POSITIVE_INFINITY,
                            launchRow(g, t),
                            -1); // launched
                    programme.add(0, Double.POSITIVE_INFINITY, launchRow(g, t), 1); // stopped
                }
            }
            for (int c = 0; c < groups.size(); c++) {
                Group group = groups.get(c);
                for (int g = 0; g < fleets.size(); g++) {
                    if (group.fleets().contains(fleets.get(g).index())) {
                        assigned[c * fleets.size() + g][t] = programme.add(
                                fleets.get(g).usd() / priceScale,
                                Double.POSITIVE_INFINITY,
                                launchRow(g, t),
                                1,
                                launchRow(g, t + 1),
                                -1,
                                balance(c, t),
                                1);
                    }
                }
                programme.add(0, Double.POSITIVE_INFINITY, balance(c, t), -1); // idle
                if (group.functionUsd() < Double.POSITIVE_INFINITY) {
                    onFunctions[c][t] =
                            programme.add(group.functionUsd() / priceScale, Double.POSITIVE_INFINITY, balance(c, t), 1);
                }
                double backlog = recent(group, t) / demandScale;
                if (backlog > 0 && t + 1 < horizon) {
                    programme.add(0, backlog, balance(c, t), 1, balance(c, t + 1), -1);
                }
            }
        }
        BandedProgramme.Solution solution = programme.solve();

        double[][] on = new double[fleets.size()][horizon];
        double functionUsd = 0;
        double functionRequests = 0;
        for (int c = 0; c < groups.size(); c++) {
            Group group = groups.get(c);
            for (int t = 0; t < horizon; t++) {
                for (int g = 0; g < fleets.size(); g++) {
                    if (group.fleets().contains(fleets.get(g).index())) {
                        on[g][t] += solution.values()[assigned[c * fleets.size() + g][t]]
                                * demandScale
                                / fleets.get(g).capacity();
                    }
                }
                if (group.functionUsd() < Double.POSITIVE_INFINITY) {
                    double requests = solution.values()[onFunctions[c][t]] * demandScale;
                    functionRequests += requests;
                    functionUsd += requests * group.functionUsd();
                }
            }
        }
        double vmUsd = vmUsd(on);
        double[][] worth = new double[fleets.size()][horizon + 1];
        for (int g = 0; g < fleets.size(); g++) {
            for (int t = 0; t < horizon; t++) {
                worth[g][t] = launchRow(g, t) < 0 ? 0 : -solution.prices()[launchRow(g, t)] * priceScale;
            }
        }
        double bound = bound(worth);
        double plan = Math.min(bestPlanUsd(on), bestPlanUsd(onSmallest(on)));
        return new Solved(bound, vmUsd + functionUsd, vmUsd, functionRequests, plan, solution.converged(), on);
    }

    private int balance(int group, int step) {
        return step * rowsPerStep + fleets.size() + group;
    }

    /** The row of a fleet's rise in a step; none where the rise is free or beyond the end. */
    private int launchRow(int fleet, int step) {
        return step == horizon || (step == 0 && firstFleetFree) ? -1 : step * rowsPerStep + fleet;
    }

    /** Arrivals of the last {@code slack} steps: what may still be unserved after this one. */
    private static double recent(Group group, int step) {
        double sum = 0;
        for (int t = Math.max(0, step - group.slack() + 1); t <= Math.min(step, group.arrivals().length - 1); t++) {
            sum += group.arrivals()[t];
        }
        return sum;
    }

    private double vmUsd(double[][] on) {
        double usd = 0;
        for (int g = 0; g < fleets.size(); g++) {
            double before = firstFleetFree ? on[g][0] : 0;
            for (double now : on[g]) {
                usd += now * fleets.get(g).vmUsdPerStep()
                        + Math.max(0, now - before) * fleets.get(g).vmLaunchUsd();
                before = now;
            }
        }
        return usd;
    }

    /**
     * The lower bound that belongs to the worth of a VM that is on at the start of each step, whatever it is: it is
     * first brought into the range where the argument in {@link RelaxedBound} holds.
     */
    double bound(double[][] worth) {
        double[][] rent = new double[fleets.size()][horizon];
        for (int g = 0; g < fleets.size(); g++) {
            double p = fleets.get(g).usd();
            double now = clip(worth[g][0], firstFleetFree ? 0 : fleets.get(g).launchUsd());
            for (int t = 0; t < horizon; t++) {
                double next = t + 1 == horizon
                        ? 0
                        : Math.min(clip(worth[g][t + 1], fleets.get(g).launchUsd()), now + p);
                rent[g][t] = p + now - next;
                now = next;
            }
        }
        double sum = 0;
        double[] cheapest = new double[horizon];
        int[] window = new int[horizon];
        for (Group group : groups) {
            Arrays.fill(cheapest, group.functionUsd());
            for (int g = 0; g < fleets.size(); g++) {
                if (group.fleets().contains(fleets.get(g).index())) {
                    for (int t = 0; t < horizon; t++) {
                        cheapest[t] = Math.min(cheapest[t], rent[g][t]);
                    }
                }
            }
            // the least over t … t + slack, from the back, with the candidates in rising order of time and price
            int first = 0;
            int end = 0;
            int[] order = window;
            for (int t = horizon - 1; t >= 0; t--) {
                while (end > first && cheapest[order[end - 1]] >= cheapest[t]) {
                    end--;
                }
                order[end++] = t;
                while (order[first] > t + group.slack()) {
                    first++;
                }
                if (t < group.arrivals().length && group.arrivals()[t] > 0) {
                    sum += group.arrivals()[t] * cheapest[order[first]];
                }
            }
        }
        return sum;
    }

    private static double clip(double value, double most) {
        return value > 0 ? Math.min(value, most) : 0; // also where it is undefined
    }

    /** The same capacity on the smallest instance type of each variant: less is lost where it is rounded up. */
    private double[][] onSmallest(double[][] on) {
        double[][] moved = new double[fleets.size()][horizon];
        for (int g = 0; g < fleets.size(); g++) {
            int smallest = g;
            for (int other = 0; other < fleets.size(); other++) {
                if (fleets.get(other).variant() == fleets.get(g).variant()
                        && fleets.get(other).capacity() < fleets.get(smallest).capacity()) {
                    smallest = other;
                }
            }
            for (int t = 0; t < horizon; t++) {
                moved[smallest][t] += on[g][t]
                        * fleets.get(g).capacity()
                        / fleets.get(smallest).capacity();
            }
        }
        return moved;
    }

    /** The best of no VMs and of rounding up what exceeds a whole number by more than a threshold. */
    private double bestPlanUsd(double[][] on) {
        int[][] whole = new int[fleets.size()][horizon];
        double best = planUsd(whole);
        for (double below : ROUND_DOWN_BELOW) {
            for (int g = 0; g < fleets.size(); g++) {
                for (int t = 0; t < horizon; t++) {
                    whole[g][t] = (int) Math.ceil(on[g][t] - below);
                }
            }
            best = Math.min(best, planUsd(whole));
        }
        return best;
    }

    /**
     * The cost of a whole fleet: each step, the fleets that fewest groups can use first, each takes the request whose
     * window closes first; what no VM served in its window goes to a function.
     */
    private double planUsd(int[][] whole) {
        double usd = 0;
        for (int g = 0; g < fleets.size(); g++) {
            int before = firstFleetFree ? whole[g][0] : 0;
            for (int now : whole[g]) {
                usd += now * fleets.get(g).vmUsdPerStep()
                        + Math.max(0, now - before) * fleets.get(g).vmLaunchUsd();
                before = now;
            }
        }
        Integer[] order = new Integer[fleets.size()];
        Arrays.setAll(order, g -> g);
        Arrays.sort(
                order,
                Comparator.comparingLong((Integer g) -> groups.stream()
                        .filter(c -> c.fleets().contains(fleets.get(g).index()))
                        .count()));
        double[][] left = new double[groups.size()][];
        int[] oldest = new int[groups.size()];
        Arrays.setAll(left, c -> groups.get(c).arrivals().clone());
        for (int t = 0; t < horizon; t++) {
            for (int g : order) {
                double room = whole[g][t] * fleets.get(g).capacity();
                while (room > 0) {
                    int most = -1;
                    for (int c = 0; c < groups.size(); c++) {
                        if (groups.get(c).fleets().contains(fleets.get(g).index())) {
                            while (oldest[c] <= t && oldest[c] < left[c].length && left[c][oldest[c]] == 0) {
                                oldest[c]++;
                            }
                            if (oldest[c] <= t
                                    && oldest[c] < left[c].length
                                    && (most < 0 || before(c, oldest[c], most, oldest[most]))) {
                                most = c;
                            }
                        }
                    }
                    if (most < 0) {
                        break;
                    }
                    double served = Math.min(room, left[most][oldest[most]]);
                    room -= served;
                    left[most][oldest[most]] -= served;
                }
            }
            for (int c = 0; c < groups.size(); c++) {
                int closing = t - groups.get(c).slack();
                if (closing >= 0 && closing < left[c].length) {
                    double unserved = left[c][closing];
                    left[c][closing] = 0;
                    // a rest of rounding is no request
                    if (unserved > 1e-9 * groups.get(c).arrivals()[closing]) {
                        usd += unserved * groups.get(c).functionUsd();
                    }
                }
            }
        }
        return usd;
    }

    private boolean before(int group, int arrived, int other, int otherArrived) {
        int closes = arrived + groups.get(group).slack();
        int otherCloses = otherArrived + groups.get(other).slack();
        return closes < otherCloses
                || (closes == otherCloses
                        && groups.get(group).functionUsd() > groups.get(other).functionUsd());
    }
}
