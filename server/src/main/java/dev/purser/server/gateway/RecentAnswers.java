package dev.purser.server.gateway;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which variant answered the last requests that had an id, so that feedback can name them by it. */
final class RecentAnswers {
    /** How many are remembered. */
    static final int CAPACITY = 10_000;

    /** Longer ids are not remembered. */
    private static final int LONGEST_ID = 128;

    private final Map<String, Integer> variants = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Integer> eldest) {
            return size() > CAPACITY;
        }
    };

    synchronized void answered(String id, int variant) {
        if (id.length() <= LONGEST_ID) {
            variants.remove(id);
            variants.put(id, variant);
        }
    }

    /** The variant that answered a request; null where it is not remembered. */
    synchronized @Nullable Integer variant(String id) {
        return variants.get(id);
    }
}
