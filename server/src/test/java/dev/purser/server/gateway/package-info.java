@org.jspecify.annotations.NullMarked
package dev.purser.server.gateway;
