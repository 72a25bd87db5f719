package dev.purser.core.engine;

import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Selection;
import org.jspecify.annotations.Nullable;

/** Is told of each request's end: a gateway answers its client, a simulated user gives feedback. */
public interface RequestListener {

    /**
     * A request arrived and has a row; nothing was decided yet.
     *
     * @param request the request's row
     */
    default void arrived(int request) {}

    /**
     * It was decided which variant answers a request and where it goes.
     *
     * @param request the request's row
     * @param selection the selector's choice; null where the request names its variant
     * @param dispatch the dispatcher's choice; null where the selector refused
     */
    default void decided(int request, @Nullable Selection selection, @Nullable Dispatch dispatch) {}

    /**
     * A request ended. Its row may be used again as soon as this returns.
     *
     * @param request the request's row, as returned when it arrived
     * @param outcome how it ended
     * @param variant the variant that was to answer, or -1
     */
    void ended(int request, Outcome outcome, int variant);
}
