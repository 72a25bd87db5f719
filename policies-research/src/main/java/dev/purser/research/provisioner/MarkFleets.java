package dev.purser.research.provisioner;

import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.ProvisioningView;
import dev.purser.core.policy.ProvisioningView.Trigger;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.Market;
import dev.purser.research.batching.SloBatches;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;

/** The instances that {@link Mark} holds for one variant. */
final class MarkFleets {
    /** A load that n instances can just serve must not ask for n + 1 because of the last bit. */
    private static final double ROUNDING = 1 + 1e-9;

    private static final int NONE = -1;

    private final Mark.Settings settings;
    private final ServiceCatalog catalog;
    private final int variant;
    private final PeriodForecast forecast;
    private final GreedyPlan greedy = new GreedyPlan();
    private final SloMonitor monitor;

    /** The fleets that are planned for, and whether new instances of them are. */
    private final int[] fleets;

    private final boolean[] launched;
    private final double[] perSecond;
    private final double[] withoutCredits;
    private final int standby;
    private final int backup;
    private final double backupPerSecond;

    /** Candidates: a launch of each fleet, then its instances, then those of them that are throttled. */
    private final double[] capacity;

    private final double[] usdPerSecond;
    private final double[] overheadUsd;
    private final int[] quota;
    private final int[] planned;
    private final int[] plannedOnDemand;
    private final double[] onDemandLoad;

    private final int[] running;
    private final int[] wanted;
    private final Reason[] reasons;

    /** The last plans' totals by fleet, the newest at {@code plans - 1}, counted on. */
    private final int[][] history;

    private int plans;
    private int cooldown;
    private int backupsRunning;
    private double missing;

    MarkFleets(
            Mark.Settings settings, ServiceCatalog catalog, SloBatches batches, int variant, PeriodForecast forecast) {
        this.settings = settings;
        this.catalog = catalog;
        this.variant = variant;
        this.forecast = forecast;
        monitor = new SloMonitor(settings.monitorWeight(), settings.violationLimit());
        int[] usable = usable(batches);
        int[] types = Arrays.stream(usable).filter(this::isPlanned).toArray();
        boolean spot = Arrays.stream(types).anyMatch(f -> market(f) == Market.SPOT);
        standby = settings.standbyLaunches() == 0
                ? NONE
                : named("standbyType", settings.standbyType(), () -> cheapest(types, batches, false));
        backup = settings.backups() == 0 || !spot
                ? NONE
                : named("backupType", settings.backupType(), () -> cheapest(usable, batches, true));
        backupPerSecond = backup == NONE ? 0 : batches.capacity(backup);
        fleets = standby == NONE || contains(types, standby)
                ? types
                : IntStream.concat(Arrays.stream(types), IntStream.of(standby)).toArray();
        int n = fleets.length;
        launched = new boolean[n];
        Arrays.fill(launched, 0, types.length, true);
        perSecond = Arrays.stream(fleets).mapToDouble(batches::capacity).toArray();
        withoutCredits =
                Arrays.stream(fleets).mapToDouble(batches::shareWithoutCredits).toArray();
        capacity = new double[3 * n];
        usdPerSecond = new double[3 * n];
        overheadUsd = new double[3 * n];
        quota = new int[3 * n];
        planned = new int[3 * n];
        plannedOnDemand = new int[3 * n];
        onDemandLoad = new double[settings.horizon()];
        running = new int[n];
        wanted = new int[n];
        reasons = new Reason[n];
        history = new int[settings.hysteresis()][n];
    }

    private static boolean contains(int[] values, int value) {
        return Arrays.stream(values).anyMatch(v -> v == value);
    }

    /** The variant's fleets that keep its promise; where none does, all that can serve. */
    private int[] usable(SloBatches batches) {
        int[] serving = IntStream.range(0, catalog.instanceTypes())
                .map(t -> catalog.fleet(variant, t))
                .filter(f -> catalog.slots(f) > 0)
                .toArray();
        int[] keeping = Arrays.stream(serving).filter(batches::keepsPromise).toArray();
        return keeping.length > 0 ? keeping : serving;
    }

    private boolean isPlanned(int fleet) {
        int type = catalog.typeOfFleet(fleet);
        List<String> names = settings.instanceTypes();
        return names.isEmpty()
                ? catalog.burst(type) == null && !InstanceTypes.isManaged(catalog, type)
                : names.contains(catalog.instanceType(type).name());
    }

    private Market market(int fleet) {
        return catalog.market(catalog.typeOfFleet(fleet));
    }

    /** The fleet of a named type, or of the one that a rule finds; {@link #NONE} where the variant cannot run on it. */
    private int named(String setting, String name, IntSupplier rule) {
        if (name.equals(InstanceTypes.AUTO)) {
            return rule.getAsInt();
        }
        int fleet = catalog.fleet(variant, InstanceTypes.onDemand(catalog, setting, name));
        return catalog.slots(fleet) > 0 ? fleet : NONE;
    }

