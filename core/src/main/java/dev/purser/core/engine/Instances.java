package dev.purser.core.engine;

import dev.purser.core.policy.ProvisioningView.Trigger;
import dev.purser.core.policy.ServiceCatalog;
import java.util.Locale;

/** The life of instances, from launch to gone, and what is paid for it. */
final class Instances {
    /** How long before it is taken back an instance is given no more work, besides the time of that work. */
    private static final long LEAVING_MARGIN = 1_000_000_000L;
    /** How long the platform has to answer before it is told again to end or to stop an instance. */
    private static final long TELL_AGAIN = 60_000_000_000L;

    private final Engine engine;
    private final ServiceCatalog catalog;
    private final FleetTable fleets;
    private final RequestTable table;
    /** When the next instance that the provider takes back is to be given no more work. */
    private long nextLeaving = Alarm.NEVER;

    Instances(Engine engine) {
        this.engine = engine;
        catalog = engine.catalog;
        fleets = engine.fleets;
        table = engine.table;
    }

    void launch(int fleet, boolean toStandBy, long now) {
        int instance = fleets.launch(fleet, now, toStandBy);
        engine.metrics.instanceLaunched(fleets.alive());
        engine.account.launched();
        engine.platform.launch(fleets.ticket(instance), fleet);
    }

    /** Starts an instance that stands by. */
    void start(int instance, long now) {
        engine.account.pay(instance, now, false);
        fleets.start(instance, now);
        engine.metrics.instanceLaunched(fleets.alive());
        engine.platform.start(fleets.ticket(instance));
    }

    /** An instance that serves nothing is not needed: it stands by, or ends. */
    void giveUp(int instance, long now) {
        int fleet = fleets.fleet(instance);
        if (!fleets.isPending(instance) && engine.planning.wantsStandby(fleet)) {
            standBy(instance, now);
        } else {
            end(instance, now, false);
        }
    }

    /** An instance that runs and serves nothing is stopped, and stands by. */
    private void standBy(int instance, long now) {
        fleets.stop(instance, now);
        engine.platform.stop(fleets.ticket(instance));
    }

    /** Ends an instance; it is paid for until the platform says that it is gone. */
    void end(int instance, long now, boolean interrupted) {
        fleets.end(instance, now, interrupted);
        engine.platform.terminate(fleets.ticket(instance));
    }

    /** An instance serves. */
    boolean ready(int instance, long billedFrom, long now) {
        if (fleets.isEnding(instance)) {
            // it was given up, and turned up all the same: it is paid for until it is gone
            fleets.since(instance, billedFrom);
            return true;
        }
        if (!fleets.isPending(instance)) {
            return false;
        }
        int fleet = fleets.fleet(instance);
        fleets.since(instance, billedFrom);
        engine.planning.launched(fleet);
        if (fleets.isPreparing(instance)) {
            standBy(instance, now);
        } else {
            fleets.ready(instance, now);
            engine.batches.serve(fleet, now);
        }
        return true;
    }

    /** An instance has stopped. */
    boolean stopped(int instance, long billedTo, long now) {
        if (fleets.isStopping(instance)) {
            engine.account.pay(instance, billedTo, false);
            fleets.stopped(instance, Math.max(billedTo, fleets.since(instance)));
            if (!engine.planning.holdsStandby(fleets.fleet(instance))) {
                // the plan has changed meanwhile
                end(instance, now, false);
            }
            return true;
        }
        if (fleets.isEnding(instance) && !fleets.isStopped(instance)) {
            // it was told to stop before it was told to end
            engine.account.pay(instance, billedTo, fleets.isInterrupted(instance));
            fleets.stoppedWhileEnding(instance, Math.max(billedTo, fleets.since(instance)));
            return true;
        }
        return false;
    }

    /** An instance that was told to end is gone; or the platform says that another one is, which is a loss. */
    void gone(int instance, long billedTo, long now) {
        if (fleets.isEnding(instance)) {
            engine.account.pay(instance, billedTo, fleets.isInterrupted(instance));
            fleets.remove(instance, now);
        } else {
            lost(instance, Loss.CRASHED, billedTo, now);
        }
    }

    /** An instance is gone unasked, or its launch failed. */
    void lost(int instance, Loss loss, long billedTo, long now) {
        int fleet = fleets.fleet(instance);
        boolean neverRan = loss == Loss.LAUNCH_FAILED || loss == Loss.NO_CAPACITY;
        boolean ending = fleets.isEnding(instance);
        if (!ending) {
            happened(loss.code(), instance, words(loss, instance));
            if (neverRan || loss == Loss.LAUNCH_TIMEOUT) {
                engine.planning.launchFailed(fleet, now);
            }
            loseRequests(instance, loss != Loss.INTERRUPTED);
        }
        if (loss == Loss.LAUNCH_TIMEOUT || loss == Loss.HUNG) {
            end(instance, now, false);
        } else {
            if (neverRan && !fleets.isStopped(instance)) {
                engine.metrics.instanceStopped(0);
            } else {
                engine.account.pay(
                        instance, billedTo, loss == Loss.INTERRUPTED || (ending && fleets.isInterrupted(instance)));
            }
            fleets.remove(instance, now);
        }
        if (ending) {
            return;
        }
        table.release(fleet);
        engine.planning.plan(Trigger.LOSS);
        engine.batches.serveAll(now);
    }

