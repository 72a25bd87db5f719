package dev.purser.research.dispatcher;

import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Dispatcher;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.RequestView;
import dev.purser.core.policy.ServingView;
import dev.purser.spi.NoSettings;
import dev.purser.spi.PolicyContext;

/** A free slot, else the queue: the dispatcher of the VM-only schemes (Paragon, WoSC'20, sections 3 and 4). */
public final class InstancesOnly implements Dispatcher {
    private static final Dispatch QUEUE =
            new Dispatch.ToQueue(Reason.of("no-free-slot", "no instance has a free slot"));

    private final Routes routes;

    /** A dispatcher for what the context will serve. */
    public InstancesOnly(NoSettings settings, PolicyContext context) {
        routes = new Routes(context.catalog(), 0, 0);
    }

    @Override
    public Dispatch dispatch(RequestView request, ServingView view) {
        Dispatch free = routes.freeSlot(request.variant(), view);
        if (free != null) {
            return free;
        }
        return routes.hasFleet(request.variant()) ? QUEUE : Routes.noPlace();
    }
}
