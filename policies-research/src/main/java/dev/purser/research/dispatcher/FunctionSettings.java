package dev.purser.research.dispatcher;

import dev.purser.core.policy.ServiceCatalog;
import dev.purser.spi.Setting;
import java.time.Duration;

/**
 * Settings of the dispatchers that use functions and have no others.
 *
 * @param memoryMb memory of the functions
 * @param allowance taken off the latency bound when memory is sized
 */
public record FunctionSettings(
        @Setting(
                value = "memory of the functions in MB; 0 sizes it by the latency bound: least cost that keeps it",
                byDefault = "0",
                min = 0,
                max = 10240)
        int memoryMb,

        @Setting(value = "taken off the latency bound when memory is sized", byDefault = "50ms")
        Duration allowance) {

    Routes routes(ServiceCatalog catalog) {
        return new Routes(catalog, memoryMb, allowance.toNanos());
    }
}
