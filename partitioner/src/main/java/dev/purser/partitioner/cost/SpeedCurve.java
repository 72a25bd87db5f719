package dev.purser.partitioner.cost;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/** How fast a function computes with a memory setting, against a speed of 1. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = SpeedCurve.Table.class, name = "table"),
    @JsonSubTypes.Type(value = SpeedCurve.Proportional.class, name = "proportional")
})
public sealed interface SpeedCurve {

    /**
     * The speed.
     *
     * @param memoryMb a memory setting in MB, at least 1
     * @return above 0
     */
    double speed(int memoryMb);

    /**
     * Measured speeds: proportional to memory up to the first, linear between two, flat beyond the last.
     *
     * @param nodes by rising memory, at least one
     */
    record Table(List<Node> nodes) implements SpeedCurve {

        /**
         * A measured speed.
         *
         * @param memoryMb the memory setting, in MB
         * @param speed the speed, above 0
         */
        public record Node(int memoryMb, double speed) {
            /** Checks the ranges. */
            public Node {
                if (memoryMb < 1 || !(speed > 0 && speed < Double.POSITIVE_INFINITY)) {
                    throw new IllegalArgumentException(
                            "a speed of " + speed + " at " + memoryMb + " MB: both must be above 0");
                }
            }
        }

        /** Checks that memory rises. */
        public Table {
            nodes = List.copyOf(nodes);
            if (nodes.isEmpty()) {
                throw new IllegalArgumentException("nodes is empty, but a curve needs at least one");
            }
            for (int i = 1; i < nodes.size(); i++) {
                if (nodes.get(i).memoryMb() <= nodes.get(i - 1).memoryMb()) {
                    throw new IllegalArgumentException("nodes[" + i + "].memoryMb is "
                            + nodes.get(i).memoryMb() + ", but must be above the "
                            + nodes.get(i - 1).memoryMb() + " before it");
                }
            }
        }

        @Override
        public double speed(int memoryMb) {
            Node first = nodes.getFirst();
            if (memoryMb <= first.memoryMb()) {
                return first.speed() * memoryMb / first.memoryMb();
            }
            for (int i = 1; i < nodes.size(); i++) {
                Node above = nodes.get(i);
                if (memoryMb <= above.memoryMb()) {
                    Node below = nodes.get(i - 1);
                    return below.speed()
                            + (above.speed() - below.speed())
                                    * (memoryMb - below.memoryMb())
                                    / (above.memoryMb() - below.memoryMb());
                }
            }
            return nodes.getLast().speed();
        }
    }

    /**
     * A share of processors in proportion to memory, as AWS Lambda gives it; the speed is in vCPUs.
     *
     * @param mbPerVcpu the memory that comes with one vCPU, above 0
     * @param maximumVcpus the most that a program can use: 1 for what has a single thread
     */
    record Proportional(double mbPerVcpu, double maximumVcpus) implements SpeedCurve {
        /** Checks the ranges. */
        public Proportional {
            if (!(mbPerVcpu > 0 && mbPerVcpu < Double.POSITIVE_INFINITY) || !(maximumVcpus > 0)) {
                throw new IllegalArgumentException("mbPerVcpu is " + mbPerVcpu + " and maximumVcpus is " + maximumVcpus
                        + ", but both must be above 0");
            }
        }

        @Override
        public double speed(int memoryMb) {
            return Math.min(memoryMb, mbPerVcpu * maximumVcpus) / mbPerVcpu;
        }
    }
}
