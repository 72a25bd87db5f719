package dev.purser.local;

import dev.purser.local.Answer.Place;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What runs on this machine at one moment, for people to look at.
 *
 * @param workers instances and sandboxes that exist, the oldest first
 * @param ended the last ones that failed, the latest first; at most {@value #MAX_ENDED}
 * @param fleets how the starts of each fleet and function went that ever had one
 * @param objects what parts of chains have left for one another
 */
public record LocalState(List<Worker> workers, List<Worker> ended, List<Launches> fleets, Objects objects) {
    /** How many workers are remembered that failed. */
    public static final int MAX_ENDED = 32;

    public LocalState {
        workers = List.copyOf(workers);
        ended = List.copyOf(ended);
        fleets = List.copyOf(fleets);
    }

    /** Where no chain runs. */
    public LocalState(List<Worker> workers, List<Worker> ended, List<Launches> fleets) {
        this(workers, ended, fleets, new Objects(0, 0, 0, 0));
    }

    /**
     * The object store between the parts of chains.
     *
     * @param objects how many there are now
     * @param bytes what they hold
     * @param written bytes that were written since the start
     * @param read bytes that were read since the start
     */
    public record Objects(int objects, long bytes, long written, long read) {}

    /** What a worker is at. */
    public enum Phase {
        /** It is to start when its back-off is over or others leave it room. */
        WAITING,
        /** It starts: the process, the runtime, the model, the first inference. */
        STARTING,
        /** It serves, or could. */
        READY,
        /** It serves what it has and gets nothing new. */
        DRAINING,
        /** It failed to start, ended by itself, hung or was killed. */
        LOST
    }

    /**
     * One instance or sandbox.
     *
     * @param place which of the two
     * @param row the engine's number for an instance, which later ones use again; -1 for a sandbox
     * @param owner the fleet of an instance, the function of a sandbox
     * @param variant the variant that it serves
     * @param name the name that answers give, e.g. {@code c7a.medium#3}
     * @param pid its process; null where it runs in this one, or has none yet
     * @param phase what it is at
     * @param initMs how long its start took by step, in milliseconds, in order; empty until it is ready
     * @param age since it was asked for
     * @param served requests that it answered
     * @param running requests that it serves now
     * @param cause why it was lost; null unless it was
     */
    public record Worker(
            Place place,
            int row,
            int owner,
            int variant,
            String name,
            @Nullable Long pid,
            Phase phase,
            Map<String, Double> initMs,
            Duration age,
            long served,
            int running,
            @Nullable String cause) {}

    /**
     * How the starts of a fleet or function went.
     *
     * @param place instance or function
     * @param owner the fleet or function
     * @param name its name for people
     * @param started workers that became ready
     * @param failed workers that did not, or were lost later
     * @param failuresInARow those since the last worker that held
     * @param backOff how long the next start waits
     * @param lastFailure what happened to the last one that failed; null where none did
     * @param broken whether so many failed one after the other that its requests fail too, instead of waiting
     */
    public record Launches(
            Place place,
            int owner,
            String name,
            long started,
            long failed,
            int failuresInARow,
            Duration backOff,
            @Nullable String lastFailure,
            boolean broken) {}
}
