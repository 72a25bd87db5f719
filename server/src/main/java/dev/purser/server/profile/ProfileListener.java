package dev.purser.server.profile;

/** Follows a profile while it is made. */
@FunctionalInterface
public interface ProfileListener {

    /**
     * How far it is.
     *
     * @param doing what is being done, for people
     * @param share of it that is done, 0 to 1
     */
    void progress(String doing, double share);
}
