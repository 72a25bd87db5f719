package dev.purser.core.partition;

/**
 * Costs whose time is a sum of products of what the part is and what the memory is, and whose money is time by memory: what
 * an optimiser needs to bound a part's time and money without looking at every memory setting. Nothing else depends on it:
 * plans come from {@link #millis} and {@link #units} alone.
 *
 * <p>For every part and memory setting
 *
 * <pre>
 *   t = fixedMillis(part) + serialMillis(part) * serialPace(memory) + parallelMillis(part) * parallelPace(memory)
 *   millis(part, memory)     &gt;= t (1 - 10^-9) - 10^-5
 *   units(part, memory, ms)  &gt;= ms * memory * unitsPerMbMilli() + fixedUnits(part)
 * </pre>
 *
 * and all of these are finite and not negative. Of two memory settings with equal paces a part is as fast with both, and no
 * dearer with the smaller.
 */
public interface SeparableCosts extends PartCosts {

    /** The milliseconds that no memory makes fewer. */
    double fixedMillis(Part part);

    /** The milliseconds of what has one thread, at a pace of 1. */
    double serialMillis(Part part);

    /** The milliseconds of what uses all processors, at a pace of 1. */
    double parallelMillis(Part part);

    /** How many times as long what has one thread takes with this memory. */
    double serialPace(int memoryMb);

    /** How many times as long what uses all processors takes with this memory. */
    double parallelPace(int memoryMb);

    /** Units for a MB-millisecond. */
    long unitsPerMbMilli();

    /** Units that no time and memory change. */
    long fixedUnits(Part part);
}
