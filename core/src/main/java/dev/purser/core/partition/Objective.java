package dev.purser.core.partition;

/** What a plan is to have least of. Ties go to the other measure, then to fewer parts, then to earlier cuts and less memory. */
public enum Objective {
    /** Money. */
    COST,
    /** Time. */
    TIME
}
