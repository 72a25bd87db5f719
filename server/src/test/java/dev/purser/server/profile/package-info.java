/** Tests of the profiler. */
package dev.purser.server.profile;