    /** The on-demand fleet with the least cost per request, or for backups with the least price of an hour, burstable first. */
    private int cheapest(int[] among, SloBatches batches, boolean asBackup) {
        Comparator<Integer> order = asBackup
                ? Comparator.<Integer, Boolean>comparing(f -> catalog.burst(catalog.typeOfFleet(f)) == null)
                        .thenComparingDouble(f -> catalog.usdPerSecond(catalog.typeOfFleet(f)))
                : Comparator.comparingDouble(f -> catalog.usdPerSecond(catalog.typeOfFleet(f)) / batches.capacity(f));
        return Arrays.stream(among)
                .filter(f -> market(f) == Market.ON_DEMAND && !InstanceTypes.isManaged(catalog, catalog.typeOfFleet(f)))
                .boxed()
                .min(order)
                .orElse(NONE);
    }

    /**
     * Adds the targets of this variant's fleets.
     *
     * @param length control intervals in a period
     * @param ends whether a period has ended
     * @param prices of the instance types now
     */
    void plan(ProvisioningView view, double length, boolean ends, double[] prices, List<FleetTarget> targets) {
        Trigger trigger = view.trigger();
        if (trigger == Trigger.START) {
            forecast.start(view.arrivals(variant) * length);
        }
        if (trigger == Trigger.INTERVAL) {
            forecast.window(view.arrivals(variant));
            monitor.observe(view.ended(variant), view.violations(variant));
        }
        if (ends) {
            forecast.endPeriod(length);
            cooldown = Math.max(0, cooldown - 1);
        }
        boolean records = ends || plans == 0;
        if (records || trigger != Trigger.INTERVAL) {
            count(view);
            plan(view, length, records, prices);
        }
        if (monitor.isBroken() && cooldown == 0 && standby != NONE) {
            launchStandby();
        }
        updateBackups(view, length);
        for (int i = 0; i < fleets.length; i++) {
            if (fleets[i] != backup && (wanted[i] > 0 || instances(view, fleets[i]) > 0)) {
                targets.add(new FleetTarget(fleets[i], wanted[i], reasons[i]));
            }
        }
        if (backup != NONE) {
            addBackups(targets);
        }
    }

    /** Instances that count towards a target. */
    private static int instances(ProvisioningView view, int fleet) {
        return Math.max(0, view.readyInstances(fleet) + view.pendingInstances(fleet) - view.noticedInstances(fleet));
    }

    private void count(ProvisioningView view) {
        for (int i = 0; i < fleets.length; i++) {
            running[i] = Math.max(0, instances(view, fleets[i]) - (fleets[i] == backup ? backupsRunning : 0));
        }
    }

    private void plan(ProvisioningView view, double length, boolean record, double[] prices) {
        int n = fleets.length;
        double periodSeconds = length * view.intervalNanos() / 1e9;
        offer(view, periodSeconds, prices);
        double served = 0;
        Arrays.fill(plannedOnDemand, 0);
        if (settings.onDemandShare() > 0) {
            served = planOnDemand(periodSeconds);
        }
        served = greedy.schedule(
                forecast.steps(),
                settings.lookAhead(),
                periodSeconds,
                served,
                3 * n,
                capacity,
                usdPerSecond,
                overheadUsd,
                quota,
                planned);
        int[] totals = history[plans % history.length];
        plans += record ? 1 : 0;
        for (int i = 0; i < n; i++) {
            int launch = planned[i] + plannedOnDemand[i];
            int throttled = planned[2 * n + i] + plannedOnDemand[2 * n + i];
            if (launch > 0) {
                // a target cannot say which instances are meant: those without credits stay where others come
                throttled = quota[2 * n + i] + plannedOnDemand[2 * n + i];
            }
            int keep = planned[n + i] + plannedOnDemand[n + i] + throttled;
            if (record) {
                totals[i] = launch + keep;
            }
            decide(view, i, launch, keep, served);
        }
    }

    /** What can be launched and what there is, with its capacity and price. */
    private void offer(ProvisioningView view, double periodSeconds, double[] prices) {
        int n = fleets.length;
        for (int i = 0; i < n; i++) {
            int type = catalog.typeOfFleet(fleets[i]);
            int throttled = withoutCredits[i] == 1 ? 0 : Math.min(running[i], view.throttledInstances(fleets[i]));
            for (int j = i; j < 3 * n; j += n) {
                capacity[j] = perSecond[i] * periodSeconds * ROUNDING;
                usdPerSecond[j] = prices[type];
                overheadUsd[j] = 0;
            }
            overheadUsd[i] = prices[type] * settings.launchOverhead().toNanos() / 1e9;
            capacity[2 * n + i] *= withoutCredits[i];
            quota[i] = launched[i] && !view.isUnavailable(fleets[i]) ? Integer.MAX_VALUE : 0;
            quota[n + i] = running[i] - throttled;
            quota[2 * n + i] = throttled;
        }
    }

