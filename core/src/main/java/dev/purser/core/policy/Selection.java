package dev.purser.core.policy;

import org.jspecify.annotations.Nullable;

/**
 * Which variant answers a request, or which ones together, or that none may.
 *
 * @param variant the variant's index, or {@link #NONE}; of an ensemble the first member
 * @param ensemble the variants that answer together; null where one answers. Only the simulator can combine answers
 * @param reason why
 */
public record Selection(int variant, @Nullable Ensemble ensemble, Reason reason) {
    /** The request is refused. */
    public static final int NONE = -1;

    /** One variant, or {@link #NONE}. */
    public Selection(int variant, Reason reason) {
        this(variant, null, reason);
    }

    /** Variants that answer together. */
    public Selection(Ensemble ensemble, Reason reason) {
        this(ensemble.variant(0), ensemble, reason);
    }
}
