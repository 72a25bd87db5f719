package dev.purser.core.policy;

/** When to warm a function, and how long to keep its idle sandboxes. */
public interface ColdStartManager {

    /** Asked when a function is used for the first time, and at the end of each control interval from then on. */
    KeepAlive keepAlive(FunctionView view);
}