    private void loseRequests(int instance, boolean counts) {
        if (fleets.busySlots(instance) == 0) {
            return;
        }
        for (int row = 0; row < table.rows(); row++) {
            if (table.isUnderWay(row) && table.server(row) == instance) {
                engine.batches.again(row, counts);
            }
        }
    }

    private String words(Loss loss, int instance) {
        return switch (loss) {
            case LAUNCH_FAILED -> "the launch failed";
            case NO_CAPACITY -> "the provider has no capacity of the type at the price that is paid";
            case LAUNCH_TIMEOUT ->
                "not ready within " + engine.settings.launchTimeout().toSeconds() + " s of its launch";
            case CRASHED -> "ended by itself";
            case INTERRUPTED ->
                "taken back by the provider" + (fleets.noticedFor(instance) == 0 ? " without notice" : "");
            case HUNG -> "what it served did not end in many times the time that it takes";
        };
    }

    private void happened(String kind, int instance, String words) {
        engine.log.instance(new DecisionLog.InstanceEvent(
                engine.clock.nanos(), kind, fleets.fleet(instance), fleets.number(instance), words));
    }

    /** The provider will take an instance back. */
    boolean notice(int instance, long atNanos, long now) {
        boolean serves = fleets.isReady(instance) || fleets.isDraining(instance);
        if ((!serves && !fleets.isPending(instance)) || fleets.noticedFor(instance) != 0) {
            return false;
        }
        happened(
                "notice",
                instance,
                String.format(Locale.ROOT, "the provider takes it back in %.0f s", (atNanos - now) / 1e9));
        if (fleets.isPending(instance)) {
            end(instance, now, true);
        } else if (fleets.isDraining(instance)) {
            fleets.notice(instance, atNanos);
            fleets.leave(instance, now);
        } else {
            fleets.notice(instance, atNanos);
            leave(now);
        }
        engine.planning.plan(Trigger.NOTICE);
        return true;
    }

    /** Gives no more work to instances that could not finish it before the provider takes them back. */
    void leaveInTime(long now) {
        if (nextLeaving <= now) {
            leave(now);
        }
    }

    private void leave(long now) {
        nextLeaving = Alarm.NEVER;
        for (int instance = 0; instance < fleets.rows(); instance++) {
            if (fleets.exists(instance) && fleets.isReady(instance) && fleets.noticedFor(instance) != 0) {
                int fleet = fleets.fleet(instance);
                long leaves = fleets.noticedFor(instance)
                        - 2 * catalog.serviceNanos(fleet, catalog.maxBatch(fleet))
                        - LEAVING_MARGIN;
                if (leaves <= now) {
                    happened("leaving", instance, "gets no more work, for it could not finish it");
                    fleets.leave(instance, now);
                    engine.batches.releaseWithoutInstance(fleet, now);
                } else {
                    nextLeaving = Math.min(nextLeaving, leaves);
                }
            }
        }
        if (nextLeaving != Alarm.NEVER) {
            engine.alarm.at(nextLeaving);
        }
    }

    long nextLeaving() {
        return nextLeaving;
    }

    boolean throttled(int instance, boolean throttled) {
        if (!fleets.throttle(instance, throttled)) {
            return false;
        }
        happened(
                throttled ? "throttled" : "full-speed",
                instance,
                throttled ? "its CPU credits are used up: it runs at its baseline" : "it has CPU credits again");
        return true;
    }

    /** Instances that have been starting for too long are given up. */
    void giveUpLaunches(long now) {
        long before = now - engine.settings.launchTimeout().toNanos();
        for (int instance = 0; instance < fleets.rows(); instance++) {
            if (fleets.exists(instance) && fleets.isPending(instance) && fleets.told(instance) < before) {
                lost(instance, Loss.LAUNCH_TIMEOUT, now, now);
            }
        }
    }

    /** An instance on which something has been under way for too long is given up, with all that it serves. */
    void endHung(long now) {
        for (int row = 0; row < table.rows(); row++) {
            if (table.isUnderWay(row) && table.server(row) >= 0) {
                int fleet = fleets.fleet(table.server(row));
                long limit = engine.settings.attemptLimit(catalog.serviceNanos(fleet, catalog.maxBatch(fleet)));
                if (now - table.begun(row) > limit) {
                    lost(table.server(row), Loss.HUNG, now, now);
                }
            }
        }
    }

    /** Tells the platform again what it has not answered. */
    void tellAgain(long now) {
        for (int instance = 0; instance < fleets.rows(); instance++) {
            if (!fleets.exists(instance) || fleets.told(instance) > now - TELL_AGAIN) {
                continue;
            }
            if (fleets.isEnding(instance)) {
                fleets.tell(instance, now);
                engine.platform.terminate(fleets.ticket(instance));
            } else if (fleets.isStopping(instance)) {
                fleets.tell(instance, now);
                engine.platform.stop(fleets.ticket(instance));
            }
        }
    }

    /** All that exists ends now. */
    void close(long now) {
        for (int instance = 0; instance < fleets.rows(); instance++) {
            if (fleets.exists(instance)) {
                if (!fleets.isEnding(instance)) {
                    engine.platform.terminate(fleets.ticket(instance));
                }
                engine.account.pay(instance, now, fleets.isInterrupted(instance));
                fleets.remove(instance, now);
            }
        }
    }
}
