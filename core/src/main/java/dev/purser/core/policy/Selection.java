package dev.purser.core.policy;

/**
 * Which variant answers a request, or that none may.
 *
 * @param variant the variant's index, or {@link #NONE}
 * @param reason why
 */
public record Selection(int variant, Reason reason) {
    /** The request is refused. */
    public static final int NONE = -1;
}
