package dev.purser.core.engine;

/** Is told of each request's end: a gateway answers its client, a simulated user gives feedback. */
public interface RequestListener {

    /**
     * A request ended. Its row may be used again as soon as this returns.
     *
     * @param request the request's row, as returned when it arrived
     * @param outcome how it ended
     * @param variant the variant that was to answer, or -1
     */
    void ended(int request, Outcome outcome, int variant);
}
