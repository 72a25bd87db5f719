package dev.purser.server.gateway;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The trace that a request belongs to (W3C Trace Context, level 1). What is not valid counts as absent, as the
 * recommendation asks for, for it may come from anyone.
 *
 * @param parent the header traceparent
 * @param state the header tracestate; null where there is none that is valid
 */
record TraceContext(String parent, @Nullable String state) {
    /** A later version may add fields behind the four of this one. */
    private static final Pattern PARENT =
            Pattern.compile("(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?");

    private static final Pattern MEMBER =
            Pattern.compile("[a-z0-9][a-z0-9_\\-*/@]{0,255}=[\\x20-\\x2b\\x2d-\\x3c\\x3e-\\x7e]{0,255}"
                    + "[\\x21-\\x2b\\x2d-\\x3c\\x3e-\\x7e]");

    private static final int MAX_MEMBERS = 32;
    private static final int MAX_LENGTH = 512;
    private static final int VERSION_0 = 55;

    /** The context of two headers; null where traceparent is absent or not valid. */
    static @Nullable TraceContext of(@Nullable String parent, @Nullable String state) {
        if (parent == null
                || parent.length() > MAX_LENGTH
                || !PARENT.matcher(parent).matches()
                || (parent.startsWith("00") && parent.length() != VERSION_0)) {
            return null;
        }
        return new TraceContext(parent, state != null && isState(state) ? state : null);
    }

    private static boolean isState(String state) {
        if (state.length() > MAX_LENGTH) {
            return false;
        }
        int members = 0;
        for (String part : state.split(",", -1)) {
            String member = part.strip();
            if (!member.isEmpty()
                    && (++members > MAX_MEMBERS || !MEMBER.matcher(member).matches())) {
                return false;
            }
        }
        return members > 0;
    }

    /** The trace's id, 32 hexadecimal digits. */
    String traceId() {
        return parent.substring(3, 35);
    }
}
