package dev.purser.local;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request on its way through the parts of a chain; written inside the engine.
 *
 * <p>What a part leaves for the next is an object in the store. It is fetched and deleted by the next part before that
 * runs, so that nothing is left of a request but what waits for a part that has not begun; whoever ends such a request
 * discards that.
 */
final class ChainRun {
    final Call call;
    final int parts;

    /** The part that runs or waits now. */
    int part;

    /** What the last part left, unless the next has fetched it; null where there was none. */
    @Nullable
    String left;

    /** How many parts have waited for a sandbox to start. */
    int coldParts;

    long inferenceNanos;
    private final List<String> names = new ArrayList<>();

    ChainRun(Call call, int parts) {
        this.call = call;
        this.parts = parts;
    }

    boolean isLast() {
        return part == parts - 1;
    }

    /** A part has run, whatever came of it. */
    void ran(PartBatch batch) {
        coldParts += batch.cold ? 1 : 0;
        inferenceNanos += batch.endedNanos - batch.startedNanos;
        names.add(batch.worker.name);
    }

    /** The sandboxes that it has been through. */
    String names() {
        return String.join(", ", names);
    }

    /** A cause that says which part it was. */
    String inPart(String cause) {
        return "part " + (part + 1) + " of " + parts + ": " + cause;
    }
}
