package dev.purser.research.dispatcher;

import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Dispatcher;
import dev.purser.core.policy.RequestView;
import dev.purser.core.policy.ServingView;
import dev.purser.spi.PolicyContext;

/** Every request to a function: the serverless side of Paragon's characterisation (WoSC'20, section 2). */
public final class FunctionsOnly implements Dispatcher {
    private final Routes routes;

    /** A dispatcher for what the context will serve. */
    public FunctionsOnly(FunctionSettings settings, PolicyContext context) {
        routes = settings.routes(context.catalog());
    }

    @Override
    public Dispatch dispatch(RequestView request, ServingView view) {
        Dispatch function = routes.function(request.requestClass(), request.variant());
        return function == null ? Routes.noPlace() : function;
    }
}
