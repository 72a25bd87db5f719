package dev.purser.core.policy;

/** Something that learns while it runs, whose state can be saved and restored. */
public interface Stateful {

    /**
     * Names every part of the state once, for saving and restoring alike: {@code level = state.number("level", level)}.
     * When restoring, the object was made with the settings of the one that was saved.
     *
     * @param state takes the values when saving, and gives those to take over when restoring
     */
    void exchange(StateExchange state);
}
