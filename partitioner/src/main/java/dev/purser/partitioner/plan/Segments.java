package dev.purser.partitioner.plan;

import dev.purser.core.partition.Objective;
import dev.purser.core.partition.Part;
import java.util.Arrays;

/**
 * Every part that fits a function, and for each the memory settings worth a look: those for which no other is both as fast
 * and as cheap. {@code f} is what the objective minimises, {@code g} the other measure; a segment's options rise in {@code f}
 * and fall in {@code g}.
 */
final class Segments {
    /** How many options are kept before the search gives up, about a gigabyte of them. */
    static final int MAXIMUM_OPTIONS = 40_000_000;

    /** The segments that begin at position p are {@code from[p]} to {@code from[p + 1] - 1}, by rising end. */
    final int[] from;

    final int[] end;
    /** The options of segment s are {@code options[s]} to {@code options[s + 1] - 1}. */
    final int[] options;

    final long[] f;
    final long[] g;
    final int[] memory;

    private Segments(int[] from, int[] end, int[] options, long[] f, long[] g, int[] memory) {
        this.from = from;
        this.end = end;
        this.options = options;
        this.f = f;
        this.g = g;
        this.memory = memory;
    }

    /** All of them. */
    static Segments of(Problem problem) {
        Builder builder = new Builder(problem);
        for (int p = 0; p < problem.end(); p++) {
            for (int q = p + 1; q <= problem.end() && problem.fits(p, q); q++) {
                builder.segment(p, q);
            }
            builder.endOf(p);
        }
        return builder.build();
    }

    /** The number of segments. */
    int size() {
        return end.length;
    }

    /** Adds one segment after the other. */
    static final class Builder {
        private final Problem problem;
        private final boolean cost;
        private final int[] from;
        private int[] end = new int[1024];
        private int[] options = new int[1025];
        private long[] f = new long[8192];
        private long[] g = new long[8192];
        private int[] memory = new int[8192];
        private int segments;
        private int count;
        private final long[] millis;
        private final long[] units;
        private final int[] all;

        Builder(Problem problem) {
            this.problem = problem;
            cost = problem.request.objective() == Objective.COST;
            from = new int[problem.end() + 2];
            millis = new long[problem.memories.length];
            units = new long[problem.memories.length];
            all = new int[problem.memories.length];
        }

        /** With every setting that holds it. */
        void segment(int p, int q) {
            int least = problem.leastMemoryIndex(p, q);
            int settings = problem.memories.length - least;
            for (int i = 0; i < settings; i++) {
                all[i] = least + i;
            }
            segment(p, q, all, settings);
        }

        /**
         * With some settings.
         *
         * @param settings their indices, rising
         * @param number how many
         */
        void segment(int p, int q, int[] settings, int number) {
            Part part = problem.part(p, q);
            boolean falling = true;
            for (int i = 0; i < number; i++) {
                int m = settings[i];
                millis[m] = problem.millis(part, problem.memories[m]);
                units[m] = problem.units(part, problem.memories[m], millis[m]);
                falling &= i == 0 || millis[m] <= millis[settings[i - 1]];
            }
            if (segments + 1 >= end.length) {
                end = Arrays.copyOf(end, end.length * 2);
                options = Arrays.copyOf(options, end.length + 1);
            }
            int start = count;
            if (falling) {
                for (int i = number - 1; i >= 0; i--) {
                    add(start, settings[i]);
                }
            } else {
                Arrays.stream(settings, 0, number)
                        .boxed()
                        .sorted((x, y) -> millis[x] != millis[y]
                                ? Long.compare(millis[x], millis[y])
                                : units[x] != units[y] ? Long.compare(units[y], units[x]) : Integer.compare(y, x))
                        .forEach(m -> add(start, m));
            }
            if (cost) {
                reverse(start, count);
            }
            end[segments++] = q;
            options[segments] = count;
        }

        /** Takes settings by rising time, and within one time so that the best comes last. */
        private void add(int start, int m) {
            long time = millis[m];
            long money = units[m];
            if (count > start) {
                long lastTime = cost ? g[count - 1] : f[count - 1];
                long lastMoney = cost ? f[count - 1] : g[count - 1];
                if (money > lastMoney || (money == lastMoney && time > lastTime)) {
                    return;
                }
                if (time == lastTime) {
                    count--;
                }
            }
            if (count == f.length) {
                if (count >= MAXIMUM_OPTIONS) {
                    throw new UnsupportedOperationException("the parts of " + problem.graph.name()
                            + " can be given memory in more than " + MAXIMUM_OPTIONS + " ways"
                            + "\nMaybe: a coarser memory step, or single-tensor cuts only");
                }
                f = Arrays.copyOf(f, count * 2);
                g = Arrays.copyOf(g, count * 2);
                memory = Arrays.copyOf(memory, count * 2);
            }
            f[count] = cost ? money : time;
            g[count] = cost ? time : money;
            memory[count++] = problem.memories[m];
        }

        private void reverse(int start, int stop) {
            for (int i = start, j = stop - 1; i < j; i++, j--) {
                long swap = f[i];
                f[i] = f[j];
                f[j] = swap;
                swap = g[i];
                g[i] = g[j];
                g[j] = swap;
                int setting = memory[i];
                memory[i] = memory[j];
                memory[j] = setting;
            }
        }

        void endOf(int p) {
            from[p + 1] = segments;
        }

        Segments build() {
            from[problem.end() + 1] = segments;
            return new Segments(
                    from,
                    Arrays.copyOf(end, segments),
                    Arrays.copyOf(options, segments + 1),
                    Arrays.copyOf(f, count),
                    Arrays.copyOf(g, count),
                    Arrays.copyOf(memory, count));
        }
    }
}
