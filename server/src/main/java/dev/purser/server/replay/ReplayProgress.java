package dev.purser.server.replay;

import java.time.Duration;

/**
 * How far a replay is.
 *
 * @param elapsed since the start of the trace
 * @param total the trace's length
 * @param sent requests that are on their way or have ended
 * @param answered of them
 * @param refused of them
 * @param failed of them
 * @param recent what was answered since the last report
 */
public record ReplayProgress(
        Duration elapsed, Duration total, long sent, long answered, long refused, long failed, LatencyMs recent) {}
