package dev.purser.research.provisioner;

import dev.purser.core.InputException;
import dev.purser.core.Names;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.Market;
import java.util.List;
import java.util.stream.IntStream;

/** Finds instance types that settings name. */
final class InstanceTypes {
    /** The setting's word for a choice by the policy's own rule. */
    static final String AUTO = "auto";

    /** Prefix of the types of a managed service, which are no machines to rent. */
    private static final String MANAGED = "ml.";

    private InstanceTypes() {}

    static boolean isManaged(ServiceCatalog catalog, int type) {
        return catalog.instanceType(type).name().startsWith(MANAGED);
    }

    static boolean isOnDemand(ServiceCatalog catalog, int type) {
        return catalog.market(type) == Market.ON_DEMAND;
    }

    /**
     * The on-demand type of a name.
     *
     * @throws InputException if the workload has none
     */
    static int onDemand(ServiceCatalog catalog, String setting, String name) {
        return IntStream.range(0, catalog.instanceTypes())
                .filter(t ->
                        isOnDemand(catalog, t) && catalog.instanceType(t).name().equals(name))
                .findFirst()
                .orElseThrow(() -> {
                    List<String> types = catalog.workload().instanceTypes();
                    return new InputException(
                            "workload " + catalog.workload().name(),
                            "instanceTypes",
                            "has no " + name + ", which the provisioner's setting " + setting + " asks for",
                            Names.suggest("instance type", types, name));
                });
    }
}
