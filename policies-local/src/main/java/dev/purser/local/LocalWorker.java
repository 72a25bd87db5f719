package dev.purser.local;

import dev.purser.core.engine.Controller;
import dev.purser.core.engine.Ticket;
import dev.purser.local.Answer.Place;
import dev.purser.local.LocalState.Phase;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** An instance or a sandbox as the engine's side sees it; only touched inside the engine. */
final class LocalWorker {
    final Place place;
    /** An instance's; {@link Ticket#NONE} for a sandbox. */
    final long ticket;
    /** The fleet or the function. */
    final int owner;
    /** Which part of the function, counted from 0. */
    final int part;

    final int variant;
    final String name;
    final int threads;
    private final long askedNanos;

    Phase phase = Phase.WAITING;
    /** Whether the platform still has it; what is heard of one that it has not is late and means nothing. */
    boolean exists = true;
    /** Whether it takes nothing more, for it is about to be given up. */
    boolean dying;
    /** Whether the first plan asked for it. */
    boolean first;

    Host.@Nullable Handle handle;

    @Nullable
    Backend backend;

    /** When an instance was asked for, on the engine's clock. */
    long billedFromNanos;

    long startedNanos;
    long readyNanos;
    long loadNanos;
    long idleSinceNanos;
    long served;
    /** The invocation that waits for a sandbox to start. */
    @Nullable
    Batch waiting;

    private Map<String, Double> initMs = Map.of();
    private Slot[] slots = new Slot[0];
    /** The free slots as a stack: the one that was freed last is the one that looks for work now. */
    private Slot[] free = new Slot[0];

    private int freeSlots;

    LocalWorker(Place place, long ticket, int owner, int part, int variant, String name, int threads, long now) {
        this.place = place;
        this.ticket = ticket;
        this.owner = owner;
        this.part = part;
        this.variant = variant;
        this.name = name;
        this.threads = threads;
        askedNanos = now;
    }

    void open(LocalPlatform platform, Host host, Backend with, int count, Map<String, Double> steps) {
        phase = Phase.READY;
        backend = with;
        initMs = new LinkedHashMap<>(steps);
        slots = new Slot[count];
        free = new Slot[count];
        for (int i = 0; i < count; i++) {
            slots[i] = new Slot(platform, host, with, "purser " + name + (count == 1 ? "" : " slot " + i));
            slots[i].start();
            free[freeSlots++] = slots[i];
        }
    }

    void give(Batch batch) {
        Slot slot = free[--freeSlots];
        slot.current = batch;
        batch.slot = slot;
        for (Call call : batch.calls) {
            call.batch = batch;
        }
        if (!dying) {
            slot.give(batch);
        }
    }

    /** A slot has run its batch. */
    void take(Batch batch) {
        Slot slot = Objects.requireNonNull(batch.slot);
        slot.current = null;
        free[freeSlots++] = slot;
    }

    /** What a sandbox serves or is to serve; null for nothing. */
    @Nullable
    Batch only() {
        return waiting != null || slots.length == 0 ? waiting : slots[0].current;
    }

    /** Says to all that it serves that it is lost. */
    void lose(String cause) {
        for (Slot slot : slots) {
            Batch batch = slot.current;
            if (batch != null) {
                for (Call call : batch.calls) {
                    call.batch = null;
                    call.losses++;
                    call.failed(503, "worker " + name + " was lost while it served the request: " + cause);
                }
            }
        }
    }

    int running() {
        int running = waiting == null ? 0 : 1;
        for (Slot slot : slots) {
            if (slot.current != null) {
                running += slot.current.calls.length;
            }
        }
        return running;
    }

    /** Ends its threads and what it runs on. */
    void stop() {
        for (Slot slot : slots) {
            slot.stop();
        }
        if (handle != null) {
            handle.stop();
        }
    }

    LocalState.Worker state(long now, @Nullable Controller controller, @Nullable String cause) {
        boolean draining = cause == null
                && place == Place.INSTANCE
                && phase == Phase.READY
                && controller != null
                && controller.isDraining(ticket);
        return new LocalState.Worker(
                place,
                place == Place.INSTANCE ? Ticket.row(ticket) : -1,
                owner,
                variant,
                name,
                handle == null ? null : handle.pid(),
                cause != null ? Phase.LOST : draining ? Phase.DRAINING : phase,
                initMs,
                Duration.ofNanos(now - askedNanos),
                served,
                running(),
                cause);
    }
}
