package dev.purser.spi;

/** The settings of a policy that has none. */
public record NoSettings() {}
