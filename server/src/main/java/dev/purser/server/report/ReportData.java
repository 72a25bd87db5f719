package dev.purser.server.report;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a report shows.
 *
 * @param title the headline
 * @param version the version of Purser that made the runs
 * @param settings how the runs were made, shown as a table in this order
 * @param runs the runs and bounds; stacks and traces appear in the order in which they first occur here
 */
public record ReportData(String title, String version, Map<String, String> settings, List<ReportRun> runs) {

    /** Copies the collections. */
    public ReportData {
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
        runs = List.copyOf(runs);
    }
}
