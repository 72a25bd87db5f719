package dev.purser.core.live;

import dev.purser.core.engine.Platform;

/**
 * A platform whose instances and functions are real. Its commands come from inside the engine, one at a time, and must
 * return at once; what happens is reported from any thread through {@link LiveController#report}.
 *
 * @param <C> what a request carries
 */
public interface LivePlatform<C> extends Platform, AutoCloseable {

    /** Called once, before the first command. */
    void attach(LiveController<C> controller);

    /** Stops everything that runs, whatever it is doing. */
    @Override
    void close();
}