    /** Plans the share that is to be on demand, and takes it off what is on offer. */
    private double planOnDemand(double periodSeconds) {
        int n = fleets.length;
        double[] load = forecast.steps();
        Arrays.setAll(onDemandLoad, k -> settings.onDemandShare() * load[k]);
        int[] all = quota.clone();
        for (int j = 0; j < 3 * n; j++) {
            quota[j] = market(fleets[j % n]) == Market.ON_DEMAND ? quota[j] : 0;
        }
        double served = greedy.schedule(
                onDemandLoad,
                settings.lookAhead(),
                periodSeconds,
                0,
                3 * n,
                capacity,
                usdPerSecond,
                overheadUsd,
                quota,
                plannedOnDemand);
        for (int j = 0; j < 3 * n; j++) {
            quota[j] = j < n ? all[j] : all[j] - plannedOnDemand[j];
        }
        return served;
    }

    private void decide(ProvisioningView view, int i, int launch, int keep, double served) {
        int total = launch + keep;
        int lately = running[i];
        if (plans >= history.length) {
            lately = total;
            for (int[] totals : history) {
                lately = Math.max(lately, totals[i]);
            }
        }
        int held = Math.min(running[i], lately);
        wanted[i] = Math.max(total, held);
        if (held > total) {
            reasons[i] = Reason.of(
                    "hysteresis",
                    "the plan wants {limit}, but instances are given up only above what the last "
                            + settings.hysteresis() + " plans wanted, which leaves {observed}",
                    held,
                    total);
        } else if (view.isUnavailable(fleets[i])) {
            reasons[i] = Reason.of(
                    "unavailable",
                    "launches of it fail, so it is left out of the plan but for the {observed} instances of {limit} that"
                            + " are kept",
                    total,
                    running[i]);
        } else {
            reasons[i] = Reason.of(
                    "greedy-plan",
                    String.format(
                            Locale.ROOT,
                            "%d launched and %d kept of it in the cheapest plan for {observed} requests a period, the most"
                                    + " forecast within %d periods (safety factor included); all of it serves {limit}",
                            launch,
                            keep,
                            settings.lookAhead()),
                    peak(),
                    served);
        }
    }

    private double peak() {
        double peak = 0;
        double[] load = forecast.steps();
        for (int k = 0; k < Math.min(settings.lookAhead(), load.length); k++) {
            peak = Math.max(peak, load[k]);
        }
        return peak;
    }

    /** Promises are broken: more is launched, and stays for as long as the last plans count. */
    private void launchStandby() {
        for (int i = 0; i < fleets.length; i++) {
            if (fleets[i] == standby) {
                wanted[i] += settings.standbyLaunches();
                if (plans > 0) {
                    history[(plans - 1) % history.length][i] = wanted[i];
                }
                reasons[i] = Reason.of(
                        "promises-broken",
                        "a moving share of {observed} of the requests broke their promise, more than {limit}: "
                                + settings.standbyLaunches() + " launched besides the plan",
                        monitor.share(),
                        settings.violationLimit());
            }
        }
        monitor.reset();
        cooldown = settings.standbyCooldown();
    }

    /** Starts backups for what is missing when something was lost, and stops those that are not needed any more. */
    private void updateBackups(ProvisioningView view, double length) {
        if (backup == NONE) {
            return;
        }
        double load = forecast.steps()[0] / (length * view.intervalNanos() / 1e9);
        double serving = 0;
        for (int i = 0; i < fleets.length; i++) {
            double throttled = view.throttledInstances(fleets[i]) * (1 - withoutCredits[i]);
            int own = fleets[i] == backup ? backupsRunning : 0;
            double ready = view.readyInstances(fleets[i]) - view.noticedInstances(fleets[i]) - throttled - own;
            serving += Math.max(0, ready) * perSecond[i];
        }
        missing = Math.max(0, load - serving);
        int needed = (int) Math.min(settings.backups(), Math.ceil(missing / (backupPerSecond * ROUNDING)));
        boolean lost = view.trigger() == Trigger.LOSS || view.trigger() == Trigger.NOTICE;
        int most = lost ? backupsRunning + view.standbyInstances(backup) : backupsRunning;
        backupsRunning = Math.min(needed, Math.max(backupsRunning, most));
    }

    private void addBackups(List<FleetTarget> targets) {
        int planned = 0;
        for (int i = 0; i < fleets.length; i++) {
            planned += fleets[i] == backup ? wanted[i] : 0;
        }
        Reason reason = backupsRunning == 0
                ? Reason.of(
                        "backups-stopped", "backups stand by, stopped, for instances that the spot market takes back")
                : Reason.of(
                        "backups-started",
                        "{observed} backups serve until replacements do: {limit} requests/s of the forecast are without"
                                + " an instance",
                        backupsRunning,
                        missing);
        targets.add(new FleetTarget(backup, planned + backupsRunning, settings.backups() - backupsRunning, reason));
    }
}
