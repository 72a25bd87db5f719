package dev.purser.core.policy;

/** Whether a request runs on an instance, waits for one, goes to a function, or is refused. */
public interface Dispatcher {

    /** Decides for a request whose variant is known; asked on the hot path. */
    Dispatch dispatch(RequestView request, ServingView view);

    /** The order in which waiting requests get slots; asked once. */
    default QueueOrder queueOrder() {
        return QueueOrder.ARRIVAL;
    }
}
