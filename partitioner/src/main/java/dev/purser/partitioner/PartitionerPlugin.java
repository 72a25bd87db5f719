package dev.purser.partitioner;

import dev.purser.spi.Plugin;

/** The partitioners of this module. */
public final class PartitionerPlugin implements Plugin {

    @Override
    public String name() {
        return "purser-partitioner";
    }
}
