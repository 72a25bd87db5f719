package dev.purser.research.dispatcher;

import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Dispatcher;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.RequestView;
import dev.purser.core.policy.ServingView;
import dev.purser.spi.PolicyContext;

/**
 * A free slot, else a function: how Spock (CLOUD'19) hands requests over to functions while VMs boot; the {@code mixed}
 * scheme of Paragon (WoSC'20, scaling study).
 */
public final class Overflow implements Dispatcher {
    private static final Dispatch QUEUE = new Dispatch.ToQueue(
            Reason.of("no-function", "no instance has a free slot, and the variant fits no function"));

    private final Routes routes;

    /** A dispatcher for what the context will serve. */
    public Overflow(FunctionSettings settings, PolicyContext context) {
        routes = settings.routes(context.catalog());
    }

    @Override
    public Dispatch dispatch(RequestView request, ServingView view) {
        int variant = request.variant();
        Dispatch place = routes.freeSlot(variant, view);
        if (place == null) {
            place = routes.function(request.requestClass(), variant);
        }
        if (place != null) {
            return place;
        }
        return routes.hasFleet(variant) ? QUEUE : Routes.noPlace();
    }
}
