package dev.purser.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EventQueueTest {
    private record Event(long at, long order, int kind, int row) {}

    @Test
    void eventsComeOutByTimeAndThenAsTheyWentIn() {
        for (long seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            EventQueue queue = new EventQueue();
            PriorityQueue<Event> expected =
                    new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::order));
            // few different times in some cases, so that most are equal
            int spread = random.nextBoolean() ? 4 : 1_000_000;
            int growing = 1 + random.nextInt(9);
            long now = 0;
            for (long i = 0; i < 3000; i++) {
                if (expected.isEmpty() || random.nextInt(10) < growing) {
                    Event event =
                            new Event(now + random.nextInt(spread), i, random.nextInt(16), random.nextInt(1 << 24));
                    queue.add(event.at(), event.kind(), event.row());
                    expected.add(event);
                } else {
                    now = take(queue, expected, seed);
                }
            }
            while (!expected.isEmpty()) {
                take(queue, expected, seed);
            }
            assertThat(queue.nextTime()).isEqualTo(Long.MAX_VALUE);
        }
    }

    private static long take(EventQueue queue, PriorityQueue<Event> expected, long seed) {
        Event event = expected.remove();
        assertThat(queue.nextTime()).as("seed " + seed).isEqualTo(event.at());
        long tag = queue.take();
        assertThat(EventQueue.kind(tag)).as("kind, seed " + seed).isEqualTo(event.kind());
        assertThat(EventQueue.row(tag)).as("row, seed " + seed).isEqualTo(event.row());
        return event.at();
    }

    @Test
    void tagsAreUnlikeEachOther() {
        EventQueue queue = new EventQueue();
        assertThat(queue.add(5, 1, 7)).isNotEqualTo(queue.add(5, 1, 7)).isNotNegative();
        assertThat(queue.add(5, 15, (1 << 24) - 1)).isNotNegative();
    }

    @Test
    void rowsHaveALimit() {
        assertThatThrownBy(() -> new EventQueue().add(0, 0, 1 << 24)).hasMessageContaining("more than 16777216");
    }
}
