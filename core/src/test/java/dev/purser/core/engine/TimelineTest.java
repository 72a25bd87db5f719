package dev.purser.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.purser.core.engine.Timeline.Channel;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TimelineTest {

    /** Interval i has i arrivals and i sandboxes, so what each span must hold is known. */
    @ParameterizedTest
    @CsvSource({
        "1, 1, 1",
        "1024, 1024, 1",
        "1025, 512, 2",
        "1026, 513, 2",
        "2048, 1024, 2",
        "2051, 512, 4",
        "100000, 781, 128"
    })
    void halvingKeepsSumsAndAveragesLevels(int intervals, int spans, int intervalsPerSpan) {
        Timeline timeline = new Timeline(500_000_000L);
        for (int i = 0; i < intervals; i++) {
            timeline.add(Channel.ARRIVALS, i);
            timeline.add(Channel.SANDBOXES, i);
            timeline.endInterval();
        }
        double[] arrivals = timeline.values(Channel.ARRIVALS);
        double[] sandboxes = timeline.values(Channel.SANDBOXES);
        assertThat(arrivals).hasSize(spans);
        assertThat(timeline.spanSeconds()).isEqualTo(0.5 * intervalsPerSpan);
        for (int s = 0; s < spans; s++) {
            double mean = s * (double) intervalsPerSpan + (intervalsPerSpan - 1) / 2.0;
            assertThat(sandboxes[s]).as("level of span " + s).isCloseTo(mean, within(1e-6));
            assertThat(arrivals[s]).as("count of span " + s).isEqualTo(mean * intervalsPerSpan);
        }
        double whole = (double) spans * intervalsPerSpan;
        assertThat(Arrays.stream(arrivals).sum()).isEqualTo(whole * (whole - 1) / 2);
    }
}
