package dev.purser.core.engine;

import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Ensemble;
import dev.purser.core.policy.Selection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Requests of which several variants answer a part each, in child rows. Such a request ends with the last of its parts,
 * once.
 */
final class Composites {
    private final Engine engine;
    private final RequestTable table;
    private final Map<Integer, Asked> asking = new HashMap<>();

    /** A request that an ensemble is answering: which members voted, and how many are still out. */
    private static final class Asked {
        private final Ensemble ensemble;
        private int left;
        private int voted;
        private boolean byFunction;
        private boolean failed;

        Asked(Ensemble ensemble) {
            this.ensemble = ensemble;
            left = ensemble.size();
        }
    }

    Composites(Engine engine) {
        this.engine = engine;
        table = engine.table;
    }

    /** Each member of an ensemble answers a part of the request; it ends with the last of them. */
    void ask(int row, Selection selection, Ensemble ensemble, long now) {
        if (!engine.platform.combinesAnswers()) {
            engine.policies.misled(
                    Policies.Kind.SELECTOR,
                    "asks several variants together, but "
                            + engine.platform.getClass().getName() + " cannot combine their answers");
            engine.requests.end(row, Outcome.FAILED);
            return;
        }
        asking.put(row, new Asked(ensemble));
        for (int member = 0; member < ensemble.size(); member++) {
            int part = table.addPart(row, member);
            int variant = ensemble.variant(member);
            Dispatch dispatch = engine.requests.dispatch(part, variant, selection, now);
            engine.requests.send(part, variant, dispatch, now);
        }
    }

    /** A part of a request ended. */
    void partEnded(int part, Outcome outcome, boolean byFunction, long now) {
        int row = table.whole(part);
        Asked asked = Objects.requireNonNull(asking.get(row));
        asked.left--;
        if (outcome == Outcome.ANSWERED) {
            asked.voted |= 1 << table.member(part);
            asked.byFunction |= byFunction;
            engine.metrics.voted(table.variant(part));
        }
        asked.failed |= outcome == Outcome.FAILED;
        table.remove(part);
        if (asked.left > 0) {
            return;
        }
        if (asked.voted == 0) {
            engine.requests.end(row, asked.failed ? Outcome.FAILED : Outcome.REFUSED);
        } else {
            engine.metrics.ensembleAnswered(
                    table.requestClass(row),
                    asked.ensemble.accuracy(asked.voted, engine.catalog::trueAccuracy),
                    now - table.arrival(row),
                    asked.byFunction);
            int first = asked.ensemble.variant(Integer.numberOfTrailingZeros(asked.voted));
            engine.listener.ended(row, Outcome.ANSWERED, first);
            table.remove(row);
        }
        asking.remove(row);
    }

    boolean isAsking(int row) {
        return !asking.isEmpty() && asking.containsKey(row);
    }

    @Nullable
    Ensemble ensemble(int row) {
        Asked asked = asking.get(row);
        return asked == null ? null : asked.ensemble;
    }

    int voted(int row) {
        Asked asked = asking.get(row);
        return asked == null ? 0 : asked.voted;
    }
}
