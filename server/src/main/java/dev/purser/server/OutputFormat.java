package dev.purser.server;

/** What is printed. */
enum OutputFormat {
    /** For people. */
    TABLE,
    /** For programs. */
    JSON
}
