/** The gateway: the Open Inference Protocol over HTTP in front of a deployment, its metrics and its live page. */
@org.jspecify.annotations.NullMarked
package dev.purser.server.gateway;
