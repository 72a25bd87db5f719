package dev.purser.worker.protocol;

import org.jspecify.annotations.Nullable;

/**
 * An output that a request asks for.
 *
 * @param name its name in the model
 * @param binaryData whether it is wanted in binary; null where the request as a whole decides
 */
public record RequestedOutput(String name, @Nullable Boolean binaryData) {}
