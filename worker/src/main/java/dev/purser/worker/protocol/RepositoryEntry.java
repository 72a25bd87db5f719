package dev.purser.worker.protocol;

import org.jspecify.annotations.Nullable;

/**
 * A line of a server's index of models.
 *
 * @param name the model's name
 * @param version its version; null where it has none
 * @param state {@code READY}, {@code LOADING}, {@code UNLOADING} or {@code UNAVAILABLE}; null where the server does not
 *     say
 * @param reason why it is not ready; null where there is nothing to say
 */
public record RepositoryEntry(
        String name,
        @Nullable String version,
        @Nullable String state,
        @Nullable String reason) {}
