package dev.purser.core.live;

import dev.purser.core.engine.Outcome;
import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Selection;
import org.jspecify.annotations.Nullable;

/**
 * Is told of the end of each request. Called from inside the engine: it hands the answer on and returns.
 *
 * @param <C> what a request carries
 */
@FunctionalInterface
public interface CallListener<C> {

    /**
     * A request ended.
     *
     * @param call what it carries
     * @param end how it ended
     */
    void ended(C call, End end);

    /**
     * How a request ended, and what was decided on its way.
     *
     * @param outcome how it ended
     * @param variant the variant that was to answer, or -1
     * @param selection the selector's choice; null where the request names its variant
     * @param dispatch the dispatcher's choice; null where the selector refused
     * @param latencyNanos from its arrival until now
     */
    record End(
            Outcome outcome,
            int variant,
            @Nullable Selection selection,
            @Nullable Dispatch dispatch,
            long latencyNanos) {}
}
